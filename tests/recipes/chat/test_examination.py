"""pass@k against closed forms, and examinations that leave no trace."""

import pytest
import torch

from belvedere.recipes.chat.examination import Examiner, pass_at, passes, samples_table
from belvedere.recipes.chat.learner import Learner
from belvedere.recipes.chat.lessons import SumLessons
from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.chat.sum_tokens import SumTokens
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.tasks.stand_ins import stand_ins


def test_pass_at_k_counts_the_draws_that_hold_a_right_answer() -> None:
    assert pass_at(1, 8, 2) == pytest.approx(2 / 8)
    assert pass_at(2, 4, 1) == pytest.approx(1 - 3 / 6)  # C(3, 2) of C(4, 2) draws miss
    assert (pass_at(8, 8, 0), pass_at(8, 8, 1)) == (0, 1)


def test_pass_at_k_never_falls_with_k() -> None:
    scalars = passes([0, 1, 8, 3], 8)
    shares = [scalars[f"pass@{k}"] for k in range(1, 9)]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(12 / 32)
    assert all(scalars[f"pass@{k}/low"] <= scalars[f"pass@{k}"] <= scalars[f"pass@{k}/high"] for k in range(1, 9))


def test_an_examination_is_repeatable_and_takes_no_dice_from_the_training() -> None:
    settings, tokens = Settings(eval_questions=8), SumTokens()
    learner = Learner(settings, Ranks(), tokens, settings.shape(tokens.vocab))
    examiner = Examiner(learner, SumLessons(settings, tokens), [])
    before = torch.random.get_rng_state()
    first, second = examiner.examined(is_practice=False), examiner.examined(is_practice=False)
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.scalars == second.scalars
    assert first.scalars["val/accuracy"] == 0
    assert first.scalars["val/loss"] == first.scalars["val/answer_loss"] == pytest.approx(4.4308, abs=1e-4)  # ln 84
    assert first.scalars["baseline/chance"] == 0.2
    assert "pass@1" not in examiner.examined(is_practice=True).scalars
    table = samples_table(learner, first.greedy, 5)
    assert table.columns == ["step", "input", "output", "target", "accuracy"]
    assert len(table.data) == 6


def test_tasks_are_asked_in_the_dtype_of_the_training() -> None:
    settings, tokens, seen = Settings(eval_questions=8, dtype="bfloat16"), SumTokens(), list[torch.dtype]()
    learner = Learner(settings, Ranks(), tokens, settings.shape(tokens.vocab))
    learner.model.h[0].attention.out.register_forward_hook(lambda _, __, out: seen.append(out.dtype))  # type: ignore
    Examiner(learner, SumLessons(settings, tokens), stand_ins(tokens, new_tokens=14, count=2)).examined(
        is_practice=True
    )
    assert set(seen) == {torch.bfloat16}
