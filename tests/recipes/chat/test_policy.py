"""Rewards, advantages and the objective, held against numbers by hand."""

import contextlib
import math
from collections.abc import Iterator

import pytest
import torch

from belvedere.recipes.chat.dialogue import Batch
from belvedere.recipes.chat.examination import rolled
from belvedere.recipes.chat.learner import Learner
from belvedere.recipes.chat.policy import (
    Answers,
    answers,
    completions_table,
    improve,
    is_well_formed,
    kl_to,
    letter_counts,
    log_probabilities,
)
from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.chat.sum_tokens import SumTokens
from belvedere.recipes.corpora.aqua import row_of
from belvedere.recipes.corpora.sums import Question
from belvedere.recipes.ranks import Ranks

ROW = row_of(Question(7, "+", 5, (11, 12, 4, 20, -3)))


class NoMeter:
    """Times nothing."""

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Nothing."""
        yield

    def step(self) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def untrained() -> Learner:
    tokens = SumTokens()
    return Learner(Settings(), Ranks(), tokens, Settings().shape(tokens.vocab))


def answers_of(rewards: list[float], lengths: list[int], texts: list[str] | None = None) -> Answers:
    """Two questions with half of the answers each; the prompt is one token."""
    longest = max(lengths)
    is_asked = torch.arange(1 + longest) <= torch.tensor(lengths)[:, None]
    is_asked[:, 0] = False
    batch = Batch(torch.ones((len(rewards), 1 + longest), dtype=torch.int64), is_asked)
    zeros = torch.zeros(int(is_asked.sum()))
    return Answers(
        [ROW, ROW], batch, texts or ["x"] * len(rewards), torch.tensor(rewards).float(), torch.tensor(lengths),
        torch.zeros(len(rewards), dtype=torch.bool), zeros, zeros,
    )  # fmt: skip


def test_an_advantage_is_the_reward_minus_that_of_the_question() -> None:
    found = answers_of([1, 0, 1, 1], [1, 1, 1, 1])
    assert found.advantages.tolist() == [0.5, -0.5, 0.0, 0.0]
    assert found.has_signal.tolist() == [True, True, False, False]


def test_a_token_counts_the_same_in_short_and_long_answers(untrained: Learner) -> None:
    found = answers_of([1, 0, 1, 1], [1, 3, 2, 2])
    objective, norm = improve(untrained, found, 8, 0.0, NoMeter())
    # every log p is -ln 84; advantages ½, −½, 0, 0 over 1, 3, 2, 2 tokens: −(½·1 − ½·3)·(−ln 84) / 8
    assert objective.item() == pytest.approx(-math.log(84) / 8, rel=1e-4)
    assert norm > 0


def test_form_is_a_rationale_and_then_the_letter() -> None:
    texts = ["7+5=12\n12=B\nAnswer: B", "Answer: B", "7\nAnswer: B.", "7\nAnswer: F"]
    found = answers_of([1, 0, 1, 0], [1, 1, 1, 1], texts)
    assert is_well_formed(found) == [True, False, False, False]
    assert letter_counts(found).tolist() == [0, 3, 0, 0, 0]


def test_an_untrained_model_guesses_evenly(untrained: Learner) -> None:
    found = answers(untrained, [ROW], 4, rolled(untrained, 1, seed=0, samples=4).flatten(0, 1))
    own = int(found.lengths.sum())
    assert found.log_p.tolist() == pytest.approx([-math.log(84)] * own, rel=1e-5)
    assert found.entropy.tolist() == pytest.approx([math.log(84)] * own, rel=1e-5)
    assert kl_to(untrained.model, untrained, found) == pytest.approx(0, abs=1e-6)
    rows = completions_table(found, 3, ["asked"]).data
    assert len(rows) == 4
    assert [rows[0][0], rows[0][1], rows[0][3]] == [3, "asked", "B"]


def test_what_was_noted_while_writing_is_what_the_model_says_of_it_later(untrained: Learner) -> None:
    torch.manual_seed(1)
    learner = Learner(Settings(), Ranks(), SumTokens(), Settings().shape(84))
    torch.nn.init.normal_(learner.model.head.weight)
    found = answers(learner, [ROW, ROW], 3, rolled(learner, 2, seed=5, samples=3).flatten(0, 1))
    assert log_probabilities(learner.model, found.batch).tolist() == pytest.approx(found.log_p.tolist(), abs=1e-4)


def test_an_answer_depends_on_its_own_dice_only(untrained: Learner) -> None:
    other = row_of(Question(3, "-", 9, (0, 1, 2, 3, -6)))
    dice = rolled(untrained, 2, seed=2, samples=2)
    both = answers(untrained, [ROW, other], 2, dice.flatten(0, 1))
    alone = answers(untrained, [other], 2, dice[1:].flatten(0, 1))
    assert both.texts[2:] == alone.texts
