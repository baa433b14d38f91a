"""`belvedere key` and `belvedere doctor --server`: both ask a server that speaks W&B's protocol."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from belvedere.cli.main import run as run_command
from belvedere.wandb_protocol.keys import is_well_formed, key_of
from tests.record.test_upload import serving
from tests.server.running import server
from tests.wandb_protocol.speaking import basic


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "runs") as address:
        yield address


def test_without_a_token_the_key_is_always_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["key"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == (key_of(None) + "\n", "")
    assert is_well_formed(told.out.strip())


def test_with_a_token_the_key_is_made_from_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_command(["key", "--token", "secret"])
    monkeypatch.setenv("BELVEDERE_TOKEN", "secret")
    run_command(["key"])
    assert capsys.readouterr().out == f"{key_of('secret')}\n" * 2


def test_a_server_is_asked_whether_it_takes_the_key(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with server(str(tmp_path / "runs"), "--port", "0", "--token", "secret") as running:
        address = running.url.partition("/?")[0]
        assert run_command(["key", "--server", running.url]) == 0
        assert run_command(["key", "--server", address, "--token", "secret"]) == 0
        assert capsys.readouterr().out == f"{key_of('secret')}\n" * 2
        assert run_command(["key", "--server", address]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "does not take the key; pass its access token with --token" in told.err


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "ftp://x", "http://"])
def test_where_no_server_is_one_sentence_is_said(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["key", "--server", address]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_a_server_that_understood_everything_says_so(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["doctor", "--server", url]) == 0
    assert capsys.readouterr().out == "Every question of every client was understood, and no run is damaged.\n"


def test_what_a_server_did_not_understand_is_counted(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for query in ("mutation Launch { rocket }", "{ viewer { shoeSize } }", "{ viewer { shoeSize } }"):
        body = json.dumps({"query": query}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{url}/graphql", body, basic("k" * 40))).close()
    assert run_command(["doctor", "--server", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == ["       2 × User.shoeSize", "       1 × operation Launch: Mutation.rocket"]
    assert run_command(["doctor", "--server", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unknown"] == {
        "User.shoeSize": 2,
        "operation Launch: Mutation.rocket": 1,
    }


def test_the_doctor_needs_a_run_or_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["doctor"]) == 2
    assert capsys.readouterr().err == "belvedere: Missing argument 'RUN', or --server; see `belvedere doctor --help`\n"
