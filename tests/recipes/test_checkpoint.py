"""Checkpoints: what is no checkpoint is refused with the way out."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes.checkpoint import Checkpoint, load, newest, path_of, restore, save, settings_kept


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


def test_a_changed_file_a_cut_one_and_one_of_another_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    save(path, Checkpoint("london", {}, 3, 1.5, "project", "abc", {"weight": torch.zeros(1000)}, []))
    content = torch.load(path)
    whole = path.read_bytes()
    middle = len(whole) // 2  # among the weights
    path.write_bytes(whole[:middle] + b"?" + whole[middle + 1 :])
    with pytest.raises(bv.UsageError, match="is damaged"):
        load(path)
    os.truncate(path, middle)
    with pytest.raises(bv.UsageError, match="is not a readable checkpoint"):
        load(path)
    torch.save({name: value for name, value in content.items() if name != "more"}, path)
    with pytest.raises(bv.UsageError, match="is a checkpoint of another version"):
        load(path)


@dataclass(frozen=True)
class OfToday:
    """Settings of a recipe."""

    width: int
    depth: int = 2


def test_settings_of_another_version_are_refused_by_name() -> None:
    old = Checkpoint("london", {"width": 4, "layers": 3}, 3, 1.5, "project", "abc", {}, [])
    with pytest.raises(bv.UsageError, match=r"another version of this recipe \(depth, layers, phase\); train anew"):
        settings_kept(old, OfToday, more=("phase",))
    now = Checkpoint("london", {"width": 4, "depth": 3}, 3, 1.5, "project", "abc", {}, [], {"phase": ""})
    assert settings_kept(now, OfToday, more=("phase",)) == OfToday(4, 3)


def test_optimizers_of_another_model_are_refused() -> None:
    model = torch.nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.AdamW(model.parameters())
    for memory in ([], [{"state": {}, "param_groups": []}]):
        checkpoint = Checkpoint("london", {}, 3, 1.5, "project", "abc", dict(model.state_dict()), memory)
        with pytest.raises(bv.UsageError, match="the checkpoint's optimizers are those of another model"):
            restore(checkpoint, model, [optimizer])


def test_what_a_killed_process_left_half_written_goes_with_the_next_checkpoint(tmp_path: Path) -> None:
    path = path_of(tmp_path, "london", "abc")
    (tmp_path / "london-abc.1.tmp").touch()
    (tmp_path / "london-other.1.tmp").touch()
    save(path, Checkpoint("london", {}, 3, 1.5, "project", "abc", {}, []))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["london-abc.pt", "london-other.1.tmp"]
