"""The addresses that W&B's client prints lead to our pages."""

from pathlib import Path

import pytest

from belvedere.server.app import make_app
from belvedere.store.store import open_store
from tests.server.asking import Asking
from tests.server.recorded import record


@pytest.fixture
def client(tmp_path: Path) -> Asking:
    record(tmp_path, "run1", project="digits", steps=2)
    record(tmp_path, "digits", project="team", steps=2)  # a project called as an entity, with a run as its project
    static = tmp_path / ".static"
    static.mkdir()
    (static / "index.html").write_text("the page")
    return Asking(make_app(open_store(tmp_path), static=static))


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/belvedere/digits", "/digits"),
        ("/belvedere/digits/", "/digits"),
        ("/me/digits", "/digits"),
        ("/belvedere/not-yet", "/not-yet"),
        ("/belvedere/digits/runs/run1", "/digits/run1"),
        ("/me/digits/runs/run1?nw=nwuser", "/digits/run1"),
        ("/me/digits/runs/run1/workspace", "/digits/run1"),
        ("/me/digits/runs/run1/overview", "/digits/run1?tab=config"),
        ("/me/digits/runs/run1/logs", "/digits/run1?tab=console"),
        ("/me/digits/sweeps", "/digits"),
        ("/me/digits/sweeps/abc", "/digits/sweeps/abc"),
        ("/me/digits/workspace", "/digits"),
        ("/me/digits/artifacts/dataset/x/v0", "/digits"),
        ("/me/my project/runs/a b", "/my%20project/a%20b"),
        ("/belvedere", "/"),
        ("/belvedere/projects", "/"),
    ],
)
def test_a_printed_address_leads_to_our_page(client: Asking, path: str, ours: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, ours)


@pytest.mark.parametrize(
    "path",
    ["/", "/digits", "/digits/run1", "/digits/run1/observatory", "/team/digits", "/team/digits/observatory",
     "/nobody", "/nobody/nothing", "/nobody/nothing/workspace", "/me/digits/elsewhere", "/a%00b/c", "/%2e%2e/x"],
)  # fmt: skip
def test_an_address_of_ours_stays(client: Asking, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (200, "the page")


def test_no_address_leads_to_another_site(client: Asking) -> None:
    for path in (
        "/belvedere//evil.example",
        "/x//evil.example/runs/y",
        "/belvedere/%2fevil.example",
        "//evil.example/x",
    ):
        answer = client.get(path)
        assert not answer.headers.get("location", "/").startswith("//")
