"""pass@k and its interval against closed forms, and what the parts of an answer are."""

import pytest
import torch

from belvedere.recipes.chat.examination import examined, pass_at, passes, samples_table, wilson
from belvedere.recipes.chat.learner import new_learner
from belvedere.recipes.chat.settings import Settings


def test_pass_at_k_counts_the_draws_that_hold_a_right_answer() -> None:
    assert pass_at(1, 8, 2) == pytest.approx(2 / 8)
    assert pass_at(2, 4, 1) == pytest.approx(1 - 3 / 6)  # C(3, 2) of C(4, 2) draws miss
    assert (pass_at(8, 8, 0), pass_at(8, 8, 1)) == (0, 1)


def test_the_interval_is_wilsons() -> None:
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0, 10)[0] == pytest.approx(0, abs=1e-12)


def test_pass_at_k_never_falls_with_k() -> None:
    scalars = passes([0, 1, 8, 3], 8)
    shares = [scalars[f"pass@{k}"] for k in range(1, 9)]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(12 / 32)
    assert all(scalars[f"pass@{k}/low"] <= scalars[f"pass@{k}"] <= scalars[f"pass@{k}/high"] for k in range(1, 9))


def test_an_examination_is_repeatable_and_takes_no_dice_from_the_training() -> None:
    learner = new_learner(Settings(eval_questions=8))
    before = torch.random.get_rng_state()
    first, second = examined(learner, is_practice=False), examined(learner, is_practice=False)
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.scalars == second.scalars
    assert first.scalars["val/accuracy"] == 0
    assert first.scalars["val/loss"] == first.scalars["val/answer_loss"]
    assert {"val/loss", "evaluation/practice", "evaluation/arithmetic", "pass@1", "pass@8/high"} <= first.scalars.keys()
    table = samples_table(first.greedy, 5)
    assert table.columns == ["step", "input", "output", "target", "accuracy"]
    assert len(table.data) == 6
