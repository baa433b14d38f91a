"""The page: what is no file and no address of ours, and what nobody sees without a token."""

from pathlib import Path

import pytest

from belvedere.server.app import make_app
from belvedere.store.store import open_store
from tests.server.asking import Asking


@pytest.fixture
def static(tmp_path: Path) -> Path:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "index.html").write_text("<title>Belvedere</title>")
    return tmp_path / "static"


def asking(tmp_path: Path, static: Path, **options: str) -> Asking:
    (tmp_path / "runs").mkdir()
    return Asking(make_app(open_store(tmp_path / "runs"), static=static, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/" + "x" * 300, "/p/" + "x" * 5000, "/a%00b", "/%2e%2e/%2e%2e/etc/passwd"])
def test_an_address_that_can_be_no_file_gets_the_page(tmp_path: Path, static: Path, path: str) -> None:
    answer = asking(tmp_path, static).get(path)
    assert (answer.status_code, answer.text) == (200, "<title>Belvedere</title>")


@pytest.mark.parametrize(
    "path", ["/signed/x", "/signed/..%2findex.html", "/sdk/otel/v1", "/signed/artifacts/x/p/..%2f/y/z"]
)
def test_addresses_that_ask_for_no_token_never_lead_to_the_page(tmp_path: Path, static: Path, path: str) -> None:
    ask = asking(tmp_path, static, token="t0ken", bound_host="0.0.0.0")
    assert ask.get("/").status_code == 401
    answer = ask.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
