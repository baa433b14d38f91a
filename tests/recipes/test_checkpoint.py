"""Checkpoints: what is no checkpoint is refused with the way out."""

import os
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes.checkpoint import load, newest


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("not a checkpoint")
    with pytest.raises(bv.UsageError, match="is not a readable checkpoint"):
        load(tmp_path / "text.pt")
    torch.save({"weights": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(bv.UsageError, match="is a file of another program"):
        load(tmp_path / "other.pt")


def test_the_newest_is_the_one_written_last(tmp_path: Path) -> None:
    for age, name in enumerate(("b.pt", "a.pt")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    assert newest(tmp_path) == tmp_path / "b.pt"


def test_no_checkpoint_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match="train first, or pass --resume FILE"):
        newest(tmp_path)
