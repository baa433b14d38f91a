"""Which stage of the pipeline (pretrain, mid, sft, rl) a run was in, and from which step to which."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import Ints, RunData

ORDER = ("pretrain", "mid", "sft", "rl")
UNKNOWN = "unknown"
OTHER_NAMES = {
    "pretraining": "pretrain", "base": "pretrain", "base_train": "pretrain", "pre-training": "pretrain",
    "midtraining": "mid", "mid_train": "mid", "midtrain": "mid", "mid-training": "mid", "finetune": "sft",
    "fine-tuning": "sft", "finetuning": "sft", "chat_sft": "sft", "grpo": "rl", "ppo": "rl", "chat_rl": "rl",
    "rlhf": "rl",
}  # fmt: skip
CONFIG_NAMES = ("training_stage", "stage")


@dataclass(frozen=True)
class Stretch:
    """A stage of one run: from step `first` up to the step before `end`; None where it lasts to the end of the run."""

    name: str
    first: int
    end: int | None

    def holds(self, steps: Ints) -> NDArray[np.bool_]:
        """(n,): which steps belong to it."""
        is_in: NDArray[np.bool_] = steps >= self.first
        return is_in if self.end is None else is_in & (steps < self.end)


def stretches(run: RunData) -> tuple[Stretch, ...]:
    """The stages of a run in order. Steps before the first one that was named belong to it; a run that named none is
    of the stage that its config says, else "unknown"."""
    lowest = int(np.iinfo(np.int64).min)
    if not run.stages:
        told = next((run.config[name] for name in CONFIG_NAMES if name in run.config), UNKNOWN)
        return (Stretch(named(str(told)), lowest, None),)
    steps = [lowest, *(stage.step for stage in run.stages[1:])]
    ends = [*steps[1:], None]
    return tuple(Stretch(named(stage.name), first, end) for stage, first, end in zip(run.stages, steps, ends))


def named(stage: str) -> str:
    """The short name of a stage that the field knows under several; others stay as they are."""
    return OTHER_NAMES.get(stage.lower(), stage)


def rank(stage: str) -> int:
    """Its place in the usual order of a pipeline; all other stages come after."""
    return ORDER.index(stage) if stage in ORDER else len(ORDER)
