"""Appends entries to this process's own log: one `os.write` per entry, so that what returned survives SIGKILL.

One writer, one folder of segments, no file locks, no other process ever appends here. A full disk costs the rows that
did not fit: the half-written record is cut off, the rows are counted, and later ones are tried again. A forked child
must open its own.
"""

import contextlib
import errno
import os
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic_ns

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Event, RunFinished, RunStarted
from belvedere.core.names import checked_key
from belvedere.core.series import Ints
from belvedere.runlog import codec
from belvedere.runlog.blocks import encoded_rows
from belvedere.runlog.frame import (
    RECORD_BYTES_MAX,
    SegmentHeader,
    crc32c,
    frame,
    joined_frame,
    pack_header,
    run_digest,
    writer_digest,
)  # fmt: skip
from belvedere.runlog.layout import RunFolder, segment_number

SEGMENT_BYTES = 64 << 20
BLOCK_ROWS = 1 << 15  # rows of one write
SCHEMAS_MAX = 64  # key sets that never came back before rows name their own keys
WIDE_ROW = 48  # from here on one MessagePack encode is a cheaper type check than one type() per value
RETRY_SECONDS_MAX = 5.0
NESTED = frozenset((dict, list, tuple))
FLOAT_TAG = b"\xcb"  # MessagePack float64: this byte, then 8 more
FLOAT_BYTES = 9
FLOAT32, FLOAT64 = np.dtype("<f4"), np.dtype("<f8")
LONG_AGO_US = -(1 << 62)  # a "last time" that makes the first row of a segment a full one

_pack_frame = struct.Struct("<II").pack


class Clock:
    """Wall time that never runs backwards: one wall reading, then the monotonic clock."""

    def __init__(self) -> None:
        self.wall_ns = time.time_ns()
        self.monotonic_ns = monotonic_ns()
        self.offset_us = self.wall_ns // 1000 - self.monotonic_ns // 1000

    def now_us(self) -> int:
        """Microseconds since 1970."""
        return monotonic_ns() // 1000 + self.offset_us


@dataclass(frozen=True)
class _Template:
    """A schema with what `row` needs at hand; `short` and `full` pack the two row forms. A number below 0: no
    schema."""

    number: int
    schema: codec.Schema
    types: tuple[type, ...]
    short: Callable[..., bytes]
    full: Callable[..., bytes]
    is_special: bool  # not one fixed-width short row
    float_header_bytes: int  # of the MessagePack list of a wide row of floats, else 0
    float_tags: bytes


@dataclass(frozen=True)
class _Family:
    number: int
    names: tuple[str, ...]
    dtype: np.dtype[np.floating]


class LogWriter:
    """The log of one process start. Thread-safe; not to be used after `fork` (see `is_mine`)."""

    def __init__(
        self, folder: RunFolder, started: RunStarted, *, clock: Clock | None = None,
        segment_bytes: int = SEGMENT_BYTES, on_trouble: Callable[[str], None] = lambda text: None,
        is_again: bool = False,
    ) -> None:  # fmt: skip
        """`is_again`: the writer has a log already, and what comes now goes into the next segment of it."""
        self.folder, self.started, self.clock = folder, started, clock or Clock()
        self.dropped_rows = 0
        self._segment_bytes, self._on_trouble = segment_bytes, on_trouble
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._clock_offset_us = self.clock.offset_us
        self._fd, self._size, self._segment = -1, 0, 0
        self._retry_at, self._retry_wait = 0.0, 0.0
        self._forget()
        if is_again:
            self._segment = max(map(segment_number, folder.segments(started.writer_id)), default=0)
        place = folder.writer(started.writer_id)
        place.mkdir(parents=True, exist_ok=is_again)
        try:
            self._open_segment()
        except OSError:
            with contextlib.suppress(OSError):  # an empty folder would be a start that never was
                place.rmdir()
            raise

    def _forget(self) -> None:
        """What was said in the segment: schemas, families, the last step and time. A new segment stands alone."""
        self._templates: dict[tuple[tuple[str, ...], tuple[type, ...]], _Template] = {}
        self._families: dict[str, _Family] = {}
        self._family_count = 0
        self._last_keys: tuple[str, ...] = ()
        self._last: _Template | None = None
        self._last_step, self._last_us = 0, LONG_AGO_US
        self._unrepeated = 0

    @property
    def is_mine(self) -> bool:
        """False in a child made by fork, which must open a writer of its own."""
        return os.getpid() == self._pid

    # ---- entries ------------------------------------------------------------------------------------------------

    def row(
        self, step: int, values: Mapping[str, object], is_flat: bool = False, time_us: int | None = None
    ) -> bool:  # fmt: skip
        """Append one row, of this moment or of `time_us` since 1970. False, and nothing written, when a value is not a
        plain Python value (convert it first), or, with `is_flat`, when one is a container (flatten it first).

        Raises NameRefused for a key that cannot be a series name."""
        keys = tuple(values)
        items = tuple(values.values())
        with self._lock:
            if self._size >= self._segment_bytes:
                self._open_segment()
            template = self._last
            if template is None or keys != self._last_keys or not _fits(template, items):
                template = self._template(keys, items, is_flat)
                if template is None:
                    return False
            now_us = monotonic_ns() // 1000 + self._clock_offset_us if time_us is None else time_us
            if template.is_special:
                if is_flat and not NESTED.isdisjoint(template.types):
                    return False
                return self._special_row(template, step, now_us, items)
            step_gap, gap_us = step - self._last_step, now_us - self._last_us
            try:
                if 0 <= gap_us < codec.SHORT_MICROSECONDS and -128 <= step_gap < 128:
                    payload = template.short(codec.SHORT, template.number, step_gap, gap_us, *items)
                else:
                    payload = template.full(codec.ROW, template.number, step, now_us, *items)
            except struct.error:  # an integer beyond 64 bits
                return False
            if self._append(_pack_frame(len(payload), crc32c(payload)) + payload):
                self._last_step, self._last_us = step, now_us
            return True

    def _special_row(self, template: _Template, step: int, now_us: int, items: tuple[object, ...]) -> bool:
        """A row with values that are not numbers, of a schema beyond the short form's, or without a schema."""
        kinds = template.schema.kinds
        try:
            if template.number < 0:
                record = codec.encode_mapped(step, now_us, dict(zip(template.schema.keys, items, strict=True)))
                self._last, self._last_keys = None, ()
            else:
                numbers = [item for item, kind in zip(items, kinds, strict=True) if kind != "o"]
                others = [item for item, kind in zip(items, kinds, strict=True) if kind == "o"]
                record = template.full(codec.ROW, template.number, step, now_us, *numbers)
                record += codec.encode_others(others) if others else b""
        except (struct.error, TypeError, UnicodeEncodeError, OverflowError, ValueError):
            return False
        if len(record) > RECORD_BYTES_MAX:  # readers would take it for damage
            return False
        if self._append(frame(record)):
            self._last_step, self._last_us = step, now_us
        return True

    def rows(self, keys: tuple[str, ...], steps: Ints, times_us: Ints, values: NDArray[np.float64]) -> bool:
        """Append rows of floats: steps, times_us (n,) since 1970, values (n, k) with one column for each key. False
        when the disk refused some of them.

        Raises NameRefused for a key that cannot be a series name."""
        dropped_before = self.dropped_rows
        for start in range(0, len(steps), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            if not self._block(keys, steps[part], times_us[part], values[part]):
                for step, time_us, row in zip(steps[part], times_us[part], values[part].tolist(), strict=True):
                    self.row(int(step), dict(zip(keys, row, strict=True)), time_us=int(time_us))
        return self.dropped_rows == dropped_before

    def _block(self, keys: tuple[str, ...], steps: Ints, times_us: Ints, values: NDArray[np.float64]) -> bool:
        """One write of many rows; False, and nothing written, when there is no schema left for them."""
        types = (float,) * len(keys)
        with self._lock:
            if self._size >= self._segment_bytes:
                self._open_segment()
            self._unrepeated = 0  # that limit is for key sets of single rows
            template = self._templates.get((keys, types)) or self._new_template(keys, types)
            if template is None or template.number < 0:
                return False
            records = encoded_rows(template.number, steps, times_us, values, self._last_step, self._last_us)
            if self._append(records, rows=len(steps)):
                self._last_step, self._last_us = int(steps[-1]), int(times_us[-1])
            return True

    def vector(
        self, step: int, family: str, names: tuple[str, ...], values: NDArray[np.floating], time_us: int | None = None
    ) -> None:  # fmt: skip
        """Append one vector (k,), float32 or float64, with one name per component, of this moment or of `time_us` since
        1970. Keep `names` as one object."""
        with self._lock:
            if self._size >= self._segment_bytes:
                self._open_segment()
            known = self._families.get(family)
            if known is None or known.names is not names or known.dtype is not values.dtype:
                known = self._family(family, names, FLOAT64 if values.dtype == FLOAT64 else FLOAT32)
                values = values.astype(known.dtype, copy=False)
            now_us = monotonic_ns() // 1000 + self._clock_offset_us if time_us is None else time_us
            if self._append(joined_frame(codec.pack_vector_head(known.number, step, now_us), values.tobytes())):
                self._last_step, self._last_us = step, now_us

    def event(self, event: Event) -> None:
        """Append anything that is not a value of a step."""
        payload = codec.encode_event(event)
        with self._lock:
            if self._size >= self._segment_bytes:
                self._open_segment()
            if isinstance(event, RunFinished) and self._retry_at:
                self._retry_at = time.monotonic()  # the last chance to say so: no more waiting
            self._append(frame(payload))

    def now(self) -> float:
        """Seconds since 1970 on this writer's clock."""
        return self.clock.now_us() / 1e6

    def sync(self) -> None:
        """Ask the disk to keep what was written (against power loss; SIGKILL needs nothing)."""
        with self._lock:
            fd = os.dup(self._fd) if self._fd >= 0 else -1  # `close` need not wait, nor its number mean another file
        if fd >= 0:
            try:
                os.fdatasync(fd)
            finally:
                os.close(fd)

    def close(self) -> None:
        """Close the file. Nothing needs flushing."""
        with self._lock:
            if self._fd >= 0 and self.is_mine:
                os.close(self._fd)
            self._fd = -1

    # ---- templates ----------------------------------------------------------------------------------------------

    def _template(self, keys: tuple[str, ...], items: tuple[object, ...], is_flat: bool) -> _Template | None:
        types = tuple(map(type, items))
        if is_flat and not NESTED.isdisjoint(types):
            return None
        found = self._templates.get((keys, types))
        if found is None:
            found = self._new_template(keys, types)
            if found is None:
                return None
        else:
            self._unrepeated = 0
        self._last, self._last_keys = found, keys
        return found

    def _new_template(self, keys: tuple[str, ...], types: tuple[type, ...]) -> _Template | None:
        if any(kind not in codec.KIND_OF_TYPE for kind in types):
            return None
        names = tuple(checked_key(key) for key in keys)
        schema = codec.Schema(names, "".join(codec.KIND_OF_TYPE[kind] for kind in types))
        self._unrepeated += 1
        if self._unrepeated > SCHEMAS_MAX or len(self._templates) >= 1 << 15 or len(set(names)) < len(names):
            return _template_of(-1, schema, types)
        template = _template_of(len(self._templates), schema, types)
        if self._append(frame(codec.encode_schema(template.number, schema)), rows=0):
            self._templates[keys, types] = template
            return template
        return _template_of(-1, schema, types)  # disk full: the row will be counted as dropped

    def _family(self, family: str, names: tuple[str, ...], dtype: np.dtype[np.floating]) -> _Family:
        """The family, named in the log unless it was with these components."""
        known = self._families.get(family)
        if known is not None and known.dtype == dtype and known.names == names:
            return known
        found = _Family(self._family_count, names, dtype)
        if self._append(
            frame(codec.encode_family(found.number, codec.Family(checked_key(family), names, dtype.str))), rows=0
        ):
            self._families[family] = found
            self._family_count += 1
        return found

    # ---- bytes --------------------------------------------------------------------------------------------------

    def _append(self, record: bytes, *, rows: int = 1) -> bool:
        """Write one record whole or not at all. False when the disk refused it; the row is then counted as dropped."""
        if self._retry_at and time.monotonic() < self._retry_at:
            self.dropped_rows += rows
            return False
        try:
            written = os.write(self._fd, record)
        except OSError as error:
            return self._refused(error, rows)
        if written != len(record):
            return self._refused(OSError(errno.ENOSPC, "short write"), rows)
        self._size += written
        if self._retry_at:
            self._retry_at = self._retry_wait = 0.0
            self._on_trouble(f"the log is being written again; {self.dropped_rows} rows were dropped")
        return True

    def _refused(self, error: OSError, rows: int) -> bool:
        """Cut a half-written record off, wait longer before each new try, tell once."""
        self.dropped_rows += rows
        if self._fd < 0:  # closed: this is of a thread that the end of the run did not wait for any longer
            return False
        if not self._retry_at:
            self._on_trouble(
                f"cannot write the log ({error.strerror}); rows are dropped and counted until there is room again: "
                f"{self.folder.path}"
            )
        self._retry_wait = min(RETRY_SECONDS_MAX, max(0.05, self._retry_wait * 2))
        self._retry_at = time.monotonic() + self._retry_wait
        if self._fd >= 0:
            try:
                os.ftruncate(self._fd, self._size)
            except OSError:  # the segment cannot be mended: readers stop at its torn tail, the next one stands alone
                self._open_segment()
        return False

    def _open_segment(self) -> None:
        """Begin the next segment. When that fails the current one goes on; the first one must succeed."""
        number = self._segment + 1
        path = self.folder.segment(self.started.writer_id, number)
        header = SegmentHeader(
            self.started.rank, number, self.clock.wall_ns, self.clock.monotonic_ns,
            run_digest(self.started.project, self.started.run_id), writer_digest(self.started.writer_id),
        )  # fmt: skip
        first = pack_header(header) + frame(codec.encode_event(replace(self.started, segment=number)))
        fd = -1
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
            if os.write(fd, first) != len(first):
                raise OSError(errno.ENOSPC, "short write")
        except OSError:
            if fd >= 0:
                os.close(fd)
                os.unlink(path)
            if self._fd < 0:
                raise
            self._segment_bytes += SEGMENT_BYTES  # ask again later, not at every row
            return
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._size, self._segment = fd, len(first), number
        self._forget()


def _template_of(number: int, schema: codec.Schema, types: tuple[type, ...]) -> _Template:
    count = len(types)
    is_wide_float = count >= WIDE_ROW and set(types) == {float}
    return _Template(
        number, schema, types,
        struct.Struct("<BBbI" + schema.pack_format).pack,
        struct.Struct("<BHqq" + schema.pack_format).pack,
        not 0 <= number < codec.SHORT_SCHEMAS or "o" in schema.kinds,
        len(codec.encode_others((0.0,) * count)) - FLOAT_BYTES * count if is_wide_float else 0,
        FLOAT_TAG * count,
    )  # fmt: skip


def _fits(template: _Template, items: tuple[object, ...]) -> bool:
    """Whether the values are of the template's types."""
    start = template.float_header_bytes
    if not start:
        return tuple(map(type, items)) == template.types
    try:
        encoded = codec.encode_others(items)
    except (TypeError, UnicodeEncodeError, OverflowError, ValueError):
        return False
    return len(encoded) == start + FLOAT_BYTES * len(items) and encoded[start::FLOAT_BYTES] == template.float_tags
