"""What came out of the runs of a sweep: read from the store when it is asked for, never kept."""

import math
import time
from collections.abc import Mapping

import numpy as np

from belvedere.core.entries import RunFinished
from belvedere.core.errors import NotFound
from belvedere.store.run import Run
from belvedere.wandb_protocol.desk import Desk, RunName, Shelves
from belvedere.wandb_protocol.sweeps.configs import Metric
from belvedere.wandb_protocol.sweeps.hyperband import Worths

AGGREGATES = ("best", "min", "max", "mean", "last")  # what a summary may hold instead of the last value
RUNNING = "running"


def found_run(shelves: Shelves, name: RunName) -> Run | None:
    """A run, None while nothing of it has arrived."""
    try:
        return shelves.run(name)
    except NotFound:
        return None


def worth(run: Run, metric: Metric) -> float | None:
    """What a run reached, the smaller the better; None when it has no finite value."""
    value = run.summary.get(metric.name)
    if isinstance(value, Mapping):
        wanted = ("max" if metric.is_maximized else "min", *AGGREGATES)
        value = next((value[one] for one in wanted if one in value), None)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return metric.worth(float(value))


def worths(run: Run, metric: Metric) -> Worths:
    """What a run reached at each of its iterations."""
    try:
        values = run.series(metric.name).values
    except NotFound:
        return np.empty(0)
    return -values if metric.is_maximized else values


def close(desk: Desk, name: RunName) -> None:
    """Write down that a run was stopped: a process that its agent ended cannot say so itself."""
    with desk.attempts.landing(name) as landing:
        landing.event(RunFinished(time.time(), "stopped", 255))
        landing.commit()


def is_preempted(run: Run) -> bool:
    """Whether the machine was about to be taken from the run when it was last heard of."""
    return run.state != "finished" and bool(run.detail.foreign.get("wandb", {}).get("preempting"))
