"""Reads a segment from a byte offset on, as columns (`SegmentReader`) or entry by entry (`read_entries`), while it
grows.

Rows of one schema come back as whole arrays: a poll joins their payloads and views them with numpy, which is what makes
following and compacting fast. Reading stops in front of bytes it cannot trust and goes on from there at the next poll.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Entry, Event, Logged, Stored, VectorLogged
from belvedere.core.errors import UnknownFormat
from belvedere.core.series import Ints
from belvedere.runlog import batches, codec
from belvedere.runlog.frame import (
    FRAME,
    FRAME_BYTES,
    HEADER_BYTES,
    MAGIC,
    RECORD_BYTES_MAX,
    Scan,
    SegmentHeader,
    scan,
    unpack_header,
)

POLL_BYTES = 8 << 20


@dataclass(frozen=True)
class Cursor:
    """Where to go on in a segment: everything that records further on lean on. `definitions` are the byte offsets of
    the SCHEMA and FAMILY records in front of `offset`."""

    offset: int = HEADER_BYTES
    step: int = 0
    time_us: int = 0
    definitions: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class RowBatch:
    """Rows of one schema. order, steps, times_us (n,) int64 · columns: one (n,) array for each key of kind f, i, b ·
    others: n lists, one value for each key of kind o, or () when there is no such key. `order` is the byte offset."""

    keys: tuple[str, ...]
    kinds: str
    order: Ints
    steps: Ints
    times_us: Ints
    columns: tuple[NDArray[np.generic], ...]
    others: tuple[list[Stored], ...]

    @cached_property
    def fixed_keys(self) -> tuple[str, ...]:
        return tuple(key for key, kind in zip(self.keys, self.kinds, strict=True) if kind != "o")

    @cached_property
    def other_keys(self) -> tuple[str, ...]:
        return tuple(key for key, kind in zip(self.keys, self.kinds, strict=True) if kind == "o")


@dataclass(frozen=True, eq=False)
class VectorBatch:
    """Vectors of one family with the same names. order, steps, times_us (n,) int64 · values (n, k) float32 or
    float64."""

    family: str
    names: tuple[str, ...]
    order: Ints
    steps: Ints
    times_us: Ints
    values: NDArray[np.floating]


@dataclass(frozen=True)
class EventFound:
    """An event and its byte offset."""

    order: int
    event: Event


@dataclass(frozen=True)
class Batch:
    """What one poll found; `end` is the offset behind it, `cursor` goes on from there."""

    rows: tuple[RowBatch, ...]
    vectors: tuple[VectorBatch, ...]
    events: tuple[EventFound, ...]
    cursor: Cursor
    end: int


class SegmentReader:
    """Follows one segment file. `trouble` names why reading stands in front of bytes that are there ("" when it does
    not); `pending_bytes` counts them: a record still being written, a torn tail, or damage."""

    def __init__(self, path: Path, cursor: Cursor | None = None) -> None:
        self.path = path
        self.cursor = cursor or Cursor()
        self.trouble = ""
        self.pending_bytes = 0
        self.header: SegmentHeader | None = None
        self._schemas: dict[int, codec.Schema] = {}
        self._families: dict[int, codec.Family] = {}
        self._read_header()
        if self.cursor.definitions:
            self._read_definitions()

    def poll(self, limit_bytes: int = POLL_BYTES) -> Batch | None:
        """The next whole records, at most about `limit_bytes`; None when there is nothing new."""
        if self.header is None and not self._read_header():
            return None
        start = self.cursor.offset
        size = self.path.stat().st_size
        if size <= start:
            self.pending_bytes = 0
            return None
        data = self._bytes(start, min(max(limit_bytes, FRAME_BYTES), size - start))
        found = scan(data)
        if not found.payloads and not found.trouble and FRAME_BYTES <= len(data) < size - start:
            needed = FRAME_BYTES + FRAME.unpack_from(data)[0]  # one record longer than the limit
            data = self._bytes(start, min(needed, FRAME_BYTES + RECORD_BYTES_MAX))
            found = scan(data)
        batch, stop, trouble = self._decode(found, start)
        self.trouble = trouble or (f"{found.trouble} at byte {start + found.used}" if found.trouble else "")
        self.pending_bytes = size - stop
        return batch if found.payloads and stop > start else None

    # ---- decoding -----------------------------------------------------------------------------------------------

    def _decode(self, scanned: Scan, start: int) -> tuple[Batch, int, str]:
        """Payloads as columns; the offset behind the last one that made sense, and why the next one did not."""
        sizes = np.fromiter(map(len, scanned.payloads), np.int64, len(scanned.payloads)) + FRAME_BYTES
        ends = start + np.cumsum(sizes)
        offsets = ends - sizes
        found = batches.sort_out(scanned, self._schemas, self._families)
        end = int(ends[found.count - 1]) if found.count else start
        steps, times_us = found.clock(self.cursor.step, self.cursor.time_us)
        rows: list[RowBatch] = []
        vectors: list[VectorBatch] = []
        for group in found.groups.values():
            moments = offsets[group.positions], steps[group.ranks], times_us[group.ranks]
            if isinstance(group.meaning, codec.Schema):
                columns, others = batches.columns(group, group.meaning), batches.others(group)
                rows.append(RowBatch(group.meaning.keys, group.meaning.kinds, *moments, columns, others))
            elif isinstance(group.meaning, codec.Family):
                values = np.ascontiguousarray(group.table["values"])
                vectors.append(VectorBatch(group.meaning.family, group.meaning.names, *moments, values))
            else:
                rows += _mapped_rows(group, *moments)
        events = [EventFound(int(offsets[i]), event) for i, event in found.events]
        definitions = tuple(int(offsets[i]) for i in found.definitions)
        last = (int(steps[-1]), int(times_us[-1])) if len(steps) else (self.cursor.step, self.cursor.time_us)
        self.cursor = Cursor(end, *last, self.cursor.definitions + definitions)
        trouble = f"{found.trouble} at byte {end}" if found.trouble else ""
        return Batch(tuple(rows), tuple(vectors), tuple(events), self.cursor, end), end, trouble

    # ---- bytes --------------------------------------------------------------------------------------------------

    def _bytes(self, offset: int, count: int) -> bytes:
        fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(fd, count, offset)
        finally:
            os.close(fd)

    def _read_header(self) -> bool:
        """False while the file is shorter than a header but may become one."""
        head = self._bytes(0, HEADER_BYTES)
        if len(head) < HEADER_BYTES:
            if not MAGIC.startswith(head[:8]):
                raise UnknownFormat(
                    f"not a Belvedere log (first bytes {head[:8]!r}); move it out of the run: {self.path}"
                )
            self.pending_bytes = len(head)
            return False
        self.header = unpack_header(head, path=str(self.path))
        return True

    def _read_definitions(self) -> None:
        for offset in self.cursor.definitions:
            size = FRAME.unpack(self._bytes(offset, FRAME_BYTES))[0]
            batches.sort_out(scan(self._bytes(offset, FRAME_BYTES + size)), self._schemas, self._families)


def read_entries(path: Path) -> Iterator[Entry]:
    """Every entry of a segment in log order, up to the first byte that cannot be trusted."""
    reader = SegmentReader(path)
    while batch := reader.poll():
        yield from entries_of(batch)


def entries_of(batch: Batch) -> Iterator[Entry]:
    """The entries of one poll in log order."""
    found: list[tuple[int, Entry]] = [(event.order, event.event) for event in batch.events]
    for rows in batch.rows:
        found += zip(rows.order.tolist(), _logged(rows), strict=True)
    for vectors in batch.vectors:
        moments = zip(
            vectors.order.tolist(), vectors.steps.tolist(), vectors.times_us.tolist(), vectors.values, strict=True
        )
        found += [(o, VectorLogged(s, t / 1e6, vectors.family, vectors.names, v)) for o, s, t, v in moments]
    for _, entry in sorted(found, key=lambda pair: pair[0]):
        yield entry


def _mapped_rows(group: batches.Group, order: Ints, steps: Ints, times_us: Ints) -> Iterator[RowBatch]:
    """Rows that name their own keys, each as a batch of its own."""
    for i, payload in enumerate(group.payloads):
        _, _, values = codec.decode_mapped(payload)
        kinds = "".join(codec.KIND_OF_TYPE.get(type(value), "o") for value in values.values())
        numbers = [(value, kind) for value, kind in zip(values.values(), kinds, strict=True) if kind != "o"]
        columns = tuple(np.array([value], codec.COLUMN_DTYPE[kind]) for value, kind in numbers)
        others = [value for value, kind in zip(values.values(), kinds, strict=True) if kind == "o"]
        here = slice(i, i + 1)
        yield RowBatch(
            tuple(values), kinds, order[here], steps[here], times_us[here], columns, (others,) if others else ()
        )


def _logged(rows: RowBatch) -> Iterator[Logged]:
    columns = [column.tolist() for column in rows.columns]
    moments = zip(rows.steps.tolist(), rows.times_us.tolist(), strict=True)
    for i, (step, time_us) in enumerate(moments):
        values: dict[str, Stored] = dict(zip(rows.fixed_keys, (column[i] for column in columns), strict=True))
        if rows.others:
            values.update(zip(rows.other_keys, rows.others[i], strict=True))
        yield Logged(step, time_us / 1e6, {key: values[key] for key in rows.keys})
