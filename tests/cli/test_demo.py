"""The demo from the outside: the address comes first, the training is followed, the end says where the run lies."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from belvedere.cli.main import run
from belvedere.cli.training import words_of
from belvedere.core.errors import UsageError
from tests.server.running import REPOSITORY

TINY = ("--preset", "tiny", "--steps", "4", "--eval-batches", "1")


def test_the_demo_trains_serves_and_says_where_the_run_lies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    runs, text = tmp_path / "runs", tmp_path / "text"
    text.mkdir()
    for number in range(40):
        (text / f"{number}.txt").write_text("the way up and the way down are one and the same\n" * 20)
    words = [sys.executable, "-m", "belvedere", "demo", "--exit", "--port", "0", "--dir", str(runs), "--", *TINY]
    words += ["--data", str(text)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Belvedere: http://127.0.0.1:")
    assert run(["ls", str(runs), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["state"], row["steps"] >= 4) == ("finished", True)
    for word in ("serve", "show", "doctor", "figure", "export"):
        assert f"belvedere {word} " in done.stdout
    assert "--- diagnosis\nnothing found: " in done.stdout
    assert (tmp_path / "belvedere-figures" / f"{row['name']}-gradient_flow.html").is_file()
    assert f"{row['project']}/{row['id']}" in done.stdout


def test_a_training_that_cannot_start_is_said(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    words = [sys.executable, "-m", "belvedere", "demo", "--exit", "--port", "0", "--dir", str(tmp_path / "runs")]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [*words, "--", "--steps", "0"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=500,
        check=False,
    )
    assert done.returncode == 1
    assert "the training ended with exit code 2" in done.stderr


def test_options_of_the_recipe_train_it_alone() -> None:
    assert words_of((), is_quick=False) == ["belvedere.recipes.pipeline"]
    assert words_of((), is_quick=True) == ["belvedere.recipes.pipeline", "--quick"]
    assert words_of(TINY, is_quick=False) == ["belvedere.recipes.pretrain", *TINY]
    with pytest.raises(UsageError, match="pass one of the two"):
        words_of(TINY, is_quick=True)
