"""Rewards, advantages and the objective, held against numbers by hand."""

import math

import pytest
import torch

from belvedere.recipes.chat.learner import Learner, new_learner
from belvedere.recipes.chat.policy import (
    Answers,
    answers,
    completions_table,
    facts_of,
    kl_to,
    letter_shares,
    log_probabilities,
    policy_loss,
)
from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.corpora.sums import END, Question, SumTokens

RIGHT = Question(7, "+", 5, (11, 12, 4, 20, -3))


def answers_of(rewards: list[float], lengths: list[int]) -> Answers:
    """Two questions with half of the answers each; the prompt is one token."""
    longest = max(lengths)
    sequences = torch.ones((len(rewards), 1 + longest), dtype=torch.int64)
    is_new = torch.arange(longest) < torch.tensor(lengths)[:, None]
    return Answers(
        [RIGHT, RIGHT], sequences, is_new, ["x"] * len(rewards), torch.tensor(rewards).float(), torch.tensor(lengths),
        torch.zeros(len(rewards), dtype=torch.bool),
    )  # fmt: skip


def test_an_advantage_is_the_reward_minus_that_of_the_question() -> None:
    found = answers_of([1, 0, 1, 1], [1, 1, 1, 1])
    assert found.advantages.tolist() == [0.5, -0.5, 0.0, 0.0]
    assert found.has_signal.tolist() == [True, True, False, False]
    facts = facts_of(found)
    assert (float(facts["reward"]), float(facts["rl/zero_variance"])) == (0.75, 0.5)


def test_a_token_counts_the_same_in_short_and_long_answers() -> None:
    found = answers_of([1, 0, 1, 1], [1, 3, 2, 2])
    chosen = torch.full((4, 3), -2.0)
    # advantages ½, −½, 0, 0 over 1, 3, 2, 2 tokens: −(½·1·(−2) − ½·3·(−2)) / 8
    assert policy_loss(chosen, found).item() == pytest.approx(-(-1 + 3) / 8)


@pytest.fixture(scope="module")
def untrained() -> Learner:
    return new_learner(Settings(seed=0))


def test_an_untrained_model_guesses_evenly(untrained: Learner) -> None:
    found = answers(untrained, [RIGHT], 4, torch.Generator().manual_seed(0))
    chosen, entropies = log_probabilities(untrained.model, found)
    assert chosen[found.is_new].tolist() == pytest.approx([-math.log(84)] * int(found.is_new.sum()), rel=1e-5)
    assert entropies[found.is_new].mean().item() == pytest.approx(math.log(84), rel=1e-5)
    assert int(found.is_new.sum()) == int(found.lengths.sum())
    assert kl_to(untrained.model, chosen, found).item() == pytest.approx(0, abs=1e-10)
    rows = completions_table(found, 3).data
    assert len(rows) == 4
    assert rows[0][:2] == [3, "7+5=?\n11=A\n12=B\n4=C\n20=D\n-3=E\n"]
    assert rows[0][3:] == ["B", 0.0, 0.0]


def test_only_tokens_up_to_the_end_are_learned_from(untrained: Learner) -> None:
    tokens, written = SumTokens(), [*RIGHT.answer_pieces(1)]
    assert tokens.encode(written)[-1] == END
    found = answers(untrained, [RIGHT] * 3, 2, torch.Generator().manual_seed(1))
    for row, length in zip(found.is_new, found.lengths.tolist(), strict=True):
        assert row.nonzero()[:, 0].tolist() == list(range(19, 19 + length))  # the first new token stands at 20
    assert letter_shares(found).keys() == set("ABCDE")
