"""Means and extremes over stretches of long arrays, in one pass each; what is not finite is looked for only in those
stretches whose sum shows that there is some."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import Floats, Ints

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Stretches:
    """b stretches of k columns side by side; a place counts where every column is finite (and above `above`).

    mean, low, high (k, b) float64, NaN where no place counts · known (b,) int64: places that count
    counts (b,) int64: all places · odd (m,): the places that do not count
    """

    mean: Floats
    low: Floats
    high: Floats
    known: Ints
    counts: Ints
    odd: Places


def starts_of(count: int, points: int) -> Places:
    """Where each of at most `points` stretches of a long array begins; their lengths differ by one at most."""
    return np.unique(np.linspace(0, count, min(count, points), endpoint=False).astype(np.intp))


def over_stretches(columns: Floats, starts: Places, *, above: float = -np.inf) -> Stretches:
    """`columns` (k, n) over the stretches that begin at `starts` (b,), rising from 0; each ends where the next begins.

    `above` leaves out values that a logarithmic axis cannot show: those that are not greater.
    """
    counts = np.diff(np.append(starts, columns.shape[1])).astype(np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        sums = np.add.reduceat(columns, starts, axis=1)
        low, high = np.minimum.reduceat(columns, starts, axis=1), np.maximum.reduceat(columns, starts, axis=1)
        is_odd = ~(np.isfinite(sums) & (low > above)).all(axis=0)
    known = counts.copy()
    odd = np.zeros(0, np.intp)
    if is_odd.any():
        inside = np.flatnonzero(np.repeat(is_odd, counts))
        values = columns[:, inside]
        counting = (np.isfinite(values) & (values > above)).all(axis=0)
        own = np.cumsum(counts[is_odd]) - counts[is_odd]
        known[is_odd] = np.add.reduceat(counting.astype(np.int64), own)
        with np.errstate(over="ignore"):
            sums[:, is_odd] = np.add.reduceat(np.where(counting, values, 0.0), own, axis=1)
        low[:, is_odd] = np.minimum.reduceat(np.where(counting, values, np.inf), own, axis=1)
        high[:, is_odd] = np.maximum.reduceat(np.where(counting, values, -np.inf), own, axis=1)
        odd = inside[~counting]
    empty = known == 0
    low[:, empty], high[:, empty] = np.nan, np.nan
    mean = np.divide(sums, known, out=np.full(sums.shape, np.nan), where=known > 0)
    return Stretches(mean, low, high, known, counts, odd)
