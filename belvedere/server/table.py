"""A run as one wide table: a line per step, a column per series; what was not logged at a step stays empty.

A step that was logged more than once fills as many lines. A vector family is one column per component, "grad_norm/h.0".
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import NotFound
from belvedere.core.names import matches
from belvedere.core.series import Floats, Ints, Series
from belvedere.store.run import Run

CHUNK_LINES = 4096


@dataclass(frozen=True, eq=False)
class Table:
    """steps (n,) int64 · times (n,) float64, of the first value of the line · for each column the lines (m,) that it
    fills and its values (m,) float64."""

    steps: Ints
    times: Floats
    columns: dict[str, tuple[NDArray[np.intp], Floats]]

    def filled(self, key: str) -> Floats:
        """A column (n,) with NaN in the empty lines."""
        lines, values = self.columns[key]
        whole = np.full(len(self.steps), np.nan)
        whole[lines] = values
        return whole


def columns_of(run: Run, patterns: Sequence[str] = ()) -> list[Series]:
    """All numbers of a run that fit one of the patterns (all, when there is none), one series each."""
    found = [series for series in _columns(run) if not patterns or any(matches(series.key, one) for one in patterns)]
    if patterns and not found:
        raise NotFound(f"no series fits {', '.join(patterns)}; `belvedere show {run.id}` lists all")
    return found


def table_of(run: Run, patterns: Sequence[str] = ()) -> Table:
    """The series and vectors of a run that fit one of the patterns (all, when there is none)."""
    columns = columns_of(run, patterns)
    marks = [_marks(column.steps) for column in columns]
    every = np.unique(np.concatenate(marks), axis=0) if marks else np.empty((0, 2), np.int64)  # (n, 2) step, repeat
    times = np.full(len(every), np.inf)
    placed = {}
    for column, mark in zip(columns, marks, strict=True):
        lines = _positions(every, mark)
        np.minimum.at(times, lines, column.times)
        placed[column.key] = (lines, column.values)
    return Table(every[:, 0], times, placed)


def csv_chunks(table: Table) -> Iterator[str]:
    """The table as CSV text: every number with all its digits, an empty cell where nothing was logged."""
    cells = {key: _texts(table, key) for key in table.columns}
    yield _csv([["step", "time", *cells]])
    for start in range(0, len(table.steps), CHUNK_LINES):
        here = slice(start, start + CHUNK_LINES)
        columns = [cell[here].tolist() for cell in cells.values()]
        yield _csv(zip(table.steps[here].tolist(), map(repr, table.times[here].tolist()), *columns, strict=True))


def _columns(run: Run) -> Iterator[Series]:
    """Series as they are, vector families by component."""
    infos = run.keys()
    for info in infos:
        if info.kind == "scalar":
            yield run.series(info.key)
        elif info.kind == "vector":
            vectors = run.vectors(info.key)
            for i, name in enumerate(vectors.names):
                values = vectors.values[:, i].astype(np.float64)
                yield Series(f"{info.key}/{name}", vectors.steps, vectors.times, values, vectors.unit)


def _marks(steps: Ints) -> Ints:
    """(n, 2): each point's step, and how often that step came before in this series. Steps are sorted."""
    firsts = np.searchsorted(steps, steps, "left")
    return np.stack([steps, np.arange(len(steps)) - firsts], axis=1).astype(np.int64)


def _positions(every: Ints, marks: Ints) -> NDArray[np.intp]:
    """Where each mark stands among all of them; repeats of a step are neighbours."""
    found: NDArray[np.intp] = np.searchsorted(every[:, 0], marks[:, 0], "left") + marks[:, 1]
    return found


def _texts(table: Table, key: str) -> NDArray[np.object_]:
    lines, values = table.columns[key]
    texts = np.full(len(table.steps), "", object)
    texts[lines] = [repr(value) for value in values.tolist()]
    return texts


def _csv(lines: "Iterator[tuple[object, ...]] | Sequence[Sequence[object]]") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
