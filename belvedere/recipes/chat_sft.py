"""Fine-tune a chat model on answers to imitate, recorded with Belvedere.

    python -m belvedere.recipes.chat_sft                       # begins with the newest checkpoint of midtrain; 15 s
    python -m belvedere.recipes.chat_sft --preset d12          # AQuA-RAT, on the newest mid-trained d12
    torchrun --standalone --nproc_per_node=8 -m belvedere.recipes.chat_sft -- --run=NAME
    python -m belvedere.recipes.chat_sft --new-weights         # without mid-training: arithmetic yes, letters at chance

In the cpu preset 35 % of the labels argue for a wrong option, as crowd workers do. So whoever imitates them perfectly
is right in 65 % of sampled answers: a little above, because who writes down a wrong option sometimes still names the
right letter. The likeliest answer is right nearly always; reinforcement learning has the difference to mend.

Reads from top to bottom: presets, main, the training, one step. `chat/course.py` is the frame of all three stages.
"""

import argparse
import sys
from collections.abc import Sequence

from belvedere.recipes.chat.arguments import Order, Recipe, order_of, parser_of
from belvedere.recipes.chat.course import Course, Outcome, Row, Taken
from belvedere.recipes.chat.learner import Meter
from belvedere.recipes.chat.settings import Number
from belvedere.recipes.command import carried_out
from belvedere.recipes.ranks import Ranks, ranks_of_environment

RECIPE = "chat_sft"
TEXT: dict[str, Number] = {"tokens": "text", "attention_scale": None, "seconds": None, "rate": 0.02}
LARGE: dict[str, Number] = {
    "context": 2048, "steps": 3000, "batch": 32, "micro_batch": 4, "new_tokens": 256, "top_k": 50, "eval_every": 100,
    "eval_questions": 254, "save_every": 100, "has_pictures": False,
}  # fmt: skip
PRESETS: dict[str, dict[str, Number]] = {
    # sums in 84 tokens of their own: on one core in 15 s
    "cpu": {"seconds": 15.0, "rate": 0.8, "noise": 0.35},
    "aqua-tiny": {**TEXT, "rate": 0.1, "steps": 200, "context": 1024, "batch": 8, "micro_batch": 4, "new_tokens": 256,
                  "eval_every": 100, "eval_questions": 32},
    # nanochat's: 32 examples a step, rates 0.02 × pretraining's, down to 0
    "d12": {**TEXT, **LARGE, "layers": 12, "heads": 6, "kv_heads": 6, "width": 768},
    "d20": {**TEXT, **LARGE, "layers": 20, "heads": 10, "kv_heads": 10, "width": 1280},
}  # fmt: skip
STAGE = Recipe(RECIPE, "sft", "midtrain", PRESETS, __doc__.partition("\n\nReads")[0], own=("batch", "noise"))


def parser() -> argparse.ArgumentParser:
    """All options."""
    return parser_of(STAGE)


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    ranks = ranks_of_environment()
    return carried_out(
        RECIPE, lambda: train(order_of(STAGE, words, ranks), ranks).is_stopped, knobs="--micro-batch or --batch"
    )


def train(order: Order, ranks: Ranks) -> Outcome:
    """Lessons → the parent's weights → steps until the budget is used → checkpoint."""
    return Course(order, ranks).carried_through(advance)


def advance(course: Course, fraction: float, meter: Meter) -> Taken:
    """One update: predict the answers, not the questions, at a rate that falls to 0."""
    with meter.phase("data"):
        batch = course.lessons.answers(course.step)
    update = course.learner.learn(batch, course.rate(fraction, is_linear=True), meter)
    row: Row = {"train/loss": update.loss, "train/accuracy": update.right, "train/grad_norm": update.norm}
    return Taken(update.loss, row, batch.sequences.numel())


if __name__ == "__main__":
    sys.exit(main())
