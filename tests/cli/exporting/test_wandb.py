"""`belvedere export --to wandb`, with a stand-in for the client."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.live.companion import Companion
from belvedere.runlog.layout import RunFolder
from tests.record.mirrors import fake_wandb
from tests.source_tree import REPOSITORY

Heard = list[list[object]]


def export(tmp_path: Path, run: bv.Run, *options: str, has_client: bool = True) -> tuple[Heard, str, int]:
    """What the client heard, what was printed, and the exit code."""
    site, log = tmp_path / "site" / "wandb", tmp_path / "heard.jsonl"
    if has_client:
        site.mkdir(parents=True)
        shutil.copy(str(fake_wandb.__file__), site / "__init__.py")
    environ = {
        **os.environ, "PYTHONPATH": f"{site.parent}{os.pathsep}{REPOSITORY}", "FAKE_WANDB_LOG": str(log),
        "FAKE_WANDB_MODE": "",
    }  # fmt: skip
    command = [sys.executable, "-m", "belvedere", "export", run.id, "--dir", str(tmp_path / "runs"), "--to", "wandb"]
    done = subprocess.run([*command, *options], env=environ, capture_output=True, text=True, check=False, cwd=tmp_path)
    heard = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return heard, done.stdout + done.stderr, done.returncode


def begin(tmp_path: Path, **wishes: object) -> bv.Run:
    return bv.init(project="p", dir=tmp_path / "runs", console=False, hardware=False, **wishes)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELVEDERE_SILENT", "1")


def test_a_run_goes_with_its_steps_in_order_and_its_newest_attempt(tmp_path: Path) -> None:
    first = begin(tmp_path, name="old", config={"lr": 0.5}, tags=["t"])
    for step in range(4):
        first.log({"loss": float(step)})
    first.log({"late": 1.0}, step=1)
    first.finish()
    again = begin(tmp_path, id=first.id, resume_from=2)
    again.name = "new"
    again.log({"loss": 20.0})
    folder = RunFolder(tmp_path / "runs", "p", first.id)
    companion = Companion(folder, "figures")
    companion.log(1, {"3d/figure": bv.Histogram(np.arange(3.0))})
    companion.close()
    again.log_vector("norm", [1.0, 2.0], ["a", "b"])
    again.finish(exit_code=1)
    heard, said, code = export(tmp_path, first, "--project", "there", "--mode", "offline")
    assert code == 0, said
    told = heard[0][1]
    assert isinstance(told, dict)
    assert {key: told[key] for key in ("project", "id", "name", "tags", "mode")} == {
        "project": "there", "id": first.id, "name": "new", "tags": ["t"], "mode": "offline",
    }  # fmt: skip
    assert "resume" not in told
    rows = [(step, sorted(values)) for what, step, values in (one for one in heard if one[0] == "log")]  # type: ignore[call-overload]
    assert rows == [
        (0, ["_timestamp", "loss"]), (1, ["_timestamp", "loss"]), (1, ["_timestamp", "late"]),
        (1, ["3d/figure", "_timestamp"]), (2, ["_timestamp", "loss"]), (3, ["_timestamp", "norm/a", "norm/b"]),
    ]  # fmt: skip
    losses = [values["loss"] for what, _, values in (one for one in heard if one[0] == "log") if "loss" in values]  # type: ignore[operator,index,call-overload]
    assert losses == [0.0, 1.0, 20.0]
    assert heard[-1] == ["finish", 1]
    assert "wandb: send it with: wandb sync " in said


def test_without_the_client_it_is_one_sentence(tmp_path: Path) -> None:
    run = begin(tmp_path)
    run.finish()
    _, said, code = export(tmp_path, run, has_client=False)
    assert code == 2
    assert said == "belvedere: wandb is not installed, so the run cannot be exported: pip install wandb\n"


def test_a_run_without_an_entry_is_refused(tmp_path: Path) -> None:
    run = begin(tmp_path)
    run.finish()
    for path in RunFolder(tmp_path / "runs", "p", run.id).logs.rglob("*.rlog"):
        path.unlink()
    _, said, code = export(tmp_path, run)
    assert (code != 0, "nothing was logged in p/" in said) == (True, True)
