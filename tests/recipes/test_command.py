"""What all recipes' command lines share: the words of torchrun, one sentence per fault, the exit codes."""

from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes.command import (
    Parser,
    add_place,
    add_recording,
    carried_out,
    given_words,
    place_of,
    recording_of,
    seed_number,
    split_over,
)
from belvedere.recipes.ranks import Ranks


def test_the_dashes_that_torchrun_needs_are_dropped() -> None:
    assert given_words(["--", "--run=mine"]) == ["--run=mine"]
    assert given_words(["--run=mine"]) == ["--run=mine"]


def test_an_option_cut_short_is_refused() -> None:
    it = Parser(prog="recipe")
    add_recording(it, project="recipe")
    with pytest.raises(bv.UsageError, match="unrecognized arguments: --grou mine; see --help"):
        it.parse_args(["--grou", "mine"])


def test_a_run_called_dummy_is_not_recorded() -> None:
    it = Parser(prog="recipe")
    add_recording(it, project="recipe")
    assert recording_of(vars(it.parse_args(["--run=dummy"])), project="recipe").mode == "disabled"
    assert recording_of(vars(it.parse_args(["--run=mine"])), project="recipe").mode is None


def test_a_batch_is_split_or_refused_with_one_that_splits() -> None:
    assert split_over(8, Ranks(0, 2)) == 4
    with pytest.raises(bv.UsageError, match="a batch of 9 does not split over 2 ranks; pass --questions 10"):
        split_over(9, Ranks(0, 2), option="--questions")


def test_exit_codes() -> None:
    assert carried_out("recipe", lambda: False, knobs="--batch") == 0
    assert carried_out("recipe", lambda: True, knobs="--batch") == 130


@pytest.mark.parametrize("fault", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory. Tried 20 GiB\nmore")])
def test_out_of_memory_names_the_knob(fault: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> bool:
        raise fault

    assert carried_out("recipe", work, knobs="--micro-batch") == 2
    said = capsys.readouterr().err
    assert said.startswith("recipe: out of memory; pass a smaller --micro-batch (") and said.count("\n") == 1


def test_a_fault_of_the_recipe_itself_is_not_hidden() -> None:
    def work() -> bool:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        carried_out("recipe", work, knobs="--batch")


def test_a_place_without_room_for_checkpoints_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    it = Parser(prog="recipe")
    add_recording(it, project="recipe")
    with pytest.raises(
        bv.UsageError, match=r"no checkpoint can be kept in .*/file/x .*it is a file.*another --out-dir"
    ):
        recording_of(vars(it.parse_args(["--out-dir", str(tmp_path / "file" / "x")])), project="recipe")


@pytest.mark.parametrize("device", ["meta", "mps"])
def test_a_device_that_recipes_do_not_train_on_is_refused(device: str) -> None:
    it = Parser(prog="recipe")
    add_place(it)
    with pytest.raises(bv.UsageError, match=f"--device {device}: the recipes train on cpu and on cuda"):
        place_of(vars(it.parse_args(["--device", device])), Ranks())


def test_a_seed_that_no_generator_takes_is_refused() -> None:
    it = Parser(prog="recipe")
    it.add_argument("--seed", type=seed_number)
    assert it.parse_args(["--seed", "7"]).seed == 7
    with pytest.raises(bv.UsageError, match="argument --seed: 9223372036854775808 is too large"):
        it.parse_args(["--seed", str(2**63)])
    with pytest.raises(bv.UsageError, match="argument --seed: invalid int value: 'x'"):
        it.parse_args(["--seed", "x"])
