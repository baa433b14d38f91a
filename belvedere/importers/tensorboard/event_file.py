"""One event file, read from a byte offset on while it grows."""

import os
from dataclasses import dataclass
from pathlib import Path

from belvedere.core.errors import UnknownFormat
from belvedere.importers.tensorboard.events import Event, decoded
from belvedere.importers.tensorboard.framing import HEAD_BYTES, TAIL_BYTES, Framer
from belvedere.importers.tensorboard.scalars import ScalarBlock, scalar_blocks

BEGINNING_BYTES = 1024
BEGINNING_RECORDS = 2  # the first tells the version; a writer that restarts says so in the second
POLL_BYTES = 8 << 20  # numpy takes several times this for its tables while it works


@dataclass(frozen=True, eq=False)
class Found:
    """What one poll found: scalars by tag, and every other event in the order of the file; `offset` is behind them."""

    blocks: tuple[ScalarBlock, ...]
    events: tuple[Event, ...]
    offset: int


class EventFile:
    """Follows one file from `offset` on. `troubles` are sentences about bytes that could not be read."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path, self.offset = path, offset
        self.troubles: list[str] = []
        self._framer = Framer()
        self._is_lost = False  # among bytes that are no record

    def poll(self, limit_bytes: int = POLL_BYTES) -> Found | None:
        """The next whole records, about `limit_bytes` of them; None when there is nothing new, or a record that is not
        whole yet."""
        with self.path.open("rb") as source:
            left = os.fstat(source.fileno()).st_size - self.offset
            if left < HEAD_BYTES + TAIL_BYTES:
                return None
            source.seek(self.offset)
            data = source.read(min(limit_bytes, left))
            records = self._framer.records(data)
            if not records.used and not records.is_stuck and len(data) < left:
                # one record that is longer than the limit
                needed = int.from_bytes(data[:8], "little") + HEAD_BYTES + TAIL_BYTES
                data += source.read(min(needed, left) - len(data))
                records = self._framer.records(data)
        if records.is_stuck and not records.used and len(data) < left:
            return self._passed_over(len(data))
        for at, what in records.troubles:
            is_told = self._is_lost and at == 0
            if not is_told and not (records.is_stuck and at == records.used > 0):  # the next poll tells of that
                self._trouble(at, what)
        if not records.used:
            return None
        self._is_lost = False
        blocks, rest = scalar_blocks(data, records.starts, records.sizes)
        events = []
        for start, size in zip(records.starts[rest].tolist(), records.sizes[rest].tolist(), strict=True):
            try:
                events.append(decoded(data[start : start + size]))
            except UnknownFormat as error:
                self._trouble(start - HEAD_BYTES, f"a record that makes no sense was passed over ({error})")
        self.offset += records.used
        return Found(tuple(blocks), tuple(events), self.offset)

    def _passed_over(self, size_bytes: int) -> Found:
        """Go on behind bytes among which no record begins, told of once however many they are."""
        if not self._is_lost:
            self._trouble(0, "bytes that are no record were passed over")
        self._is_lost = True
        self.offset += size_bytes - HEAD_BYTES + 1  # a head may begin in the last ones
        return Found((), (), self.offset)

    def _trouble(self, at: int, what: str) -> None:
        self.troubles.append(f"{what} at byte {self.offset + at} of {self.path}")


@dataclass(frozen=True)
class Beginning:
    """How a file begins. `time_us` since 1970 of its first event · `restart_step`: everything that earlier files of the
    folder say of steps from there on is void; None when the file says no such thing."""

    time_us: int
    restart_step: int | None


def beginning(path: Path) -> Beginning | None:
    """How an event file begins; None when its first two records are not whole yet.

    Raises UnknownFormat when it is no such file."""
    file = EventFile(path)
    times: list[int] = []
    while len(times) < BEGINNING_RECORDS:
        found = file.poll(BEGINNING_BYTES)
        if found is None:
            if file.troubles and not times:
                raise _no_event_file(file)
            return None
        restart = next((event.step for event in found.events if event.is_restart), None)
        times += [event.time_us for event in found.events]
        times += [time_us for block in found.blocks for time_us in block.times_us.tolist()]
        if file.troubles and not times and file.offset > BEGINNING_BYTES:
            raise _no_event_file(file)
        if restart is not None:
            return Beginning(min(times), restart)
    return Beginning(min(times), None)


def _no_event_file(file: EventFile) -> UnknownFormat:
    return UnknownFormat(f"this is no event file of TensorBoard ({file.troubles[0]})")
