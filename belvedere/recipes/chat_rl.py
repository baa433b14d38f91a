"""Reinforcement learning of a chat model from checked answers (GRPO), recorded with Belvedere.

    python -m belvedere.recipes.chat_rl                        # begins with the newest checkpoint of chat_sft; 30 s
    python -m belvedere.recipes.chat_rl --preset d12           # AQuA-RAT, on the newest fine-tuned d12
    torchrun --standalone --nproc_per_node=8 -m belvedere.recipes.chat_rl -- --run=NAME
    python -m belvedere.recipes.chat_rl --rate 1.5             # 15 times as fast: watch the policy break

Each step asks some questions, has the model write several answers to each, and makes those that name the right letter
likelier than those that do not (`chat/policy.py` has the formula). Look at `reward` and `pass@1` with its interval
beside `baseline/chance` and `baseline/majority_letter`, at `rl/entropy` and `rl/letters` (a policy that names one
letter has collapsed), at `rl/zero_variance` (questions that teach nothing) and `rl/kl` (how far from the sft model).

Reads from top to bottom: presets, main, the training, one step, what is logged. `chat/course.py` is the frame.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from belvedere.recipes.chat.arguments import Order, Recipe, order_of, parser_of
from belvedere.recipes.chat.course import Course, Outcome, Row, Taken
from belvedere.recipes.chat.examination import prompt_text, rolled
from belvedere.recipes.chat.learner import Meter
from belvedere.recipes.chat.policy import (
    Answers,
    answers,
    completions_table,
    improve,
    is_well_formed,
    kl_to,
    letter_counts,
)
from belvedere.recipes.chat.settings import Number
from belvedere.recipes.command import carried_out
from belvedere.recipes.corpora.sums import LETTERS
from belvedere.recipes.ranks import Ranks, averaged, ranks_of_environment

RECIPE = "chat_rl"
TEXT: dict[str, Number] = {"tokens": "text", "attention_scale": None, "seconds": None, "rate": 0.05, "top_k": 50}
LARGE: dict[str, Number] = {
    "context": 2048, "steps": 450, "questions": 16, "samples": 16, "micro_batch": 8, "new_tokens": 256,
    "eval_every": 60, "eval_questions": 254, "save_every": 60, "has_pictures": False,
}  # fmt: skip
PRESETS: dict[str, dict[str, Number]] = {
    # sums in 84 tokens of their own: on one core in 30 s
    "cpu": {"seconds": 30.0, "rate": 0.1, "eval_every": 20, "save_every": 30},
    "aqua-tiny": {**TEXT, "steps": 40, "context": 1024, "questions": 2, "samples": 8, "micro_batch": 8,
                  "new_tokens": 256, "eval_every": 40, "eval_questions": 32},
    # nanochat's: 16 questions × 16 answers of at most 256 tokens, rates 0.05 × pretraining's, down to 0
    "d12": {**TEXT, **LARGE, "layers": 12, "heads": 6, "kv_heads": 6, "width": 768},
    "d20": {**TEXT, **LARGE, "layers": 20, "heads": 10, "kv_heads": 10, "width": 1280},
}  # fmt: skip
STAGE = Recipe(RECIPE, "rl", "chat_sft", PRESETS, __doc__.partition("\n\nReads")[0], own=("questions", "samples"))
DICE_SEED = 6  # apart from the lessons' seeds


def parser() -> argparse.ArgumentParser:
    """All options."""
    return parser_of(STAGE)


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    ranks = ranks_of_environment()
    return carried_out(
        RECIPE, lambda: train(order_of(STAGE, words, ranks), ranks).is_stopped, knobs="--micro-batch or --new-tokens"
    )


def train(order: Order, ranks: Ranks) -> Outcome:
    """Questions → the parent's weights → steps until the budget is used → checkpoint."""
    return Course(order, ranks).carried_through(advance)


def advance(course: Course, fraction: float, meter: Meter) -> Taken:
    """One update: ask, have answers written, reward them, and move towards the better ones."""
    with meter.phase("generate"):
        found = written(course)
    facts = facts_of(course, found)
    rate = course.rate(fraction, is_linear=True)
    objective, norm = torch.zeros(()), torch.zeros(())
    if facts.zero_variance < 1:  # else nobody's answers teach anything, and momentum alone would move the weights
        objective, norm = improve(course.learner, found, facts.tokens, rate, meter)
    row: Row = {**facts.row(), "rl/objective": objective, "train/grad_norm": norm, "rl/lrm": 1 - fraction}
    prompts = [prompt_text(course.learner, one) for one in found.rows]
    return Taken(
        torch.tensor(facts.reward), row, int(facts.tokens), {"rl/letters": facts.letters},
        lambda: completions_table(found, course.step, prompts),
    )  # fmt: skip


def written(course: Course) -> Answers:
    """This rank's share of the step's questions with their answers. Questions and dice depend on (seed, step) only."""
    settings = course.settings
    rows = course.lessons.questions(course.step)
    seed = (settings.seed * 1_000_003 + course.step) * 16 + DICE_SEED
    dice = rolled(course.learner, len(rows), seed=seed, samples=settings.samples)
    mine = course.ranks.share_of(len(rows))
    return answers(course.learner, rows[mine], settings.samples, dice[mine].flatten(0, 1))


@dataclass(frozen=True)
class Facts:
    """About the answers of a step, over all ranks; `tokens` that were written; nats are per token."""

    tokens: float
    reward: float
    reward_std: float
    zero_variance: float
    truncated: float
    form: float
    length: float
    nll: float
    entropy: float
    kl: float
    letters: dict[str, float]

    def row(self) -> Row:
        """By series name."""
        return {
            "reward": self.reward, "rl/reward_std": self.reward_std, "rl/zero_variance": self.zero_variance,
            "rl/truncated": self.truncated, "rl/format": self.form, "rl/length": self.length, "rl/nll": self.nll,
            "rl/entropy": self.entropy, "rl/kl": self.kl, "baseline/chance": 1 / len(LETTERS),
        }  # fmt: skip


def facts_of(course: Course, found: Answers) -> Facts:
    """One message between the ranks: means of what counts by answer, sums of what counts by token."""
    grouped, answers_here = found.grouped, len(found.texts)
    by_answer = [
        grouped.mean(), grouped.std(dim=1).mean(), 1 - found.has_signal.float().mean(),
        found.is_truncated.float().mean(), sum(is_well_formed(found)) / answers_here, found.lengths.float().mean(),
    ]  # fmt: skip
    by_token = [-found.log_p.sum(), found.entropy.sum(), kl_to(course.reference, course.learner, found)]
    numbers = torch.tensor([len(found.log_p), *by_answer, *by_token], dtype=torch.float64)
    means: Tensor = averaged(torch.cat([numbers, letter_counts(found)]), course.ranks)
    mean = means.tolist()
    nll, entropy, kl = (one / mean[0] for one in mean[7:10])
    return Facts(
        tokens=mean[0] * course.ranks.world, reward=mean[1], reward_std=mean[2], zero_variance=mean[3],
        truncated=mean[4], form=mean[5], length=mean[6], nll=nll, entropy=entropy, kl=kl,
        letters={letter: count / answers_here for letter, count in zip(LETTERS, mean[10:], strict=True)},
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
