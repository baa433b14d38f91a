"""Several series beside each other, and long ones reduced: nothing is invented, and no extreme is hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.stretches import over_stretches, starts_of
from belvedere.core.series import Floats, Ints, Series

POINTS = 2000  # more than two per pixel column of a screen cannot be told apart


@dataclass(frozen=True, eq=False)
class Joined:
    """Series at the steps that all of them have.

    steps (n,) int64, rising · columns (k, n) float64, one row a series: its last value at that step
    counts (n,) int64: raw steps that each column stands for, 1 unless it was thinned
    """

    steps: Ints
    columns: Floats
    counts: Ints

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, eq=False)
class Reduced:
    """A series reduced for drawing; each of b points stands for `counts` raw ones next to each other.

    steps (b,) int64: the first of them · mean, low, high (b,) float64: over the finite ones, NaN where there is none
    counts (b,) int64: raw points, finite or not · nonfinite (b,) int64: how many of them were NaN or infinite
    """

    steps: Ints
    mean: Floats
    low: Floats
    high: Floats
    counts: Ints
    nonfinite: Ints

    @property
    def is_exact(self) -> bool:
        """Whether every point is a raw one."""
        return bool((self.counts <= 1).all())

    def __len__(self) -> int:
        return len(self.steps)


def last_of_each_step(series: Series) -> tuple[Ints, Floats]:
    """(steps, values) with every step once: its last value."""
    is_repeat = series.steps[1:] == series.steps[:-1]
    if not is_repeat.any():
        return series.steps, series.values
    is_last = np.append(~is_repeat, True)
    return series.steps[is_last], series.values[is_last]


def joined(*series: Series) -> Joined:
    """The steps that all series have, with the last value of each at them."""
    columns = [last_of_each_step(one) for one in series]
    steps = columns[0][0]
    for other, _ in columns[1:]:
        if steps is not other and not np.array_equal(steps, other):
            steps = np.intersect1d(steps, other, assume_unique=True)
    rows = [values if len(own) == len(steps) else values[np.searchsorted(own, steps)] for own, values in columns]
    return Joined(steps, np.stack(rows).astype(np.float64, copy=False), np.ones(len(steps), np.int64))


def as_of(steps: Ints, series: Series) -> tuple[Floats, Ints]:
    """The value of a series that was known at each step (its last one at or before it), and the step it was measured
    at: (n,) float64, NaN before its first point, and (n,) int64, -1 there."""
    own, values = last_of_each_step(series)
    if len(own) == 0:
        return np.full(len(steps), np.nan), np.full(len(steps), -1, np.int64)
    if len(own) == len(steps) and np.array_equal(own, steps):  # logged together: nothing to search for
        return values, own
    place = np.searchsorted(own, steps, side="right") - 1
    is_known = place >= 0
    return np.where(is_known, values[place], np.nan), np.where(is_known, own[place], -1)


def reduced(series: Series, points: int = POINTS) -> Reduced:
    """A series as at most `points` points of equal numbers of raw ones; exact when it has no more than that."""
    starts = starts_of(len(series), points)
    if len(starts) == len(series):
        finite = np.isfinite(series.values)
        values = np.where(finite, series.values, np.nan)
        ones = np.ones(len(series), np.int64)
        return Reduced(series.steps, values, values, values, ones, (~finite).astype(np.int64))
    found = over_stretches(series.values[None], starts)
    return Reduced(
        series.steps[starts], found.mean[0], found.low[0], found.high[0], found.counts, found.counts - found.known
    )


def thinned_rows(rows: Joined, points: int = POINTS) -> Joined:
    """Joined series as at most `points` columns: means over stretches of equal numbers of steps, in which a step counts
    only where every series is finite; a stretch without such a step is NaN."""
    starts = starts_of(len(rows), points)
    if len(starts) == len(rows):
        return rows
    found = over_stretches(rows.columns, starts)
    return Joined(rows.steps[starts], found.mean, found.known)


def finite_rows(rows: Joined) -> Joined:
    """Only the columns in which every series is finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        if np.isfinite(rows.columns.sum()):  # one pass, and nearly always enough
            return rows
    keep = np.isfinite(rows.columns).all(axis=0)
    return Joined(rows.steps[keep], rows.columns[:, keep], rows.counts[keep])


def nearest_place(steps: Sequence[int] | Ints, step: int) -> int:
    """The place of the last step that is not after `step`; 0 when all are."""
    return max(0, int(np.searchsorted(np.asarray(steps), step, side="right")) - 1)
