"""Mid-train a chat model, recorded with Belvedere: the stage between plain text and dialogues.

    python -m belvedere.recipes.midtrain                       # 126 k parameters learn to look up letters, in 20 s
    python -m belvedere.recipes.midtrain --preset d12          # AQuA-RAT and sums, on the newest pretrained d12
    torchrun --standalone --nproc_per_node=8 -m belvedere.recipes.midtrain -- --run=NAME --preset d20

A model that is asked "which option has the result?" must find a token again and repeat what stood behind it. Practice
in that alone, first on repeats of arbitrary tokens, then on options and letters, is learned in seconds; from questions
and answers alone it is not: `chat_sft --new-weights` shows that. Then come `chat_sft` and `chat_rl`, each a run of its
own in the same group.

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
from belvedere.recipes.tasks.mixture import Mixture

RECIPE = "midtrain"
TEXT: dict[str, Number] = {"tokens": "text", "attention_scale": None, "seconds": None}
PRESETS: dict[str, dict[str, Number]] = {
    # sums in 84 tokens of their own, new weights: on one core in 20 s
    "cpu": {"seconds": 20.0},
    # any pretrained model of bytes or byte pairs, on AQuA-RAT: mechanically the same as on a GPU
    "aqua-tiny": {**TEXT, "steps": 200, "context": 1024, "batch": 8, "micro_batch": 4, "new_tokens": 256,
                  "eval_every": 100, "eval_questions": 32},
    # nanochat's sizes: half a million tokens a step
    "d12": {**TEXT, "layers": 12, "heads": 6, "kv_heads": 6, "width": 768, "context": 2048, "steps": 500, "batch": 1024,
            "micro_batch": 32, "new_tokens": 256, "top_k": 50, "eval_every": 100, "eval_questions": 254,
            "save_every": 100, "has_pictures": False},
    "d20": {**TEXT, "layers": 20, "heads": 10, "kv_heads": 10, "width": 1280, "context": 2048, "steps": 800,
            "batch": 1024, "micro_batch": 16, "new_tokens": 256, "top_k": 50, "eval_every": 100, "eval_questions": 254,
            "save_every": 100, "has_pictures": False},
}  # fmt: skip
STAGE = Recipe(RECIPE, "mid", "pretrain", PRESETS, __doc__.partition("\n\nReads")[0], own=("batch",))


def parser() -> argparse.ArgumentParser:
    """All options."""
    return parser_of(STAGE)


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, 130 after Ctrl-C, or 2 with one sentence when the recipe cannot run as asked."""
    ranks = ranks_of_environment()
    return carried_out(
        RECIPE, lambda: train(order_of(STAGE, words, ranks), ranks).is_stopped, knobs="--micro-batch or --context"
    )


def train(order: Order, ranks: Ranks) -> Outcome:
    """Lessons → model → steps until the budget is used → checkpoint."""
    return Course(order, ranks).carried_through(advance)


def advance(course: Course, fraction: float, meter: Meter) -> Taken:
    """One update: practice, and how much of each data set has been seen."""
    with meter.phase("data"):
        practice = course.lessons.practice(course.step)
    update = course.learner.learn(practice.batch, course.rate(fraction, is_linear=False), meter)
    row: Row = {"train/loss": update.loss, "train/accuracy": update.right, "train/grad_norm": update.norm}
    mixture = Mixture(course.lessons.sizes).with_seen(practice.seen)
    return Taken(update.loss, {**row, **mixture.row()}, practice.batch.sequences.numel())


if __name__ == "__main__":
    sys.exit(main())
