"""Where the rows of a run lie in its logs, so that a page of its history reads only the stretch that holds it.

The logs keep every value with its exact type, which columns do not. The index is made in one pass, grows with the run,
and remembers per stretch of about 64 KiB the steps that it holds: 8 bytes a row.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, RLock

import numpy as np

from belvedere.core.entries import Configured, Event, RunStarted, Stored
from belvedere.core.errors import BelvedereError
from belvedere.core.series import Ints
from belvedere.runlog.layout import RunFolder, segment_number, writer_order, writer_rank
from belvedere.runlog.reader import Batch, Cursor, RowBatch, SegmentReader
from belvedere.store.liveness import Attempt, hidden_from

STRETCH_BYTES = 64 << 10
ROWS_MAX = 20_000_000  # of all runs whose index is kept: 160 MB
RUNS_MAX = 1024
TIDY_SECONDS = 0.2  # counting the rows of all indexes is no work for every request
SYSTEM = "system/"
PROGRAM = "wandb"  # whose facts are folded
NONE = np.zeros(0, np.int64)


@dataclass(eq=False)
class Stretch:
    """Neighbouring records of one segment, from `start` to the byte `end`. steps, system_steps: arrays (n,) int64 of
    the rows that were logged and of those that measure the machine."""

    segment: int
    path: Path
    start: Cursor
    end: int
    steps: list[Ints] = field(default_factory=list)
    system_steps: list[Ints] = field(default_factory=list)
    lowest: int = 1 << 62
    highest: int = -(1 << 62)

    def add(self, batch: Batch) -> None:
        self.end = batch.end
        for rows in batch.rows:
            (self.system_steps if is_system(rows) else self.steps).append(rows.steps)
            self.lowest = min(self.lowest, int(rows.steps.min()))
            self.highest = max(self.highest, int(rows.steps.max()))

    def batches(self) -> Iterator[Batch]:
        """Its records, read anew."""
        reader = SegmentReader(self.path, self.start)
        while reader.cursor.offset < self.end:
            batch = reader.poll(self.end - reader.cursor.offset)
            if batch is None:
                return
            yield batch


@dataclass(frozen=True)
class LastValue:
    """The newest value of a key in one writer's log, and how many there are."""

    step: int
    time_us: int
    value: Stored
    count: int


class WriterIndex:
    """The logs of one process start."""

    def __init__(self, name: str) -> None:
        self.name, self.rank = name, writer_rank(name)
        self.stretches: list[Stretch] = []
        self.last: dict[str, LastValue] = {}
        self.facts: dict[str, Stored] = {}
        self.started: RunStarted | None = None
        self.row_count = self.logged_count = 0  # the second without those that measure the machine
        self._readers: dict[int, SegmentReader | None] = {}  # None: needs no reading any more

    def poll(self, segments: list[Path]) -> bool:
        """Takes in what is new; whether anything was."""
        is_new = False
        for path in segments:
            number = segment_number(path)
            if self._readers.get(number, ...) is None:
                continue
            try:
                is_new |= self._read(path, number)
            except (BelvedereError, OSError):  # the run's own page says what is damaged
                self._readers[number] = None
                continue
            if path is not segments[-1]:
                self._readers[number] = None
        return is_new

    def is_in_every_row(self, key: str) -> bool:
        """Whether every row that was logged has a value under a key."""
        return key in self.last and self.last[key].count == self.logged_count

    def steps(self) -> Ints:
        """The steps of all rows that were logged (n,) int64, in log order."""
        found = [steps for stretch in self.stretches for steps in stretch.steps]
        return np.concatenate(found) if found else NONE

    def _read(self, path: Path, number: int) -> bool:
        reader = self._readers.get(number)
        if reader is None:
            reader = self._readers[number] = SegmentReader(path)
        is_new, start = False, reader.cursor
        while (batch := reader.poll(STRETCH_BYTES)) is not None:
            self._take(batch, number, path, start)
            is_new, start = True, batch.cursor
        return is_new

    def _take(self, batch: Batch, number: int, path: Path, start: Cursor) -> None:
        newest = self.stretches[-1] if self.stretches else None
        if newest is None or newest.segment != number or newest.end - newest.start.offset >= STRETCH_BYTES // 2:
            newest = Stretch(number, path, start, start.offset)
            self.stretches.append(newest)
        newest.add(batch)
        for found in batch.events:
            self._note(found.event)
        for rows in batch.rows:
            self.row_count += len(rows.steps)
            self.logged_count += 0 if is_system(rows) else len(rows.steps)
            self._note_last(rows)

    def _note(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.started = self.started or event
        elif isinstance(event, Configured) and event.section == PROGRAM:
            self.facts.update(event.values)

    def _note_last(self, rows: RowBatch) -> None:
        place = int(np.flatnonzero(rows.steps == rows.steps.max())[-1])
        step, time_us, count = int(rows.steps[place]), int(rows.times_us[place]), len(rows.steps)
        for key, value in values_at(rows, place).items():
            before = self.last.get(key)
            if before is None or step >= before.step:
                self.last[key] = LastValue(step, time_us, value, count + (before.count if before else 0))
            else:
                self.last[key] = LastValue(before.step, before.time_us, before.value, count + before.count)


class HistoryIndex:
    """The logs of one run, as of the last `poll`. Hold `lock` from the poll until everything is read."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder, self.lock = folder, RLock()
        self.version = self.row_count = 0
        self._writers: dict[str, WriterIndex] = {}
        self._steps: tuple[int, Ints] = (-1, NONE)

    @property
    def facts(self) -> dict[str, Stored]:
        """What a foreign program said about the run; later attempts win."""
        return {name: fact for writer in self._ordered() for name, fact in writer.facts.items()}

    @property
    def nested(self) -> dict[str, list[str]]:
        """Flat keys that were logged under a path of several parts, from all attempts."""
        told = (writer.facts.get("nested") for writer in self._ordered())
        return {
            key: [str(part) for part in path]
            for one in told
            if isinstance(one, Mapping)
            for key, path in one.items()
            if isinstance(path, list | tuple)
        }

    @property
    def began(self) -> float:
        """When the run began, seconds since 1970."""
        return min((writer.started.time for writer in self._writers.values() if writer.started), default=0.0)

    def poll(self) -> None:
        """Takes in what the logs have more than at the last call."""
        for name in self.folder.writers():
            writer = self._writers.get(name)
            if writer is None:
                writer = self._writers[name] = WriterIndex(name)
            before = writer.row_count
            if writer.poll(self.folder.segments(name)):
                self.version += 1
                self.row_count += writer.row_count - before

    def writers(self) -> list[tuple[WriterIndex, int | None]]:
        """Writers, and the step from which on a later attempt hides their rows. Where two say something at one step,
        the one further behind is believed: low ranks stand behind high ones, later attempts behind earlier ones."""
        ordered = self._ordered()
        hidden = hidden_from([_attempt(writer) for writer in ordered])
        return sorted(zip(ordered, hidden, strict=True), key=lambda pair: -pair[0].rank)

    def steps(self) -> Ints:
        """Every step that has a row, ascending (n,) int64."""
        if self._steps[0] != self.version:
            found = [visible(writer.steps(), hidden) for writer, hidden in self.writers()]
            self._steps = self.version, distinct(found)
        return self._steps[1]

    def last_values(self) -> dict[str, LastValue]:
        """The newest visible value of every key; keys whose newest one is hidden are missing."""
        found: dict[str, LastValue] = {}
        for writer, hidden in self.writers():
            for key, last in writer.last.items():
                before = found.get(key)
                if hidden is not None and last.step >= hidden:
                    continue
                if before is None or last.step >= before.step:
                    found[key] = last
        return found

    def _ordered(self) -> list[WriterIndex]:
        return [self._writers[name] for name in sorted(self._writers, key=writer_order)]


class Histories:
    """The indexes of the runs that were asked for lately."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, tuple[int, HistoryIndex]] = OrderedDict()
        self._lock = Lock()
        self._tidy_at = 0.0

    def of(self, folder: RunFolder) -> HistoryIndex:
        """The index of a run; a new one when the run was deleted and made again."""
        inode = os.stat(folder.logs).st_ino
        with self._lock:
            known, index = self._kept.get(folder.path, (0, None))
            if index is None or known != inode:
                index = HistoryIndex(folder)
            self._kept[folder.path] = inode, index
            self._kept.move_to_end(folder.path)
            if time.monotonic() >= self._tidy_at:
                self._close_others()
                self._tidy_at = time.monotonic() + TIDY_SECONDS
            return index

    def forget(self, folder: RunFolder) -> None:
        """Let go of a run that is deleted."""
        with self._lock:
            self._kept.pop(folder.path, None)

    def _close_others(self) -> None:
        rows = sum(index.row_count for _, index in self._kept.values())
        while len(self._kept) > 1 and (len(self._kept) > RUNS_MAX or rows > ROWS_MAX):
            rows -= self._kept.popitem(last=False)[1][1].row_count


def is_system(rows: RowBatch) -> bool:
    """Whether rows measure the machine and were not logged by anybody."""
    return all(key.startswith(SYSTEM) for key in rows.keys)


def values_at(rows: RowBatch, place: int) -> dict[str, Stored]:
    """One row of a batch, as it was logged."""
    found: dict[str, Stored] = {
        key: column[place].item() for key, column in zip(rows.fixed_keys, rows.columns, strict=True)
    }
    if rows.others:
        found.update(zip(rows.other_keys, rows.others[place], strict=True))
    return found


def visible(steps: Ints, hidden: int | None) -> Ints:
    """The steps in front of `hidden`."""
    return steps if hidden is None else steps[steps < hidden]


def distinct(found: list[Ints]) -> Ints:
    """All steps, ascending, each once."""
    joined = np.concatenate(found) if found else NONE
    return joined if bool(np.all(joined[1:] > joined[:-1])) else np.unique(joined)


def _attempt(writer: WriterIndex) -> Attempt:
    """What decides whose rows are hidden."""
    started = writer.started
    resume_from, is_fork = (started.resume_from, started.is_fork) if started else (None, False)
    return Attempt(writer.name, writer.rank, 0.0, "", 0, "", resume_from, is_fork=is_fork)
