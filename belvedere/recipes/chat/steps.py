"""One update of each kind: from given sequences (mid, sft), and from rewarded answers of the model's own (rl)."""

from dataclasses import dataclass

from torch import Tensor

from belvedere.recipes.chat.learner import Learner, asked_loss
from belvedere.recipes.chat.lessons import Batch
from belvedere.recipes.chat.policy import (
    Answers,
    facts_of,
    kl_to,
    letter_shares,
    log_probabilities,
    policy_loss,
    sampled,
)
from belvedere.recipes.models.gpt import GPT

Row = dict[str, object]


@dataclass(frozen=True)
class Taken:
    """What one step leaves: its value to follow (a loss or a reward), its row, the shares of letters that were named,
    the answers it learned from."""

    value: Tensor  # ()
    row: Row
    letters: dict[str, float] | None = None
    answers: Answers | None = None


def lesson_step(learner: Learner, batch: Batch, rate: float) -> Taken:
    """Learn to predict the asked tokens of (B, T) sequences."""
    loss, right = asked_loss(learner.model, *batch)
    norm = learner.updated(loss, rate)
    row: Row = {"train/loss": loss.detach(), "train/accuracy": right, "train/grad_norm": norm, "lr": learner.rate}
    return Taken(loss.detach(), row)


def policy_step(learner: Learner, reference: GPT, step: int, rate: float) -> Taken:
    """Sample, reward, and move towards what was better than its question's mean."""
    found = sampled(learner, step)
    chosen, entropies = log_probabilities(learner.model, found)
    objective = policy_loss(chosen, found)
    norm = learner.updated(objective, rate)
    facts = facts_of(found)
    row: Row = {
        **facts,
        "rl/objective": objective.detach(),
        "rl/nll": -chosen.detach()[found.is_new].mean(),
        "rl/entropy": entropies[found.is_new].mean(),
        "rl/kl": kl_to(reference, chosen, found),
        "train/grad_norm": norm,
        "lr": learner.rate,
    }
    return Taken(found.rewards.mean(), row, letter_shares(found), found)
