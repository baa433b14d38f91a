"""Lays a series along the x that is asked for: steps, relative or wall-clock seconds, or the values of another
series."""

import difflib
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from belvedere.core.errors import NotFound
from belvedere.core.query import Query
from belvedere.core.series import Floats, Ints
from belvedere.store.axes import ArrayAxis, Unit
from belvedere.store.downsample import Line
from belvedere.store.parts import ArrayValues, Exact, Part, exact, is_ordered
from belvedere.store.records import KeyInfo

MICRO = 1_000_000
TIMES = ("time", "relative")


class ValueUnit(Unit):
    """An axis that already holds x: the values of another series."""

    def x(self, numbers: Ints) -> Floats:
        return np.asarray(numbers, np.float64)

    def thresholds(self, edges: Floats) -> Ints:
        return cast(Ints, edges)


def line_along(parts: list[Part], x: str, *, origin_us: int, other: Callable[[], Exact]) -> Line:
    """Parts, whose steps ascend, in ascending order of x. Points without a finite x are left out."""
    if x == "step":
        return Line(parts, "steps", Unit())
    if x in TIMES:
        unit = Unit(origin_us, MICRO)
        if is_ordered(parts, "times"):
            return Line(parts, "times", unit)
        points = exact(parts)
        order = np.argsort(points.times_us, kind="stable")
        axis = ArrayAxis(points.times_us[order], True)
        return Line([Part(len(order), axis, axis, ArrayValues(points.values[order]))], "times", unit)
    points = exact(parts)
    where = joined(points.steps, other())
    kept = np.flatnonzero(np.isfinite(where))
    order = kept[np.argsort(where[kept], kind="stable")]
    values_axis = ArrayAxis(cast(Ints, where[order]), True)
    return Line([Part(len(order), values_axis, values_axis, ArrayValues(points.values[order]))], "steps", ValueUnit())


def joined(steps: Ints, other: Exact) -> Floats:
    """For each step the value of another series at the same step, its last one; NaN where it has none."""
    found = np.full(len(steps), np.nan)
    if len(other.steps):
        place = np.searchsorted(other.steps, steps, "right") - 1
        same = (place >= 0) & (other.steps[np.maximum(place, 0)] == steps)
        found[same] = other.values[place[same]]
    return found


def x_values(points: Exact, x: str, *, origin_us: int, other: Callable[[], Exact]) -> Floats:
    """The x of every point; NaN where it has none."""
    if x == "step":
        return points.steps.astype(np.float64)
    if x in TIMES:
        return Unit(origin_us if x == "relative" else 0, MICRO).x(points.times_us)
    return joined(points.steps, other())


def within(points: Exact, query: Query, *, origin_us: int, other: Callable[[], Exact]) -> Exact:
    """The points whose x lies between lo and hi; all of them when neither is given."""
    if query.lo is None and query.hi is None:
        return points
    x = x_values(points, query.x, origin_us=origin_us, other=other)
    lo = -np.inf if query.lo is None else query.lo
    hi = np.inf if query.hi is None else query.hi
    keep = (x >= lo) & (x <= hi)
    return Exact(points.steps[keep], points.times_us[keep], points.values[keep])


def no_key(key: str, run: str, keys: Sequence[KeyInfo], rank: int | None, *, kind: str = "scalar") -> NotFound:
    """The error for a key that a run lacks, with names that look alike."""
    what = {"vector": "vector family", "media": "rich value"}.get(kind, "series")
    of_rank = "" if rank is None else f" of rank {rank}"
    names = [info.key for info in keys if _is_of(info.kind, kind)]
    close = difflib.get_close_matches(key, names, n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(close)}?" if close else "`run.keys()` lists what there is"
    return NotFound(f"run {run} has no {what} {key!r}{of_rank}; {hint}")


def _is_of(found: str, wanted: str) -> bool:
    return found == wanted if wanted in ("scalar", "vector") else found not in ("scalar", "vector")
