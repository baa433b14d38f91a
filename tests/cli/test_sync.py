"""`belvedere sync`: runs recorded without a network arrive later, whole and once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.cli.main import run as run_command
from tests.record.test_upload import serving

CRASHING = """
import os, signal, sys
import belvedere as bv
run = bv.init(project="p", id="crashed", dir=sys.argv[1], console=False, hardware=False)
for step in range(20):
    run.log({"loss": float(step)})
os.kill(os.getpid(), signal.SIGKILL)
"""


def record(root: Path, run_id: str, *, steps: int = 10) -> bv.Run:
    run = bv.init(project="p", id=run_id, dir=root, console=False, hardware=False)
    for step in range(steps):
        run.log({"loss": float(step)})
    return run


def losses(root: Path, run_id: str) -> list[float]:
    return [float(value) for value in bv.open(root).run(f"p/{run_id}").series("loss").values]


def test_a_finished_and_a_crashed_run_arrive_and_a_second_time_nothing_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    record(here, "finished").finish()
    killed = subprocess.run([sys.executable, "-c", CRASHING, str(here)], check=False, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    with serving(there) as url:
        assert run_command(["sync", url, "--dir", str(here)]) == 0
        first = capsys.readouterr().out
        assert "p/finished" in first and "p/crashed" in first and first.count("kB sent") == 2
        assert run_command(["sync", url, "--dir", str(here)]) == 0
        assert capsys.readouterr().out.count("was all there") == 2
    assert losses(there, "finished") == losses(here, "finished") == [float(step) for step in range(10)]
    assert losses(there, "crashed") == [float(step) for step in range(20)]
    assert bv.open(there).run("p/finished").state == "finished"


def test_one_run_is_sent_while_it_grows_and_completed_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run = record(here, "growing", steps=3)
    record(here, "other").finish()
    with serving(there) as url:
        assert run_command(["sync", url, "growing", "--dir", str(here)]) == 0
        run = bv.init(project="p", id="growing", dir=here, resume="allow", console=False, hardware=False)
        run.log({"loss": 3.0})
        run.finish()
        assert run_command(["sync", url, "growing", "--dir", str(here)]) == 0
        assert capsys.readouterr().out.count("kB sent") == 2
    assert losses(there, "growing") == [0.0, 1.0, 2.0, 3.0]
    assert [found.id for found in bv.open(there).runs()] == ["growing"]


def test_a_server_that_is_away_is_one_sentence_and_nothing_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    record(here, "one").finish()
    assert run_command(["sync", "http://127.0.0.1:9", "--dir", str(here), "--wait", "0"]) == 2
    told = capsys.readouterr().err
    assert "did not answer" in told and "1 of 1 runs are not all there; nothing is lost" in told
    with serving(there) as url:
        assert run_command(["sync", url, "--dir", str(here)]) == 0
    assert losses(there, "one") == losses(here, "one")


def test_what_is_no_address_and_what_is_no_run_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path, "one").finish()
    assert run_command(["sync", "ftp://nowhere", "--dir", str(tmp_path)]) == 2
    assert "is no server address" in capsys.readouterr().err
    assert run_command(["sync", "http://127.0.0.1:9", "nothing", "--dir", str(tmp_path)]) == 2
    assert "nothing" in capsys.readouterr().err


def test_a_folder_without_runs_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["sync", "http://127.0.0.1:1", "--dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"there are no runs in {tmp_path}; nothing was sent\n"
