"""The log in which another program's records land: their times are theirs, and each is here exactly once.

Whoever brings records says now and then how far they are here whole (`commit`). What a crash left behind the last such
mark is known when the log is opened again: the same records, brought once more, are passed over.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Entry, Event, Logged, Received, RunStarted, Stored, VectorLogged
from belvedere.core.errors import UsageError
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import SegmentReader, read_entries
from belvedere.runlog.writer import LogWriter

Row = tuple[int, int]  # step, µs since 1970


class Landing:
    """The log of one writer of a run. Not thread-safe: one caller at a time. Raises OSError when it cannot be opened.

    `position` is what the last `commit` said, {} when there was none.
    """

    def __init__(
        self, folder: RunFolder, started: RunStarted, *, on_trouble: Callable[[str], None] = lambda text: None
    ) -> None:  # fmt: skip
        self.folder, self.started = folder, started
        segments = folder.segments(started.writer_id)
        position, tail = _behind_last_mark(segments)
        self.position: dict[str, Stored] = dict(position)
        self._tail = Counter(tail)
        self._time = 0.0  # of the newest record
        self._writer = LogWriter(folder, started, on_trouble=on_trouble, is_again=bool(segments))

    @property
    def dropped_rows(self) -> int:
        """Entries that the disk refused since the log was opened; what was brought with them has to come again."""
        return self._writer.dropped_rows

    def row(self, step: int, time_us: int, values: Mapping[str, Stored]) -> bool:
        """One row; False when it is here already. `values` are plain Python values (see `plain.plain_data`).

        Raises NameRefused for a key that cannot be a series name, UsageError for a value that no log can hold."""
        if self._tail and self._is_here((step, time_us, *values)):
            return False
        if not self._writer.row(step, values, time_us=time_us):
            raise _refused(step, values)
        self._time = max(self._time, time_us / 1e6)
        return True

    def vector(
        self, step: int, time_us: int, family: str, names: tuple[str, ...], values: NDArray[np.floating]
    ) -> bool:  # fmt: skip
        """One vector (k,), float32 or float64; False when it is here already."""
        if self._tail and self._is_here((step, time_us, family)):
            return False
        self._writer.vector(step, family, names, values, time_us)
        return True

    def event(self, event: Event) -> bool:
        """One event; False when it is here already."""
        if self._tail and self._is_here(_identity(event)):
            return False
        self._writer.event(event)
        self._time = max(self._time, event.time)
        return True

    def commit(self, **position: Stored) -> None:
        """Everything brought until now is whole; `position` (joined with what was said before) is where to go on."""
        self.position.update(position)
        self._tail.clear()
        self._writer.event(Received(self._time or self._writer.now(), dict(self.position)))

    def close(self) -> None:
        """Close the file. Nothing needs flushing; opening it again goes on behind what is here."""
        self._writer.close()

    def _is_here(self, identity: Hashable) -> bool:
        if not self._tail[identity]:
            return False
        self._tail[identity] -= 1
        return True


def landed_rows(folder: RunFolder, writer_id: str) -> Iterator[Row]:
    """Step and time of every row of a writer, in log order within each key set."""
    for path in folder.segments(writer_id):
        reader = SegmentReader(path)
        while batch := reader.poll():
            for rows in batch.rows:
                yield from zip(rows.steps.tolist(), rows.times_us.tolist(), strict=True)


def _behind_last_mark(segments: list[Path]) -> tuple[Mapping[str, Stored], list[Hashable]]:
    """The last committed position, and what lies behind it."""
    tail: list[Hashable] = []
    for path in reversed(segments):
        here: list[Hashable] = []
        position: Mapping[str, Stored] | None = None
        for entry in read_entries(path):
            if isinstance(entry, Received):
                position, here = entry.position, []
            elif not isinstance(entry, RunStarted):
                here.append(_identity(entry))
        tail = here + tail
        if position is not None:
            return position, tail
    return {}, tail


def _identity(entry: Entry) -> Hashable:
    """What makes an entry the same when it is brought again."""
    if isinstance(entry, Logged):
        return (entry.step, round(entry.time * 1e6), *entry.values)
    if isinstance(entry, VectorLogged):
        return (entry.step, round(entry.time * 1e6), entry.family)
    return type(entry).__name__, msgspec.msgpack.encode(entry)


def _refused(step: int, values: Mapping[str, Stored]) -> UsageError:
    names = ", ".join(list(values)[:3])
    return UsageError(f"the row of step {step} ({names}) holds what no log can; convert it to numbers, text or lists")
