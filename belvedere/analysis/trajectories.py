"""Runs as paths through step, loss and accuracy, cut into their stages and laid end to end where that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.joins import as_of, last_of_each_step, reduced
from belvedere.analysis.measures import LOSS, TOKENS
from belvedere.analysis.readable import first_series
from belvedere.analysis.stages import Stretch, rank, stretches
from belvedere.core.query import evenly_chosen
from belvedere.core.series import Floats, Ints, RunData, Series

POINTS = 1500  # of all legs together
LEG_POINTS_MIN = 40
EVALUATIONS_MAX = 200  # of a leg
EVALUATIONS_IN_ALL = 4000


def evaluations_of_each(legs: int) -> int:
    """How many evaluations of each of many legs can be drawn; always the first and the last."""
    return max(2, min(EVALUATIONS_MAX, EVALUATIONS_IN_ALL // max(1, legs)))


@dataclass(frozen=True, eq=False)
class Leg:
    """One stage of one run. Losses are those at `steps`, of long runs means of stretches.

    steps (n,) int64 · x (n,) float64: on the axis that was asked for, NaN where unknown · losses (n,) float64
    accuracies (n,) float64: the last one of this stage measured at or before the step, NaN before the first
    evaluated_at (e,) int64: the steps of the evaluations; their x, loss (the last one known) and accuracy (e,) float64;
    of many `evaluations` evenly chosen ones
    """

    run: str
    stage: str
    steps: Ints
    x: Floats
    losses: Floats
    accuracies: Floats
    evaluated_at: Ints
    evaluated_x: Floats
    evaluated_losses: Floats
    evaluated_accuracies: Floats
    evaluations: int

    @property
    def has_height(self) -> NDArray[np.bool_]:
        """(n,): where an accuracy is known."""
        return np.isfinite(self.accuracies)


def legs(runs: Sequence[RunData], *, x: str = "step", accuracy: str) -> list[Leg]:
    """Every stage of every run. `x` is "step", "tokens" (NaN where a run logged none) or "cumulative": then the runs of
    a later stage begin where the longest one of the stages before them ended."""
    parts = [(run, stretch) for run in runs for stretch in stretches(run)]
    points = max(LEG_POINTS_MIN, POINTS // max(1, len(parts)))
    most = evaluations_of_each(len(parts))
    begun = offsets(runs) if x == "cumulative" else {}
    found = []
    for run, stretch in parts:
        loss, score = _within(first_series(run, LOSS), stretch), _within(first_series(run, accuracy), stretch)
        if not len(loss):
            continue
        tokens = first_series(run, TOKENS) if x == "tokens" else None
        few = reduced(loss, points)
        own, values = last_of_each_step(_finite(score))
        known, values = own[chosen := evenly_chosen(len(own), most)], values[chosen]
        curve = Series(loss.key, few.steps, few.steps.astype(np.float64), few.mean)
        places = (_placed(steps, x, begun.get(run.run_id, 0), tokens) for steps in (few.steps, known))
        found.append(
            Leg(
                run.name or run.run_id, stretch.name, few.steps, next(places), few.mean,
                as_of(few.steps, _finite(score))[0], known, next(places), as_of(known, curve)[0], values, len(own),
            )
        )  # fmt: skip
    return found


def offsets(runs: Sequence[RunData]) -> dict[str, int]:
    """run_id -> how many steps the stages before its first one took, of each the longest run."""
    longest: dict[int, int] = {}
    for run in runs:
        loss = first_series(run, LOSS)
        if loss is not None:
            place = rank(stretches(run)[0].name)
            longest[place] = max(longest.get(place, 0), int(loss.steps[-1]) + 1)
    ranks = {run.run_id: rank(stretches(run)[0].name) for run in runs}
    return {name: sum(steps for place, steps in longest.items() if place < own) for name, own in ranks.items()}


def _within(series: Series | None, stretch: Stretch) -> Series:
    """The part of a series that lies in a stretch."""
    if series is None:
        return Series("", np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    inside = stretch.holds(series.steps)
    if inside.all():
        return series
    return Series(series.key, series.steps[inside], series.times[inside], series.values[inside])


def _finite(series: Series) -> Series:
    keep = np.isfinite(series.values)
    return Series(series.key, series.steps[keep], series.times[keep], series.values[keep])


def _placed(steps: Ints, kind: str, offset: int, tokens: Series | None) -> Floats:
    """(n,): where steps stand on the axis."""
    if kind == "tokens":
        return np.full(len(steps), np.nan) if tokens is None else as_of(steps, tokens)[0]
    return (steps + offset).astype(np.float64)
