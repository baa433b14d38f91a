"""`belvedere dashboard`: a PNG of any run, drawn again while it grows."""

import threading
import time
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.cli.main import run as run_command
from tests.server.recorded import record


def test_a_run_becomes_one_png(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    record(tmp_path / "runs", "run1")
    target = tmp_path / "new" / "x.png"
    assert run_command(["dashboard", "run1", "--dir", str(tmp_path / "runs"), "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    assert str(target) in capsys.readouterr().err


def test_a_file_that_is_no_png_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run_command(["dashboard", "run1", "--dir", str(tmp_path), "-o", "x.html"]) == 2
    assert "'x.html' is no PNG file; end its name with .png" in capsys.readouterr().err


def test_watching_draws_until_the_run_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    run = bv.init(project="p", id="growing1", dir=tmp_path, console=False, hardware=False)
    run.log({"train/loss": 2.0})
    target = tmp_path / "x.png"

    def go_on() -> None:
        until = time.monotonic() + 60
        while not target.exists() and time.monotonic() < until:
            time.sleep(0.05)
        run.log({"train/loss": 1.0})
        run.finish()

    thread = threading.Thread(target=go_on)
    thread.start()
    words = ["dashboard", "growing1", "--dir", str(tmp_path), "-o", str(target), "--watch", "--interval", "0.2"]
    assert run_command(words) == 0
    thread.join()
    told = capsys.readouterr().err
    assert "step 0 · running" in told and "step 1 · finished" in told


def test_a_folder_of_that_name_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    record(tmp_path / "runs", "run1")
    (tmp_path / "x.png").mkdir()
    assert run_command(["dashboard", "run1", "--dir", str(tmp_path / "runs"), "-o", str(tmp_path / "x.png")]) == 2
    assert capsys.readouterr().err == (
        f"belvedere: a folder has this name; choose another for the picture: {tmp_path / 'x.png'}\n"
    )


def test_nothing_is_made_for_a_run_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    record(tmp_path / "runs", "run1")
    words = ["dashboard", "nosuch", "--dir", str(tmp_path / "runs"), "-o", str(tmp_path / "new" / "x.png")]
    assert run_command(words) == 2
    assert "no run 'nosuch'" in capsys.readouterr().err and not (tmp_path / "new").exists()
