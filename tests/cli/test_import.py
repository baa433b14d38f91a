"""`belvedere import` and a foreign folder in place of a command."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from belvedere.cli.main import run as run_command
from belvedere.cli.viewing import cache_root, nothing_yet, view_of
from belvedere.importers.bringing import others_at
from belvedere.store.store import open_store
from tests.importers.wandb import wandb_file as file

ROWS = [file.history(i, 1000.0 + i, loss=float(i)) for i in range(3)]


def test_runs_are_imported_and_a_second_time_nothing_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write(tmp_path / "wandb", [file.run(), *ROWS, file.end()])
    file.write(tmp_path / "wandb", [file.run("live"), *ROWS], run_id="live", stamp="20260102_000000")
    words = ["import", "wandb", str(tmp_path / "wandb"), "--dir", str(tmp_path / "here")]
    assert run_command(words) == 0
    assert capsys.readouterr().out == "p/abc  imported\np/live  imported as far as it was written\n"
    assert run_command(words) == 0
    assert capsys.readouterr().out == "p/abc  was all there\np/live  was all there\n"
    assert open_store(tmp_path / "here").run("p/abc").series("loss").values.tolist() == [0.0, 1.0, 2.0]


def test_without_a_kind_it_is_found_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write(tmp_path / "wandb", [file.run(), *ROWS, file.end()])
    assert run_command(["import", str(tmp_path), "--dir", str(tmp_path / "here")]) == 0
    assert capsys.readouterr().out == "p/abc  imported\n"
    assert run_command(["import", str(tmp_path / "here")]) == 2
    assert capsys.readouterr().err.startswith("belvedere: these are runs of Belvedere already; look at them with")
    (tmp_path / ".aim" / "seqs").mkdir(parents=True)
    assert [*others_at(tmp_path, "wandb")] == ["aim"]


def test_what_cannot_be_imported_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    note = tmp_path / "note.txt"
    note.write_text("a note")
    for words, sentence in (
        ([str(tmp_path / "nowhere")], "belvedere: no such file or directory, so nothing can be imported"),
        ([str(tmp_path / "empty")], "belvedere: nothing here that can be imported; looked for .aim/ (Aim), mlruns/"),
        (["wandb", str(tmp_path / "empty")], "belvedere: no runs of that kind here; looked for *.wandb"),
        (["table", str(note)], "belvedere: no table by its name; pass a file that ends in .csv"),
        (["trackio", str(note)], "belvedere: no database of Trackio here"),
        (["nonsense", str(tmp_path)], "belvedere: there is no importer for 'nonsense'"),
        (["a", "b", "c"], "belvedere: 3 words are too many"),
    ):
        assert run_command(["import", *words, "--dir", str(tmp_path / "here")]) == 2
        told = capsys.readouterr()
        assert told.err.startswith(sentence) and told.err.count("\n") == 1 and told.out == ""


def test_a_folder_without_runs_yet_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write(tmp_path / "wandb", [])
    assert run_command(["import", str(tmp_path), "--dir", str(tmp_path / "here")]) == 0
    told = capsys.readouterr()
    assert "no run in this file yet" in told.err
    assert told.out == f"there are no runs to read in {tmp_path}; nothing was imported\n"


def test_only_foreign_folders_are_viewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file.write(tmp_path / "wandb", [file.run(), *ROWS, file.end()])
    run_command(["import", str(tmp_path), "--dir", str(tmp_path / "ours")])
    (tmp_path / "empty").mkdir()
    ours = [tmp_path / "ours", tmp_path / "ours" / "p", tmp_path / "ours" / "p" / "abc", tmp_path / "empty"]
    assert [view_of(str(path), print) for path in [*ours, tmp_path / "nowhere"]] == [None] * 5
    assert [bool(nothing_yet(str(path))) for path in ours] == [False, False, False, True]
    view = view_of(str(tmp_path / "wandb"), print)
    assert view is not None and view.root == cache_root(tmp_path / "wandb")
    assert view.root.parent == tmp_path / "cache" / "belvedere" / "viewed"


@pytest.fixture
def wandb_folder(tmp_path: Path) -> Path:
    file.write(tmp_path / "wandb", [file.run(), *ROWS])
    return tmp_path / "wandb"


def test_a_path_in_place_of_a_command_shows_what_lies_there_while_it_grows(wandb_folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "belvedere", str(wandb_folder), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split()[1]
        assert server.stdout.readline() == f"serving {wandb_folder} (W&B runs: .wandb files), until Ctrl-C\n"
        assert server.stdout.readline().startswith("1 run read from")
        assert steps_at(url, 3) == [3]
        (path,) = wandb_folder.glob("*/*.wandb")
        more = [*ROWS, file.history(3, 1003.0, loss=3.0), file.end()]
        path.write_bytes(file.framed([file.run(), *more]))
        assert steps_at(url, 4) == [4]
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"{url}/graphql", data=b"{}", method="POST"))
        assert refused.value.code == 403
        assert b"only shows foreign files" in refused.value.read()
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 130
        server.stdout.close()
    assert not (wandb_folder / ".belvedere").exists()


def steps_at(url: str, wanted: int) -> list[int]:
    """Steps of all runs, once they are as many as wanted or a minute has gone by."""
    found: list[int] = []
    for _ in range(600):
        with urllib.request.urlopen(f"{url}/api/runs") as answer:
            found = [run["steps"] for run in json.load(answer)["runs"]]
        if found == [wanted]:
            break
        time.sleep(0.1)
    return found
