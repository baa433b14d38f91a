"""Reduces a series for drawing: equal-width buckets in x whose min, max and counts are those of all raw points in them.

Where buckets begin is found on the axis; what they hold is summed up from whole cells of the pyramid, with the points
between a bucket's edge and the next cell read raw. So no extreme can drop out, whatever the zoom. Edges between large
buckets are moved to where a cell begins: a chart of a million points then reads 0.3 MB instead of 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.core.query import Scale
from belvedere.core.series import Buckets, Floats, Ints
from belvedere.store.axes import Unit
from belvedere.store.parts import Along, Kind, Part
from belvedere.store.pyramid import (
    FACTOR,
    LEVELS,
    Cells,
    Numbers,
    Pieces,
    concatenated,
    distinct,
    join,
    pieces_of,
    stretches,
)

CELLS_PER_BUCKET_MIN = 4  # below that a scan is as quick as cells and two ragged edges
FIRST_POSITIVE = float(np.nextafter(0.0, 1.0))


@dataclass(frozen=True)
class Window:
    """What is drawn: lo, hi inclusive (None: the whole series), how many buckets, and the scale that x is drawn in."""

    buckets: int
    lo: float | None = None
    hi: float | None = None
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        if self.buckets < 1:
            raise UsageError(
                f"buckets={self.buckets} cannot be drawn; ask for 1 or more, or for None to get every point"
            )
        if self.scale not in ("linear", "log"):
            raise UsageError(f"scale={self.scale!r} is not known; use 'linear' or 'log'")


def edges_between(lo: float, hi: float, window: Window) -> Floats:
    """The inner edges (buckets - 1,) of equal-width buckets from lo to hi, in the scale that is drawn."""
    shares = np.arange(1, window.buckets) / window.buckets
    if window.scale == "log":
        inner: Floats = np.exp(np.log(lo) + (np.log(hi) - np.log(lo)) * shares)
    elif np.isfinite(float(hi) - float(lo)):  # Python's floats overflow without a warning
        inner = lo + (hi - lo) * shares
    else:
        inner = lo * (1 - shares) + hi * shares
    return np.maximum.accumulate(inner)


class Line:
    """Parts that ascend along one axis, addressed as if they were one column."""

    def __init__(self, parts: list[Part], along: Along, unit: Unit) -> None:
        self.parts, self.along, self.unit = [part for part in parts if part.count], along, unit
        self.offsets: Ints = np.cumsum([0, *(part.count for part in self.parts)])
        self.count = int(self.offsets[-1])

    def below(self, edges: Floats) -> Ints:
        """For each edge how many points have a smaller x."""
        thresholds = self.unit.thresholds(edges)
        found = np.zeros(len(edges), np.int64)
        for part in self.parts:
            found += np.minimum(part.axis(self.along).search(thresholds), part.count)
        return found

    def x(self, positions: Ints) -> Floats:
        """The x of some points; positions ascend."""
        return self.unit.x(self._gather(positions, lambda part, local: part.axis(self.along).at(local)))

    def last(self, positions: Ints) -> Floats:
        """The raw values at some points; positions ascend."""
        return self._gather(positions, _values_at)

    def _gather(self, positions: Ints, look: Callable[[Part, Ints], NDArray[Kind]]) -> NDArray[Kind]:
        if len(self.parts) == 1:
            return look(self.parts[0], positions)
        borders = np.searchsorted(positions, self.offsets)
        found = [
            look(part, positions[borders[i] : borders[i + 1]] - self.offsets[i]) for i, part in enumerate(self.parts)
        ]
        return np.concatenate(found)

    def pieces(self, cuts: Ints) -> Pieces:
        """What the points between successive cuts add up to; cuts ascend without repeats."""
        found = []
        for part, offset in zip(self.parts, self.offsets[:-1].tolist(), strict=True):
            first, last = np.searchsorted(cuts, [offset, offset + part.count], "left").tolist()
            local = cuts[first:last] - offset
            begins = max(int(cuts[0]) - offset, 0)
            ends = min(int(cuts[-1]) - offset, part.count)
            if begins < ends:
                if len(self.parts) > 1:
                    local = distinct(np.concatenate([[begins], local[local < ends], [ends]]))
                else:
                    local = cuts
                piece = part_pieces(part, local)
                found.append(Pieces(piece.start + offset, *(getattr(piece, name) for name in _SUMS)))
        pieces = concatenated(found)
        return join(pieces, np.searchsorted(cuts, pieces.start, "right") - 1)


_SUMS = ("min", "max", "mean", "finite", "nonfinite")


def _values_at(part: Part, positions: Ints) -> Floats:
    if not len(positions):
        return np.zeros(0)
    if not part.values.levels:
        first = int(positions[0])
        return part.values.span(first, int(positions[-1]) + 1)[positions - first].astype(np.float64)
    values: Floats = part.values.levels[0].last[positions // FACTOR].astype(np.float64)
    inside = np.flatnonzero(positions % FACTOR != FACTOR - 1)  # not the last point of its cell
    if len(inside):
        rows, columns = np.arange(len(inside)), positions[inside] % FACTOR
        values[inside] = part.values.cells(positions[inside] // FACTOR)[rows, columns]
    return values


def part_pieces(part: Part, cuts: Ints) -> Pieces:
    """What stretches of one part add up to, from cells where it pays."""
    levels = part.values.levels
    span = int(cuts[-1] - cuts[0])
    if not levels or span < CELLS_PER_BUCKET_MIN * FACTOR * (len(cuts) - 1):
        first = int(cuts[0])
        return stretches(part.values.span(first, int(cuts[-1])), cuts[:-1] - first, cuts[:-1])
    ragged = _split(cuts)
    found = []
    if len(ragged):
        found.append(_ragged_pieces(part.values.cells(ragged), ragged, cuts))
    whole = _whole_cells(cuts)
    if len(whole) > 1:
        found += _cell_pieces(levels, 0, whole, part.count, ragged)
    return concatenated(found)


def _split(cuts: Ints) -> Ints:
    """Cells that a cut goes through."""
    return distinct(cuts[cuts % FACTOR != 0] // FACTOR)


def _whole_cells(cuts: Ints) -> Ints:
    """The cuts in units of cells, split cells set apart."""
    return distinct(np.concatenate([cuts // FACTOR, -(-cuts // FACTOR)]))


def _ragged_pieces(raw: Numbers, cells: Ints, cuts: Ints) -> Pieces:
    """Stretches within split cells; raw (k, 64) are their points."""
    inner = cuts[cuts % FACTOR != 0]
    rows = np.searchsorted(cells, inner // FACTOR)
    local = distinct(np.concatenate([np.arange(len(cells)) * FACTOR, rows * FACTOR + inner % FACTOR]))
    starts = cells[local // FACTOR] * FACTOR + local % FACTOR
    return _between(stretches(raw.reshape(-1), local, starts), int(cuts[0]), int(cuts[-1]))


def _between(pieces: Pieces, first: int, last: int) -> Pieces:
    return _chosen(pieces, (pieces.start >= first) & (pieces.start < last))


def _chosen(pieces: Pieces, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Pieces:
    if keep.all():
        return pieces
    nonfinite = None if pieces.nonfinite is None else pieces.nonfinite[:, keep]
    return Pieces(
        pieces.start[keep], pieces.min[keep], pieces.max[keep], pieces.mean[keep], pieces.finite[keep], nonfinite
    )


def _cell_pieces(levels: tuple[Cells, ...], level: int, cuts: Ints, total: int, skip: Ints) -> list[Pieces]:
    """Stretches of whole cells between cuts (in cells of this level), without the cells in `skip`."""
    size, span = LEVELS[level], int(cuts[-1] - cuts[0])
    if level + 1 < len(levels) and span >= CELLS_PER_BUCKET_MIN * FACTOR * (len(cuts) - 1):
        split = _split(cuts)
        found = [_ragged_cells(levels[level], size, split, cuts, total, skip)] if len(split) else []
        upper = _whole_cells(cuts)
        return found + (_cell_pieces(levels, level + 1, upper, total, split) if len(upper) > 1 else [])
    joined = _runs_of_cells(levels[level], size, cuts, total)
    return [_chosen(joined, ~np.isin(joined.start // size, skip))]


def _runs_of_cells(cells: Cells, size: int, cuts: Ints, total: int) -> Pieces:
    """Cells between successive cuts, summed up; a cell with fewer points is the last of its column, and is read raw."""
    first, last = int(cuts[0]), int(cuts[-1])
    if cells.nonfinite is None:
        firsts, counts = cuts[:-1] - first, np.diff(cuts)
        with np.errstate(over="ignore"):
            mean = np.add.reduceat(cells.mean[first:last], firsts) / counts
        if np.isfinite(mean).all():
            low = np.minimum.reduceat(cells.min[first:last], firsts).astype(np.float64)
            high = np.maximum.reduceat(cells.max[first:last], firsts).astype(np.float64)
            return Pieces(cuts[:-1] * size, low, high, mean, counts * size)
    pieces = pieces_of(cells, size, first, last, total)
    return join(pieces, np.repeat(np.arange(len(cuts) - 1), np.diff(cuts)))


def _ragged_cells(cells: Cells, size: int, split: Ints, cuts: Ints, total: int, skip: Ints) -> Pieces:
    """Cells of this level that lie in cells of the next one which a cut goes through, each as a piece."""
    numbers = (split[:, None] * FACTOR + np.arange(FACTOR)).reshape(-1)
    numbers = numbers[(numbers >= cuts[0]) & (numbers < min(int(cuts[-1]), len(cells)))]
    numbers = numbers[~np.isin(numbers, skip)]
    chosen = Cells(
        cells.min[numbers], cells.max[numbers], cells.last[numbers], cells.mean[numbers],
        None if cells.nonfinite is None else cells.nonfinite[:, numbers],
    )  # fmt: skip
    pieces = pieces_of(chosen, size, 0, len(numbers), size * len(numbers))
    short = np.minimum(numbers * size + size, total) - numbers * size - size  # the column's last cell has fewer points
    return Pieces(numbers * size, pieces.min, pieces.max, pieces.mean, pieces.finite + short, pieces.nonfinite)


def reduce(key: str, line: Line, window: Window, *, unit: str | None, total: int) -> Buckets:
    """The buckets of a series whose parts ascend along x."""
    cuts = _cuts(line, window)
    if len(cuts) < 2:
        return empty(key, unit=unit, total=total)
    sums = line.pieces(cuts)
    first, last = cuts[:-1], cuts[1:] - 1
    marks = sums.nonfinite if sums.nonfinite is not None else np.zeros((3, len(first)), np.int64)
    return Buckets(
        key, line.x(first), line.x(last), sums.min, sums.max, sums.mean, line.last(last), np.diff(cuts),
        marks[0], marks[1], marks[2], total, unit,
    )  # fmt: skip


def _cuts(line: Line, window: Window) -> Ints:
    """Where the buckets that are not empty begin, and the end of the last one."""
    none = np.zeros(0, np.int64)
    if not line.count:
        return none
    lo = -np.inf if window.lo is None else window.lo
    hi = np.inf if window.hi is None else window.hi
    if window.scale == "log":
        lo = max(lo, FIRST_POSITIVE)
    start, stop = line.below(np.array([lo, np.nextafter(hi, np.inf)])).tolist()
    if start >= stop:
        return none
    if stop - start <= window.buckets:
        return np.arange(start, stop + 1)
    ends = line.x(np.array([start, stop - 1])).tolist()
    from_x = window.lo if window.lo is not None and window.lo == lo else ends[0]
    to_x = window.hi if window.hi is not None else ends[1]
    inner = np.clip(line.below(edges_between(from_x, to_x, window)), start, stop)
    return distinct(at_cells(np.concatenate([[start], inner, [stop]]), line.x))


def at_cells(cuts: Ints, x: Callable[[Ints], Floats]) -> Ints:
    """Cuts between large buckets, moved by up to 32 points to where a cell of 64 begins: then no point is read raw.

    A cut that would part points of one x, or that has a bucket of fewer than four cells beside it, stays."""
    lengths = np.diff(cuts)
    inner = cuts[1:-1]
    near = (inner + FACTOR // 2) // FACTOR * FACTOR
    moves = np.minimum(lengths[:-1], lengths[1:]) >= CELLS_PER_BUCKET_MIN * FACTOR
    moved, kept = near[moves], inner[moves]
    around = x(np.stack([moved - 1, moved], axis=1).reshape(-1)).reshape(-1, 2)
    near[moves] = np.where(around[:, 0] == around[:, 1], kept, moved)
    return np.concatenate([cuts[:1], np.where(moves, near, inner), cuts[-1:]])


def empty(key: str, *, unit: str | None, total: int) -> Buckets:
    """No point in the window."""
    none, zero = np.zeros(0), np.zeros(0, np.int64)
    return Buckets(key, none, none, none, none, none, none, zero, zero, zero, zero, total, unit)
