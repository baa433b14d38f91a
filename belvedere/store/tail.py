"""The tail of one writer: what its log holds behind the compacted stretch, as columns in memory that grow at each
poll."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Console
from belvedere.core.series import Ints
from belvedere.runlog.reader import Batch, RowBatch, VectorBatch
from belvedere.store.journal import Journal
from belvedere.store.parts import Part, in_memory
from belvedere.store.pyramid import Numbers

CONSOLE = "\0console"  # the column that console text is kept in; no series can be called that (a key is not blank)
SEGMENT_SHIFT = 40  # order in a writer = segment number and byte offset in one integer
GROUPS_MAX = 256  # key sets that get arrays of their own; later ones are kept point by point
SINGLE_BYTES = 120  # about what one point costs in a list


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one key in log order: order, steps, times_us (n,) int64 · values (n,), a list for others, (n, k) for
    vectors."""

    order: Ints
    steps: Ints
    times_us: Ints
    values: Numbers


@dataclass
class Grown:
    """An array that is appended to and read as a whole now and then."""

    pieces: list[Numbers] = field(default_factory=list)

    def whole(self) -> Numbers:
        if len(self.pieces) != 1:
            self.pieces = [np.concatenate(self.pieces)]
        return self.pieces[0]


class Group:
    """All rows of one key set. They come in log order but for rows of one poll that were written in different forms."""

    def __init__(self, width: int) -> None:
        self.moments = (Grown(), Grown(), Grown())  # order, steps, times_us
        self.columns = [Grown() for _ in range(width)]
        self.count = 0
        self._newest = -1
        self._is_mixed = False

    def append(self, batch: RowBatch | VectorBatch, segment: int, columns: Iterable[NDArray[np.generic]]) -> None:
        moments = (batch.order + (segment << SEGMENT_SHIFT), batch.steps, batch.times_us)
        for grown, numbers in zip(self.moments, moments, strict=True):
            grown.pieces.append(numbers)
        for grown, column in zip(self.columns, columns, strict=True):
            grown.pieces.append(np.ascontiguousarray(column))
        self.count += len(batch.order)
        if len(batch.order):
            self._is_mixed |= int(moments[0][0]) < self._newest
            self._newest = max(self._newest, int(moments[0][-1]))

    def points(self, number: int) -> Points:
        if self._is_mixed:
            ranks = np.argsort(self.moments[0].whole(), kind="stable")
            for grown in (*self.moments, *self.columns):
                grown.pieces = [grown.whole()[ranks]]
            self._is_mixed = False
        values = self.columns[number].whole()
        order, steps, times_us = (cast(Ints, grown.whole()) for grown in self.moments)
        return Points(order, steps, times_us, values)


@dataclass
class Singles:
    """Points of one key that are not kept in arrays, in log order."""

    order: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def append(self, order: int, step: int, time_us: int, value: object) -> None:
        place = len(self.order) if not self.order or order >= self.order[-1] else bisect_right(self.order, order)
        self.order.insert(place, order)
        self.steps.insert(place, step)
        self.times_us.insert(place, time_us)
        self.values.insert(place, value)

    def range(self, first: int, last: int) -> list[object]:
        """Values first … last - 1."""
        return self.values[first:last]

    def moments(self) -> tuple[Ints, Ints, Ints]:
        return np.array(self.order, np.int64), np.array(self.steps, np.int64), np.array(self.times_us, np.int64)


class WriterTail:
    """Columns and journal of one writer's uncompacted entries."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.size_bytes = 0
        self.version = 0
        self._groups: dict[tuple[tuple[str, ...], str], Group] = {}
        self._places: dict[str, list[tuple[Group, int]]] = {}
        self._vectors: dict[tuple[str, tuple[str, ...], str], Group] = {}
        self._numbers: dict[str, Singles] = {}
        self._others: dict[str, Singles] = {}
        self._joined: dict[str, tuple[int, Points]] = {}

    # ---- growing ------------------------------------------------------------------------------------------------

    def add(self, batch: Batch, segment: int, size_bytes: int) -> None:
        """What one poll of one segment found."""
        self.version += 1
        self.size_bytes += size_bytes
        for rows in batch.rows:
            self._add_rows(rows, segment)
        for vectors in batch.vectors:
            key = (vectors.family, vectors.names, vectors.values.dtype.str)
            group = self._vectors.setdefault(key, Group(1))
            group.append(vectors, segment, [vectors.values])
            self._reached(vectors.steps, vectors.times_us)
        for found in batch.events:
            if isinstance(found.event, Console):
                self._add_console(found.event, found.order + (segment << SEGMENT_SHIFT))
            self.journal.apply(found.event)

    def _add_console(self, event: Console, order: int) -> None:
        kept = self._others.setdefault(CONSOLE, Singles())
        for line in event.text.splitlines():
            kept.append(order, 0, round(event.time * 1e6), [event.stream, line])

    def _reached(self, steps: Ints, times_us: Ints) -> None:
        if len(steps):
            self.journal.rows_until(int(steps.max()), int(times_us.max()))

    def _add_rows(self, rows: RowBatch, segment: int) -> None:
        self._reached(rows.steps, rows.times_us)
        if rows.columns:
            group = self._groups.get((rows.keys, rows.kinds))
            if group is None and len(self._groups) >= GROUPS_MAX:
                self._add_singly(rows, segment)
            else:
                (group or self._new_group(rows)).append(rows, segment, rows.columns)
        if rows.others:
            self._add_others(rows, segment)

    def _new_group(self, rows: RowBatch) -> Group:
        group = self._groups[rows.keys, rows.kinds] = Group(len(rows.fixed_keys))
        for number, key in enumerate(rows.fixed_keys):
            self._places.setdefault(key, []).append((group, number))
        return group

    def _moments(self, rows: RowBatch, segment: int) -> list[tuple[int, int, int]]:
        order = (rows.order + (segment << SEGMENT_SHIFT)).tolist()
        return list(zip(order, rows.steps.tolist(), rows.times_us.tolist(), strict=True))

    def _add_singly(self, rows: RowBatch, segment: int) -> None:
        moments = self._moments(rows, segment)
        for key, column in zip(rows.fixed_keys, rows.columns, strict=True):
            kept = self._numbers.setdefault(key, Singles())
            for moment, value in zip(moments, column.tolist(), strict=True):
                kept.append(*moment, value)

    def _add_others(self, rows: RowBatch, segment: int) -> None:
        for moment, values in zip(self._moments(rows, segment), rows.others, strict=True):
            for key, value in zip(rows.other_keys, values, strict=True):
                whole = big_integer(value)
                kept = self._others if whole is None else self._numbers
                kept.setdefault(key, Singles()).append(*moment, value if whole is None else whole)

    # ---- reading ------------------------------------------------------------------------------------------------

    @property
    def key_count(self) -> int:
        """Moves whenever a key or family appears that was not there before."""
        return len(self._places) + len(self._numbers) + len(self._others) + len(self._vectors)

    def number_keys(self) -> list[str]:
        return list(self._places) + [key for key in self._numbers if key not in self._places]

    def other_keys(self) -> list[str]:
        return list(self._others)

    def families(self) -> list[tuple[str, tuple[str, ...], str]]:
        return list(self._vectors)

    def axis_id(self, key: str) -> tuple[int, ...] | None:
        """Equal for number keys whose rows are the same; None when the key has an axis of its own."""
        return None if key in self._numbers else tuple(id(group) for group, _ in self._places[key])

    def numbers(self, key: str) -> Points | None:
        """The numbers logged under a key."""
        places, singles = self._places.get(key, ()), self._numbers.get(key)
        if len(places) == 1 and singles is None:
            return places[0][0].points(places[0][1])
        if not places and singles is None:
            return None
        kept = self._joined.get(key)
        if kept is None or kept[0] != self.version:
            found = [group.points(number) for group, number in places]
            if singles is not None:
                found.append(Points(*singles.moments(), np.array([float(value) for value in singles.values])))  # type: ignore[arg-type]
            kept = self._joined[key] = self.version, _in_order(found)
        return kept[1]

    def number_part(self, key: str) -> Part | None:
        points = self.numbers(key)
        return None if points is None else in_memory(points.steps, points.times_us, points.values)

    def others(self, key: str) -> Singles | None:
        """The values that are not numbers."""
        return self._others.get(key)

    def vectors(self, family: tuple[str, tuple[str, ...], str]) -> Points:
        """The block (n, k) of a family with one set of names."""
        return self._vectors[family].points(0)


def big_integer(value: object) -> float | None:
    """An integer beyond 64 bits, which the log keeps as tagged text, as the nearest number; None for anything else."""
    if isinstance(value, dict) and value.get("_type") == "bigint":
        try:
            return float(int(str(value.get("value"))))
        except OverflowError:
            return float("-inf") if str(value.get("value")).startswith("-") else float("inf")
        except ValueError:
            return None
    return None


def _in_order(found: list[Points]) -> Points:
    """Points of several key sets in log order."""
    if len(found) == 1:
        return found[0]
    kinds = {points.values.dtype.kind for points in found}
    dtype = found[0].values.dtype if len(kinds) == 1 else np.dtype(np.float64)
    order = np.concatenate([points.order for points in found])
    ranks = np.argsort(order, kind="stable")
    return Points(
        order[ranks],
        np.concatenate([points.steps for points in found])[ranks],
        np.concatenate([points.times_us for points in found])[ranks],
        np.concatenate([points.values.astype(dtype) for points in found])[ranks],
    )
