"""The log in which another program's records land: their times are theirs, and each is here exactly once.

Whoever brings records says now and then how far they are here whole (`commit`). What a crash left behind the last such
mark is known when the log is opened again: the same records, brought once more, are passed over.
"""

import contextlib
import errno
import os
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Event, Received, RunFinished, RunStarted, Stored
from belvedere.core.errors import UsageError
from belvedere.core.series import Ints
from belvedere.runlog.codec import encode_event
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import Batch, SegmentReader
from belvedere.runlog.writer import LogWriter

Row = tuple[int, int]  # step, µs since 1970
AWAITED = "\0awaited"  # in a position: what was behind the mark before it


class Landing:
    """The log of one writer of a run. Not thread-safe: one caller at a time. Raises OSError when it cannot be opened.

    `position` is what the last `commit` said, {} when there was none.
    """

    def __init__(
        self, folder: RunFolder, started: RunStarted, *, on_trouble: Callable[[str], None] = lambda text: None
    ) -> None:  # fmt: skip
        self.folder, self.started = folder, started
        segments = folder.segments(started.writer_id)
        position, self._tail = _behind_last_mark(segments)
        self.position: dict[str, Stored] = dict(position)
        self._time = 0.0  # of the newest record
        self._writer = LogWriter(folder, started, on_trouble=on_trouble, is_again=_is_begun(folder, started))
        self._may_have_ended = bool(segments)

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

    def rows(self, keys: tuple[str, ...], steps: Ints, times_us: Ints, values: NDArray[np.float64]) -> int:
        """Rows of floats, fast: steps, times_us (n,), values (n, k), a column for each key. How many were not here.

        Raises NameRefused for a key that cannot be a series name."""
        if self._tail:
            moments = zip(steps.tolist(), times_us.tolist(), strict=True)
            is_new = np.array([not self._is_here((*moment, *keys)) for moment in moments], np.bool_)
            steps, times_us, values = steps[is_new], times_us[is_new], values[is_new]
        if len(steps):
            self._writer.rows(keys, steps, times_us, values)
            self._time = max(self._time, int(times_us.max()) / 1e6)
        return len(steps)

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
        self._may_have_ended |= isinstance(event, RunFinished)
        self._mark_growth()
        return True

    def commit(self, **position: Stored) -> None:
        """Everything brought until now is whole; `position` (joined with what was said before) is where to go on.

        OSError when the disk refused some of it: open the log anew, and bring again what came behind the last mark."""
        if self.dropped_rows:
            raise OSError(errno.ENOSPC, f"the disk refused {self.dropped_rows} rows; make room", self.folder.path)
        self.position.update(position)
        self._tail.clear()
        self._writer.event(Received(self._time or self._writer.now(), dict(self.position)))
        self._mark_growth()

    def remember(self, **position: Stored) -> None:
        """Say something beside the records: what a crash left behind is not whole by that, and still waited for."""
        self.position.update(position)
        awaited = {AWAITED: [list(one) for one in self._tail.elements()]} if self._tail.total() else {}  # type: ignore[call-overload]
        self._writer.event(Received(self._time or self._writer.now(), {**self.position, **awaited}))

    def close(self) -> None:
        """Close the file. Nothing needs flushing; opening it again goes on behind what is here."""
        self._writer.close()

    def _mark_growth(self) -> None:
        """Whoever lists runs looks at one that ended only when the time of its logs has moved (layout.log_times)."""
        if self._may_have_ended:
            now_ns = time.time_ns()
            with contextlib.suppress(OSError):  # deleted meanwhile, or another user's: a late list harms nobody
                os.utime(self.folder.logs, ns=(now_ns, now_ns))

    def _is_here(self, identity: Hashable) -> bool:
        if not self._tail[identity]:
            return False
        self._tail[identity] -= 1
        return True


def committed(folder: RunFolder, writer_id: str) -> dict[str, Stored]:
    """The position that a writer's log was last committed with, {} when there is none; opens nothing for writing."""
    position, _ = _behind_last_mark(folder.segments(writer_id))
    return dict(position)


def landed_rows(folder: RunFolder, writer_id: str) -> Iterator[Row]:
    """Step and time of every row of a writer, in log order within each key set."""
    for path in folder.segments(writer_id):
        reader = SegmentReader(path)
        while batch := reader.poll():
            for rows in batch.rows:
                yield from zip(rows.steps.tolist(), rows.times_us.tolist(), strict=True)


def _is_begun(folder: RunFolder, started: RunStarted) -> bool:
    """Whether the writer has been here, be it only to make its folder before the disk was full."""
    return folder.writer(started.writer_id).is_dir()


def _behind_last_mark(segments: list[Path]) -> tuple[Mapping[str, Stored], Counter[Hashable]]:
    """The last committed position, and what lies behind it. Only that is looked at closely."""
    batches: list[tuple[Batch, int]] = []  # with the offset behind which to look
    for path in reversed(segments):
        here: list[tuple[Batch, int]] = []
        mark: Received | None = None
        reader = SegmentReader(path)
        while batch := reader.poll():
            marks = [found for found in batch.events if isinstance(found.event, Received)]
            if marks:
                here = [(batch, marks[-1].order)]
                mark = cast(Received, marks[-1].event)
            else:
                here.append((batch, -1))
        batches = here + batches
        if mark is not None:
            position = dict(mark.position)
            awaited = cast(list[list[Hashable]], position.pop(AWAITED, []))
            return position, Counter([tuple(one) for one in awaited] + _identities(batches))
    return {}, Counter(_identities(batches))


def _identities(batches: list[tuple[Batch, int]]) -> list[Hashable]:
    """What makes each entry behind an offset the same when it is brought again."""
    found: list[Hashable] = []
    for batch, behind in batches:
        for rows in batch.rows:
            late = rows.order > behind
            moments = zip(rows.steps[late].tolist(), rows.times_us[late].tolist(), strict=True)
            found += [(step, time_us, *rows.keys) for step, time_us in moments]
        for vectors in batch.vectors:
            late = vectors.order > behind
            moments = zip(vectors.steps[late].tolist(), vectors.times_us[late].tolist(), strict=True)
            found += [(step, time_us, vectors.family) for step, time_us in moments]
        for one in batch.events:
            if one.order > behind and not isinstance(one.event, RunStarted):
                found.append(_identity(one.event))
    return found


def _identity(event: Event) -> Hashable:
    """What makes an event the same when it is brought again."""
    return type(event).__name__, encode_event(event)


def _refused(step: int, values: Mapping[str, Stored]) -> UsageError:
    names = ", ".join(list(values)[:3])
    return UsageError(f"the row of step {step} ({names}) holds what no log can; convert it to numbers, text or lists")
