"""Puts the series of a run together: of every writer of a rank, in order, the columns of all generations, then the
tail.

What a later attempt took up again (`resume_from`) is cut off here, at reading; nothing is ever deleted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np

from belvedere.core.series import Ints, VectorSeries
from belvedere.runlog.layout import writer_rank
from belvedere.store.column_reader import Column, ColumnFile
from belvedere.store.columns import NUMBER, OTHER, VECTOR
from belvedere.store.follow import Follower, Writer
from belvedere.store.liveness import Attempt, hidden_from, writer_state
from belvedere.store.parts import Exact, Part, exact, in_memory, is_ordered, part_of
from belvedere.store.pyramid import Numbers
from belvedere.store.records import ConsoleLine, KeyInfo, media_type
from belvedere.store.tail import CONSOLE


@dataclass(frozen=True)
class Rich:
    """A value that is not a number, and when it was logged."""

    step: int
    time_us: int
    value: object


@dataclass(frozen=True)
class _Seen:
    """What one source knows of a key."""

    key: str
    kind: str
    count: int
    last: object
    last_step: int


@dataclass(frozen=True, eq=False)
class ConsoleSource:
    """Lines of one writer that lie together: times_us (n,) int64, and a way to read a range of them."""

    rank: int
    times_us: Ints
    read: Callable[[int, int], list[object]]

    def lines(self, numbers: Ints) -> list[ConsoleLine]:
        """The lines with these numbers, ascending."""
        if not len(numbers):
            return []
        first = int(numbers[0])
        values = self.read(first, int(numbers[-1]) + 1)
        found = []
        for number in numbers.tolist():
            stream, text = cast(tuple[str, str], values[number - first])
            found.append(ConsoleLine(int(self.times_us[number]) / 1e6, stream, text, self.rank))
        return found


def attempts(follower: Follower, now: float) -> list[Attempt]:
    """Every process start of the run, by start time, with its state."""
    found = []
    for writer in follower.ordered():
        journal = writer.tail.journal
        started = journal.started
        is_readable = writer.last is None or writer.last.reader is not None or started is not None
        grown = now if journal.finished else follower.grown(writer) if is_readable else 0.0
        state = writer_state(started, journal.finished, grown=grown, now=now)
        found.append(
            Attempt(
                writer.name,
                writer_rank(writer.name),
                started.time if started else 0.0,
                started.host if started else "",
                started.pid if started else 0,
                state,
                started.resume_from if started else None,
                started.world_size if started else 1,
                started.is_fork if started else False,
                journal.is_companion,
            )
        )
    return found


class Assembly:
    """The series of one run, as of the follower's last poll."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self._version = -1
        self._hidden: dict[str, int | None] = {}
        self._keys: list[KeyInfo] = []
        self._keys_version = -1

    def writers(self, rank: int | None = None) -> list[Writer]:
        """Writers in order, of one rank or all."""
        return [w for w in self.follower.ordered() if rank is None or writer_rank(w.name) == rank]

    def ranks(self) -> list[int]:
        return sorted({writer_rank(name) for name in self.follower.writers})

    def hidden_from(self, writer: str) -> int | None:
        """The step from which on a writer's rows are hidden."""
        if self._version != self.follower.version:
            now_started = [(w.name, w.tail.journal.started) for w in self.follower.ordered()]
            starts = [
                Attempt(
                    name,
                    writer_rank(name),
                    0.0,
                    "",
                    0,
                    "",
                    started.resume_from if started else None,
                    is_fork=started.is_fork if started else False,
                )
                for name, started in now_started
            ]
            self._hidden = {start.writer: step for start, step in zip(starts, hidden_from(starts), strict=True)}
            self._version = self.follower.version
        return self._hidden.get(writer)

    # ---- numbers ------------------------------------------------------------------------------------------------

    def rank_of(self, key: str, kind: str) -> int | None:
        """The lowest rank that logged a key."""
        for rank in self.ranks():
            if any(self._has(writer, key, kind) for writer in self.writers(rank)):
                return rank
        return None

    def _has(self, writer: Writer, key: str, kind: str) -> bool:
        if kind == NUMBER and writer.tail.numbers(key) is not None:
            return True
        if kind == OTHER and writer.tail.others(key) is not None:
            return True
        return any(file.find(writer.name, kind, key) is not None for file in self.follower.files)

    def has(self, key: str, rank: int) -> bool:
        """Whether a rank logged numbers under a key."""
        return any(self._has(writer, key, NUMBER) for writer in self.writers(rank))

    def parts(self, key: str, rank: int) -> list[Part]:
        """The visible stretches of a series of numbers, in log order."""
        found: list[Part] = []
        for writer in self.writers(rank):
            own = [column.part() for column in self._columns(writer, NUMBER, key)]
            tail = writer.tail.number_part(key)
            if tail is not None:
                own.append(tail)
            hidden = self.hidden_from(writer.name)
            found += own if hidden is None else [_before(part, hidden) for part in own]
        return [part for part in found if part.count]

    def _columns(self, writer: Writer, kind: str, key: str) -> Iterator[Column]:
        for file in self.follower.files:
            column = file.find(writer.name, kind, key)
            if column is not None:
                yield column

    def exact(self, key: str, rank: int) -> Exact:
        """Every visible point, sorted by step."""
        return exact(self.parts(key, rank))

    def sorted_parts(self, key: str, rank: int) -> list[Part]:
        """Parts whose steps ascend from one to the next: as they lie if they do, else sorted once and kept."""
        parts = self.parts(key, rank)
        if is_ordered(parts, "steps"):
            return parts

        def make() -> tuple[Part, int]:
            points = exact(parts)
            return part_of(points), 24 * len(points.steps)

        place = (self.follower.folder.path, self.follower.manifest.number, self.follower.version, key, rank)
        return [self.follower.cache.get(place, make)]

    # ---- other values -------------------------------------------------------------------------------------------

    def others(self, key: str, rank: int) -> list[Rich]:
        """Values that are not numbers, sorted by step."""
        found: list[Rich] = []
        for writer in self.writers(rank):
            own = list(self._own_others(writer, key))
            hidden = self.hidden_from(writer.name)
            found += own if hidden is None else [rich for rich in own if rich.step < hidden]
        return sorted(found, key=lambda rich: rich.step)

    def last_other(self, key: str, rank: int) -> object:
        """The last visible value under a key that is no number."""
        found = [one for one in self._seen_by(rank) if one.key == key and _class(one.kind) == OTHER]
        return found[-1].last if found else None

    def console_sources(self) -> list["ConsoleSource"]:
        """Console text of all writers: where it lies, in the order of their starts."""
        found: list[ConsoleSource] = []
        for writer in self.writers():
            rank = writer_rank(writer.name)
            for column in self._columns(writer, OTHER, CONSOLE):
                found.append(ConsoleSource(rank, column.times.whole(), column.others))
            tail = writer.tail.others(CONSOLE)
            if tail is not None:
                found.append(ConsoleSource(rank, tail.moments()[2], tail.range))
        return found

    # ---- vectors ------------------------------------------------------------------------------------------------

    def vector_rank(self, family: str) -> int | None:
        """The lowest rank that logged a family."""
        for rank in self.ranks():
            names = {writer.name for writer in self.writers(rank)}
            tails = (found[0] for writer in self.writers(rank) for found in writer.tail.families())
            columns = (_family(c) for file in self.follower.files for c in file.columns(VECTOR) if c.writer in names)
            if family in tails or family in columns:
                return rank
        return None

    def has_family(self, family: str, rank: int) -> bool:
        """Whether a rank logged a family."""
        return any(True for writer in self.writers(rank) for _ in self._blocks(writer, family))

    def vectors(self, family: str, rank: int, unit: str | None) -> VectorSeries:
        """The whole family: one row for each logged vector, one column for each component ever named."""
        blocks = [block for writer in self.writers(rank) for block in self._blocks(writer, family) if len(block[1])]
        names = tuple(dict.fromkeys(name for block in blocks for name in block[0]))
        columns = {name: number for number, name in enumerate(names)}
        dtype = np.result_type(*(block[3].dtype for block in blocks)) if blocks else np.dtype(np.float32)
        values = np.full((sum(len(block[1]) for block in blocks), len(names)), np.nan, dtype)
        row = 0
        for listed, steps, _, numbers in blocks:
            values[row : row + len(steps), [columns[name] for name in listed]] = numbers
            row += len(steps)
        steps = np.concatenate([block[1] for block in blocks]) if blocks else np.zeros(0, np.int64)
        times_us = np.concatenate([block[2] for block in blocks]) if blocks else np.zeros(0, np.int64)
        order = (
            np.lexsort((times_us, steps))
            if len({block[0] for block in blocks}) > 1
            else np.argsort(steps, kind="stable")
        )
        return VectorSeries(family, steps[order], times_us[order] / 1e6, names, values[order], unit)

    def _blocks(self, writer: Writer, family: str) -> Iterator[tuple[tuple[str, ...], Ints, Ints, Numbers]]:
        hidden = self.hidden_from(writer.name)
        found = [
            (column.names(), column.steps.whole(), column.times.whole(), column.matrix())
            for file in self.follower.files
            for column in file.columns(VECTOR)
            if column.writer == writer.name and _family(column) == family
        ]
        for named in writer.tail.families():
            if named[0] == family:
                points = writer.tail.vectors(named)
                found.append((named[1], points.steps, points.times_us, points.values))
        for names, steps, times_us, values in found:
            keep = slice(None) if hidden is None else steps < hidden
            yield names, steps[keep], times_us[keep], values[keep]

    # ---- keys ---------------------------------------------------------------------------------------------------

    def keys(self) -> list[KeyInfo]:
        """Every key of the run, in the order of their names."""
        if self._keys_version != self.follower.version:
            self._keys = sorted(self._key_infos(), key=lambda info: info.key)
            self._keys_version = self.follower.version
        return self._keys

    def _key_infos(self) -> Iterator[KeyInfo]:
        ranks: dict[tuple[str, str], list[int]] = {}
        seen: dict[tuple[str, str], _Seen] = {}
        for rank in self.ranks():
            for one in self._seen_by(rank):
                place = (one.key, _class(one.kind))
                listed = ranks.setdefault(place, [])
                if rank not in listed:
                    listed.append(rank)
                    if len(listed) == 1:
                        seen[place] = one
        for (key, kind), one in seen.items():
            if kind == OTHER and ((key, NUMBER) in seen or key == CONSOLE):
                continue
            last = float(one.last) if kind == NUMBER and isinstance(one.last, float | int) else None
            step = one.last_step if one.count else None
            yield KeyInfo(key, one.kind, one.count, last, tuple(ranks[key, kind]), None, step)

    def _seen_by(self, rank: int) -> list[_Seen]:
        """What all sources of one rank add up to."""
        total: dict[tuple[str, str], _Seen] = {}
        for writer in self.writers(rank):
            hidden = self.hidden_from(writer.name)
            for one in self._sources(writer):
                kept = one if hidden is None else self._seen_before(writer, one, hidden)
                before = total.get((one.key, _class(one.kind)))
                if before is not None:
                    newer = kept if kept.count or not before.count else before
                    kept = _Seen(kept.key, newer.kind, before.count + kept.count, newer.last, newer.last_step)
                total[one.key, _class(one.kind)] = kept
        return list(total.values())

    def _sources(self, writer: Writer) -> Iterator[_Seen]:
        """What each column file and the tail know of the keys of one writer."""
        sources = list(self._raw_sources(writer))
        if self.hidden_from(writer.name) is None:
            yield from sources
        else:  # counted anew from the points, so each key once
            yield from {(one.key, _class(one.kind)): one for one in sources}.values()

    def _raw_sources(self, writer: Writer) -> Iterator[_Seen]:
        for file in self.follower.files:
            yield from _column_sources(file, writer.name)
        tail = writer.tail
        for key in tail.number_keys():
            points = tail.numbers(key)
            if points is not None and len(points.steps):
                yield _Seen(key, "scalar", len(points.steps), float(points.values[-1]), int(points.steps[-1]))
        for key in tail.other_keys():
            singles = tail.others(key)
            if singles is not None and singles.values:
                yield _Seen(
                    key, media_type(singles.values[-1]), len(singles.values), singles.values[-1], singles.steps[-1]
                )
        for family, names, dtype in tail.families():
            steps = tail.vectors((family, names, dtype)).steps
            yield _Seen(family, "vector", len(steps), None, int(steps[-1]))

    def _seen_before(self, writer: Writer, one: _Seen, hidden: int) -> _Seen:
        """What is left of a key when a later attempt hides its later rows."""
        kind = _class(one.kind)
        if kind == NUMBER:
            own = [column.part() for column in self._columns(writer, NUMBER, one.key)]
            tail = writer.tail.number_part(one.key)
            parts = [_before(part, hidden) for part in (*own, *([tail] if tail else []))]
            parts = [part for part in parts if part.count]
            if not parts:
                return _Seen(one.key, one.kind, 0, one.last, one.last_step)
            last = parts[-1]
            at = np.array([last.count - 1])
            value = float(last.values.span(last.count - 1, last.count)[0])
            return _Seen(one.key, one.kind, sum(part.count for part in parts), value, int(last.steps.at(at)[0]))
        if kind == VECTOR:
            steps = np.concatenate([block[1] for block in self._blocks(writer, one.key)])
            return _Seen(one.key, one.kind, len(steps), None, int(steps[-1]) if len(steps) else 0)
        left = [rich for rich in self._own_others(writer, one.key) if rich.step < hidden]
        last_left = left[-1] if left else Rich(0, 0, one.last)
        return _Seen(one.key, media_type(last_left.value), len(left), last_left.value, last_left.step)

    def _own_others(self, writer: Writer, key: str) -> Iterator[Rich]:
        for column in self._columns(writer, OTHER, key):
            yield from map(Rich, column.steps.whole().tolist(), column.times.whole().tolist(), column.others())
        tail = writer.tail.others(key)
        if tail is not None:
            yield from map(Rich, tail.steps, tail.times_us, tail.values)


def _class(kind: str) -> str:
    return NUMBER if kind == "scalar" else VECTOR if kind == "vector" else OTHER


def _column_sources(file: ColumnFile, writer: str) -> Iterator[_Seen]:
    for key, kind, count, last, step, position in file.listed(writer):
        if kind == b"n":
            yield _Seen(key, "scalar", count, last, step)
        elif kind == b"v":
            yield _Seen(key.rpartition("\0")[0], "vector", count, None, step)
        elif key != CONSOLE:
            value = Column(file, position).last_other()
            yield _Seen(key, media_type(value), count, value, step)


def _family(column: Column) -> str:
    """A vector column is called family, NUL, digest of its names."""
    return column.key.rpartition("\0")[0]


def _before(part: Part, step: int) -> Part:
    """The points of a part with a smaller step."""
    if part.steps.is_sorted:
        return part.head(int(part.steps.search(np.array([step]))[0]))
    steps = part.steps.whole()[: part.count]
    keep = steps < step
    return in_memory(steps[keep], part.times.whole()[: part.count][keep], part.numbers()[keep])
