"""Taking a run off the disk."""

import os
from pathlib import Path

import pytest

from belvedere.runlog.removal import remove
from tests.server.recorded import record


def test_everything_of_a_run_is_gone_and_nothing_else(tmp_path: Path) -> None:
    folder, other = record(tmp_path, "run1", steps=1), record(tmp_path, "run2", steps=1)
    remove(folder)
    assert os.listdir(tmp_path / "p") == ["run2"]
    assert other.logs.is_dir()


def test_what_an_interrupted_removal_left_is_taken_too(tmp_path: Path) -> None:
    folder = record(tmp_path, "run1", steps=1)
    (tmp_path / "p" / ".deleted-run1" / "media").mkdir(parents=True)
    remove(folder)
    assert os.listdir(tmp_path / "p") == []


def test_a_run_that_is_not_there_cannot_be_removed(tmp_path: Path) -> None:
    folder = record(tmp_path, "run1", steps=1)
    remove(folder)
    with pytest.raises(FileNotFoundError):
        remove(folder)
