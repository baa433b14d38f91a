"""Rows of named numbers over steps at bounded memory for any length: cells that double in width when they run out, and
the last rows as they came.

A cell stands for `width` consecutive rows and keeps, for each column, the exact smallest and largest finite value, the
mean of the finite ones, and how many were NaN or infinite. A column that a row does not name was not measured there:
it counts neither as a value nor as NaN, so columns of one buffer never fall out of step with each other.

Bytes, k columns: cells · (8 + 40 k) + recent · (8 + 8 k), at most 5 MB for 24 columns of 4096 cells (measured in
`benchmarks/bench_dashboard.py`); adding a row costs the same at any length, because halving is paid by what came
before.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.joins import Reduced
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.series import Floats, Ints, RunData, Series

CELLS = 4096
RECENT = 1000
COLUMNS_MAX = 24
STAGED_ROWS = 256  # folded at once: one numpy call for many rows
ABSENT = 0.0  # stands where a row does not name a column; the mask beside it says so


class PyramidBuffer:
    """`add(step, {"loss": 2.1, "lr": 3e-4})` for ever, at bounded memory. Columns may come later than others."""

    def __init__(self, *, cells: int = CELLS, recent: int = RECENT) -> None:
        if cells < 2 or cells % 2 or recent < 1:
            raise UsageError(f"a buffer of {cells} cells and {recent} recent rows cannot be; use an even number and 1")
        self._cells, self._recent_rows = cells, recent
        self._names: dict[str, int] = {}
        self._width = 1  # rows of a full cell
        self._folded = 0  # rows that are in cells
        self._first = np.zeros(cells, np.int64)
        self._columns: list[_Column] = []
        self._staged: list[tuple[int, Mapping[str, float]]] = []
        self._ring_steps = np.zeros(recent, np.int64)
        self._ring = np.zeros((0, recent))

    def __len__(self) -> int:
        """Rows that were ever added."""
        return self._folded + len(self._staged)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order in which they came."""
        self._fold()
        return tuple(self._names)

    @property
    def rows_per_cell(self) -> int:
        """How many rows a full cell stands for: 1 until the cells run out, then 2, 4, 8 …"""
        self._fold()
        return self._width

    @property
    def size_bytes(self) -> int:
        """Memory of the numbers, staged rows not counted."""
        columns = sum(column.size_bytes for column in self._columns)
        return self._first.nbytes + columns + self._ring_steps.nbytes + self._ring.nbytes

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """One more row. `values` is kept until it is folded, so pass a mapping that is not changed afterwards."""
        self._staged.append((step, values))
        if len(self._staged) >= STAGED_ROWS:
            self._fold()

    # ---- reading ------------------------------------------------------------------------------------------------

    def reduced(self, name: str) -> Reduced:
        """A column as it is drawn: one point a cell in which it was measured; exact while a cell is one row."""
        column = self._column(name)
        used = slice(0, self._used)
        known = column.counts[used] + column.nonfinite[used]
        keep = known > 0
        mean, low, high = column.mean[used][keep], column.low[used][keep], column.high[used][keep]
        nonfinite = column.nonfinite[used][keep].astype(np.int64)
        return Reduced(self._first[used][keep], mean, low, high, known[keep].astype(np.int64), nonfinite)

    def recent(self, *names: str) -> tuple[Ints, Floats]:
        """The last rows as they came: steps (n,) and values (k, n), NaN where a row does not name a column."""
        self._fold()
        rows = [self._place(name) for name in names]
        count = min(self._folded, self._recent_rows)
        order = np.arange(self._folded - count, self._folded) % self._recent_rows
        return self._ring_steps[order], self._ring[rows][:, order]

    def means(self, *names: str) -> tuple[Ints, Floats]:
        """Columns side by side at the cells where all of them were finite: first steps (n,) and means (k, n)."""
        found = [self._column(name) for name in names]
        used = slice(0, self._used)
        means = np.stack([column.mean[used] for column in found])
        keep = np.isfinite(means).all(axis=0)
        return self._first[used][keep], means[:, keep]

    def beside(self, name: str, other: str) -> Floats:
        """(b,): the means of another column at the points of `reduced(name)`, NaN where it was not finite."""
        column, known = self._column(other), self._column(name)
        used = slice(0, self._used)
        return column.mean[used][known.counts[used] + known.nonfinite[used] > 0]

    def series(self, name: str) -> Series:
        """A column as a series sorted by step: every row while a cell is one row, then the means of the cells. Times
        are not known here and are NaN."""
        found = self.reduced(name)
        order = np.argsort(found.steps, kind="stable")
        return Series(name, found.steps[order], np.full(len(order), np.nan), found.mean[order])

    def run_data(self, run_id: str = "live") -> RunData:
        """All columns, for any figure or rule."""
        return RunData(run_id, state="running", series={name: self.series(name) for name in self.names})

    def nonfinite_steps(self, name: str) -> dict[str, Ints]:
        """ "nan", "posinf", "neginf" -> the first steps of the cells with such values."""
        column = self._column(name)
        first = self._first[: self._used]
        kinds = {"nan": column.nan, "posinf": column.posinf, "neginf": column.neginf}
        return {kind: first[counts[: self._used] > 0] for kind, counts in kinds.items()}

    @property
    def _used(self) -> int:
        return -(-self._folded // self._width)

    def _column(self, name: str) -> "_Column":
        self._fold()
        return self._columns[self._place(name)]

    def _place(self, name: str) -> int:
        if name not in self._names:
            raise NotFound(f"no column {name!r} in the buffer; it has: {', '.join(self._names) or 'none yet'}")
        return self._names[name]

    # ---- folding ------------------------------------------------------------------------------------------------

    def _fold(self) -> None:
        """Take the staged rows into cells and ring."""
        staged, self._staged = self._staged, []
        if not staged:
            return
        for name in dict.fromkeys(name for _, values in staged for name in values):
            self._open(name)
        steps = np.array([step for step, _ in staged], np.int64)  # (m,)
        rows = np.arange(self._folded, self._folded + len(staged))
        while rows[-1] // self._width >= self._cells:
            self._halve()
        places = rows // self._width
        starts = np.flatnonzero(np.append(True, places[1:] != places[:-1]))
        cells = places[starts]
        ring = rows % self._recent_rows
        is_new = rows[starts] % self._width == 0  # the first of these cells may have been begun before
        self._first[cells[is_new]] = steps[starts][is_new]
        self._ring_steps[ring] = steps
        for name, place in self._names.items():
            given = np.array([name in values for _, values in staged])
            numbers = np.array([float(values.get(name, ABSENT)) for _, values in staged])
            self._columns[place].take(cells, starts, numbers, given)
            self._ring[place, ring] = np.where(given, numbers, np.nan)
        self._folded += len(staged)

    def _open(self, name: str) -> None:
        if name in self._names:
            return
        if len(self._names) >= COLUMNS_MAX:
            raise UsageError(
                f"column {name!r} is one more than the {COLUMNS_MAX} of a buffer; use a second buffer for it"
            )
        self._names[name] = len(self._names)
        self._columns.append(_Column(self._cells))
        self._ring = np.vstack([self._ring, np.full((1, self._recent_rows), np.nan)])

    def _halve(self) -> None:
        """Two neighbours become one cell of twice the width."""
        half = self._cells // 2
        self._first[:half] = self._first[::2].copy()
        for column in self._columns:
            column.halve()
        self._width *= 2


class _Column:
    """What the cells know of one column.

    mean, low, high (cells,) float64, NaN where nothing was finite · counts, nan, posinf, neginf (cells,) int32-like
    """

    def __init__(self, cells: int) -> None:
        self.mean, self.low, self.high = (np.full(cells, np.nan) for _ in range(3))
        self.counts = np.zeros(cells, np.uint32)  # finite values
        self.nan, self.posinf, self.neginf = (np.zeros(cells, np.uint32) for _ in range(3))

    @property
    def nonfinite(self) -> NDArray[np.uint32]:
        return self.nan + self.posinf + self.neginf

    @property
    def size_bytes(self) -> int:
        arrays = (self.mean, self.low, self.high, self.counts, self.nan, self.posinf, self.neginf)
        return sum(array.nbytes for array in arrays)

    def take(
        self, cells: NDArray[np.intp], starts: NDArray[np.intp], numbers: Floats, given: NDArray[np.bool_]
    ) -> None:
        """Values (m,) that belong, from `starts` on, to `cells`; those not `given` were not measured."""
        finite = given & np.isfinite(numbers)
        self.nan[cells] += _counted(given & np.isnan(numbers), starts)
        self.posinf[cells] += _counted(given & (numbers == np.inf), starts)
        self.neginf[cells] += _counted(given & (numbers == -np.inf), starts)
        counts = _counted(finite, starts)
        low = np.minimum.reduceat(np.where(finite, numbers, np.inf), starts)
        high = np.maximum.reduceat(np.where(finite, numbers, -np.inf), starts)
        with np.errstate(over="ignore"):  # a sum beyond 1e308 is told as infinite
            mean = _means(np.add.reduceat(np.where(finite, numbers, 0.0), starts), counts)
        some = counts > 0
        at = cells[some]
        self.mean[at] = _joined_means(self.mean[at], self.counts[at], mean[some], counts[some])
        self.low[at] = np.fmin(self.low[at], low[some])
        self.high[at] = np.fmax(self.high[at], high[some])
        self.counts[at] += counts[some]

    def halve(self) -> None:
        half = len(self.mean) // 2
        left, right = slice(0, None, 2), slice(1, None, 2)
        mean = _joined_means(self.mean[left], self.counts[left], self.mean[right], self.counts[right])
        for array, joined, nothing in (
            (self.mean, mean, np.nan),
            (self.low, np.fmin(self.low[left], self.low[right]), np.nan),
            (self.high, np.fmax(self.high[left], self.high[right]), np.nan),
            *(
                (counts, counts[left] + counts[right], 0)
                for counts in (self.counts, self.nan, self.posinf, self.neginf)
            ),
        ):
            array[:half] = joined
            array[half:] = nothing


def _counted(flags: NDArray[np.bool_], starts: NDArray[np.intp]) -> NDArray[np.uint32]:
    return np.asarray(np.add.reduceat(flags.astype(np.uint32), starts), np.uint32)


def _means(sums: Floats, counts: NDArray[np.uint32]) -> Floats:
    found: Floats = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return found


def _joined_means(
    left: Floats, left_counts: NDArray[np.uint32], right: Floats, right_counts: NDArray[np.uint32]
) -> Floats:
    """The mean of two groups from theirs; moving towards the new one keeps values near 1e308 from overflowing."""
    total = left_counts.astype(np.float64) + right_counts
    weight = np.divide(right_counts, total, out=np.zeros(len(total)), where=total > 0)
    mixed = left * (1.0 - weight) + right * weight
    return np.where(left_counts == 0, right, np.where(right_counts == 0, left, mixed))
