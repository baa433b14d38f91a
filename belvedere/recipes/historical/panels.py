"""The points of the five panels: only what was measured is a point, and each red flag is told once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from belvedere.recipes.red_flags import Flag, Observed, red_flags

STEP_MS = "throughput/step_ms"
MFU = ("throughput/mfu", "throughput/mfu_of_measured_peak")  # of a data sheet's peak, or of what this CPU reaches


@dataclass(frozen=True)
class Point:
    """One point of all panels. `dt_ms` and `mfu_percent` are means over the steps since the last point, evaluations and
    checkpoints left out; None at the first step, which holds the compilation, and MFU where no peak is known."""

    iteration: int
    loss: float
    lr: float
    dt_ms: float | None
    mfu_percent: float | None

    def series(self) -> dict[str, float]:
        """What goes to the run."""
        values = {"train/loss": self.loss, "train/lr": self.lr, "train/iter": float(self.iteration)}
        if self.dt_ms is not None:
            values["train/dt_ms"] = self.dt_ms
        if self.mfu_percent is not None:
            values["train/mfu"] = self.mfu_percent
        return values


def point(iteration: int, loss: float, lr: float, row: Mapping[str, float]) -> Point:
    """A point from the row that the meter of the training gave."""
    shares = [row[name] for name in MFU if name in row]
    return Point(iteration, loss, lr, row.get(STEP_MS), 100 * shares[0] if shares else None)


@dataclass
class History:
    """Everything the red flags are judged by; it stands in the checkpoint, so that a resumed run goes on with it."""

    steps: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    dt_ms: list[float] = field(default_factory=list)
    memory_bytes: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # ids of flags

    def add(self, at: Point, *, mean_loss: float, memory_bytes: float) -> None:
        """One more point; `mean_loss` over all steps since the one before, which is far less noisy than one batch."""
        self.steps.append(at.iteration)
        self.losses.append(mean_loss)
        self.dt_ms.append(math.nan if at.dt_ms is None else at.dt_ms)
        self.memory_bytes.append(memory_bytes)

    def begin_attempt(self) -> None:
        """Times and memory are those of another process, perhaps on another machine, from here on."""
        self.dt_ms = [math.nan] * len(self.steps)
        self.memory_bytes = [math.nan] * len(self.steps)

    def new_flags(self, *, warmup_steps: int, planned_steps: float, memory_limit: float | None) -> list[Flag]:
        """What is said for the first time."""
        seen = Observed(
            np.array(self.steps), np.array(self.losses), np.array(self.dt_ms), np.array(self.memory_bytes),
            warmup_steps, planned_steps, memory_limit,
        )  # fmt: skip
        fresh = [flag for flag in red_flags(seen) if flag.id not in self.told]
        self.told += [flag.id for flag in fresh]
        return fresh
