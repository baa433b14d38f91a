"""Checkpoints: what is no checkpoint is refused with the way out."""

import os
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes.checkpoint import Checkpoint, load, newest, path_of, restore, save


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("not a checkpoint")
    with pytest.raises(bv.UsageError, match="is not a readable checkpoint"):
        load(tmp_path / "text.pt")
    torch.save({"weights": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(bv.UsageError, match="is a file of another program"):
        load(tmp_path / "other.pt")


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    path = path_of(tmp_path, "london", "abc")
    save(path, Checkpoint("london", {}, 3, 1.5, "project", "abc", {}, []))
    assert load(path).step == 3
    with pytest.raises(bv.UsageError, match="is a checkpoint of london, not of pretrain; give another"):
        load(path, recipe="pretrain")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(bv.UsageError, match=r"no checkpoint can be written to .*/file/x.pt .*pass another --out-dir"):
        save(tmp_path / "file" / "x.pt", Checkpoint("london", {}, 3, 1.5, "project", "abc", {}, []))


def test_weights_of_another_model_are_refused() -> None:
    checkpoint = Checkpoint("london", {}, 3, 1.5, "project", "abc", {"weight": torch.zeros(1, 2)}, [])
    with pytest.raises(bv.UsageError, match="the checkpoint's weights are of another model"):
        restore(checkpoint, torch.nn.Linear(3, 1, bias=False), [])


def test_the_newest_is_the_one_written_last(tmp_path: Path) -> None:
    for age, name in enumerate(("pretrain-b.pt", "pretrain-a.pt", "london-c.pt")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    assert newest(tmp_path, "pretrain") == tmp_path / "pretrain-b.pt"


def test_no_checkpoint_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match=r"no checkpoint of pretrain in .*train first, or pass a FILE"):
        newest(tmp_path, "pretrain")
