"""Which stage a step belongs to."""

import numpy as np

from belvedere.analysis.stages import Stretch, rank, stretches
from belvedere.core.series import RunData, Stage


def test_a_stage_lasts_until_the_next_and_the_first_has_all_before_it() -> None:
    first, second = stretches(RunData("r", stages=(Stage("pretrain", 5, 0.0), Stage("rl", 8, 1.0))))
    steps = np.array([0, 5, 7, 8, 9])
    assert first.holds(steps).tolist() == [True, True, True, False, False]
    assert second.holds(steps).tolist() == [False, False, False, True, True]
    assert (first.name, second.name, second.end) == ("pretrain", "rl", None)


def test_a_run_without_stages_is_what_its_config_says() -> None:
    (found,) = stretches(RunData("r", config={"training_stage": "midtraining"}))
    assert (found.name, found.end) == ("mid", None)
    assert [one.name for one in stretches(RunData("r"))] == ["unknown"]


def test_names_do_not_decide_by_their_letters() -> None:
    assert [one.name for one in stretches(RunData("r", name="early-world"))] == ["unknown"]


def test_stages_have_an_order_and_others_come_last() -> None:
    assert sorted(["rl", "mine", "sft", "pretrain"], key=rank) == ["pretrain", "sft", "rl", "mine"]
    assert isinstance(stretches(RunData("r"))[0], Stretch)
