"""Reads .rcol files: opens in the time of one index read, then reads columns one at a time, through the cache."""

import os
import struct
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import DamagedLog
from belvedere.core.series import Ints
from belvedere.runlog.frame import crc32c
from belvedere.store import axes, columns
from belvedere.store.axes import ArrayAxis, Axis, RegularAxis
from belvedere.store.cache import ByteCache
from belvedere.store.columns import AXIS, DTYPES, ENTRY, FOOTER, MAGIC, VERSION, column_hash
from belvedere.store.parts import Part
from belvedere.store.pyramid import FACTOR, Cells, Numbers

TAIL_BYTES = 64 << 10
WHOLE_BYTES_MAX = 16 << 20  # a longer column is read in pieces

_decode = msgspec.msgpack.Decoder().decode


class ColumnFile:
    """One open .rcol. The file may be unlinked meanwhile: what is open stays readable."""

    def __init__(self, path: Path, cache: ByteCache) -> None:
        self.path, self.cache = path, cache
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        size = os.fstat(self._fd).st_size
        tail = os.pread(self._fd, TAIL_BYTES, max(0, size - TAIL_BYTES))  # footer and, mostly, the index at one go
        if len(tail) < FOOTER.size or tail[-8:] != MAGIC:
            raise self.damaged("no footer")
        at, length, entries, self._axis_count, names, _, crc, version, _ = FOOTER.unpack(tail[-FOOTER.size :])
        if version > VERSION:
            raise self.damaged("a newer version")
        start = at - (size - len(tail))
        self._index = tail[start : start + length] if start >= 0 else os.pread(self._fd, length, at)
        if crc32c(self._index) != crc:
            raise self.damaged("a wrong checksum of the index")
        self.count = entries
        self._axes_at = entries * (8 + ENTRY.itemsize)
        self._names_at = self._axes_at + self._axis_count * AXIS.itemsize
        if self._names_at + names > len(self._index):  # the footer itself has no checksum
            raise self.damaged("a footer that counts more than the index holds")
        self.hashes = np.frombuffer(self._index, "<u8", entries)
        self.entries = np.frombuffer(self._index, ENTRY, entries, entries * 8)
        self._axes = np.frombuffer(self._index, AXIS, self._axis_count, self._axes_at)
        try:
            described = _decode(self._index[self._names_at + names :])
            self.writers: list[str] = described["writers"]
            self.points: int = described["points"]
        except (ValueError, KeyError, TypeError) as error:  # msgspec's errors are ValueErrors
            raise self.damaged("a footer that does not fit the index") from error

    def __del__(self) -> None:
        fd = getattr(self, "_fd", -1)
        if fd >= 0:
            os.close(fd)
            self._fd = -1

    def damaged(self, what: str) -> DamagedLog:
        """The error for this file."""
        return DamagedLog(f"columns cannot be read ({what}); run `belvedere reindex` to make them anew: {self.path}")

    # ---- finding ------------------------------------------------------------------------------------------------

    def find(self, writer: str, kind: str, key: str) -> "Column | None":
        """The column of a writer, or None."""
        wanted = column_hash(writer, kind, key)
        position = int(np.searchsorted(self.hashes, np.uint64(wanted)))
        while position < self.count and int(self.hashes[position]) == wanted:
            column = Column(self, position)
            if column.key == key and column.kind == kind and column.writer == writer:
                return column
            position += 1
        return None

    def columns(self, kind: str | None = None) -> list["Column"]:
        """All columns, or those of one kind, in the order they were written in."""
        chosen = np.arange(self.count) if kind is None else np.flatnonzero(self.entries["kind"] == kind.encode())
        return self._as_written(chosen)

    def _as_written(self, positions: Ints) -> list["Column"]:
        order = np.argsort(self.entries["offset"][positions], kind="stable")
        return [Column(self, i) for i in positions[order].tolist()]

    def columns_of(self, writer: str) -> list["Column"]:
        """All columns of one writer, in the order they were written in."""
        if writer not in self.writers:
            return []
        return self._as_written(np.flatnonzero(self.entries["writer"] == self.writers.index(writer)))

    def listed(self, writer: str) -> list[tuple[str, bytes, int, float, int, int]]:
        """Key, kind, count, last value, last step and position of a writer's columns, as written; much faster than
        `columns_of`."""
        if writer not in self.writers:
            return []
        chosen = np.flatnonzero(self.entries["writer"] == self.writers.index(writer))
        chosen = chosen[np.argsort(self.entries["offset"][chosen], kind="stable")]
        found = self.entries[chosen]
        starts = (self._names_at + found["name_offset"].astype(np.int64)).tolist()
        names = [
            self._index[at : at + size].decode("utf-8", "surrogatepass")
            for at, size in zip(starts, found["name_bytes"].tolist(), strict=True)
        ]
        fields = (found[name].tolist() for name in ("kind", "count", "last", "last_step"))
        return list(zip(names, *fields, chosen.tolist(), strict=True))

    # ---- reading ------------------------------------------------------------------------------------------------

    def name(self, position: int) -> str:
        entry = self.entries[position]
        at = self._names_at + int(entry["name_offset"])
        return self._index[at : at + int(entry["name_bytes"])].decode("utf-8", "surrogatepass")

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes of the payload."""
        data = os.pread(self._fd, size, offset)
        while len(data) < size:
            more = os.pread(self._fd, size - len(data), offset + len(data))
            if not more:
                raise self.damaged("a column ends too early")
            data += more
        return data

    def sealed(self, offset: int, size: int) -> bytes:
        """`size` bytes that are followed by their checksum; DamagedLog when they are not those that were written."""
        data = self.read(offset, size + columns.SEAL_BYTES)
        if crc32c(data[:size]) != int.from_bytes(data[size:], "little"):  # 0.08 ms for a MiB
            raise self.damaged(f"a wrong checksum at byte {offset}")
        return data[:size]

    def steps(self, number: int) -> Axis:
        axis = self._axes[number]
        if not axis["steps_bytes"]:
            return RegularAxis(int(axis["count"]), int(axis["step"]), int(axis["stride"]))
        numbers = self.unpacked(int(axis["steps"]), int(axis["steps_bytes"]), int(axis["count"]))
        return ArrayAxis(numbers, bool(axis["steps_sorted"]))

    def times(self, number: int) -> Axis:
        axis = self._axes[number]
        count, at, size = int(axis["count"]), int(axis["times"]), int(axis["times_bytes"])
        return LazyTimes(self, count, bool(axis["times_sorted"]), at, size, count)

    def unpacked(self, offset: int, size: int, count: int) -> Ints:
        """Whole numbers that `axes.pack` packed, through the cache."""

        def make() -> tuple[Ints, int]:
            return axes.unpack(self.sealed(offset, size), count), 8 * count

        return self.cache.get((self.path, offset), make)


@dataclass(frozen=True, eq=False)
class LazyTimes:
    """Times that are unpacked when somebody asks: a chart over steps never does. `stored` are in the file."""

    file: ColumnFile
    count: int
    is_sorted: bool
    offset: int
    size: int
    stored: int

    def whole(self) -> Ints:
        return self.file.unpacked(self.offset, self.size, self.stored)[: self.count]

    def search(self, thresholds: Ints) -> Ints:
        return np.searchsorted(self.whole(), thresholds, "left")

    def at(self, positions: Ints) -> Ints:
        return self.whole()[positions]

    def head(self, count: int) -> Axis:
        return replace(self, count=count)


class Column:
    """One entry of a column file."""

    def __init__(self, file: ColumnFile, position: int) -> None:
        self.file, self.position = file, position
        self._entry = file.entries[position]
        self.key = file.name(position)
        self.writer = file.writers[int(self._entry["writer"])]
        self.kind = self._entry["kind"].decode()
        self.count = int(self._entry["count"])
        self.axis = int(self._entry["axis"])

    @property
    def last(self) -> float:
        return float(self._entry["last"])

    @property
    def steps_seen(self) -> tuple[int, int]:
        """The steps of the first and the last point."""
        return int(self._entry["first_step"]), int(self._entry["last_step"])

    @property
    def steps(self) -> Axis:
        return self.file.steps(self.axis)

    @property
    def times(self) -> Axis:
        return self.file.times(self.axis)

    def part(self) -> Part:
        """A column of numbers as a part of a series."""
        values = ColumnValues(self)
        return Part(self.count, self.steps, self.times, values)

    def others(self, first: int = 0, last: int | None = None) -> list[object]:
        """Values first … last - 1 of a column of others."""
        at, stop = int(self._entry["offset"]), self.count if last is None else min(last, self.count)
        if first >= stop:
            return []
        chunks = -(-self.count // columns.CHUNK)
        ends_bytes = 8 * (chunks + 1)
        ends = np.frombuffer(self.file.sealed(at, ends_bytes), "<u8").tolist()
        from_chunk, to_chunk = first // columns.CHUNK, -(-stop // columns.CHUNK)
        begin = at + ends_bytes + columns.SEAL_BYTES
        values: list[object] = []
        for chunk in range(from_chunk, to_chunk):
            size = ends[chunk + 1] - ends[chunk] - columns.SEAL_BYTES
            values += _decode(self.file.sealed(begin + ends[chunk], size))
        skipped = from_chunk * columns.CHUNK
        return values[first - skipped : stop - skipped]

    def last_other(self) -> object:
        """The last value of a column of others, without decoding the rest."""
        return _decode(self._aside())

    def names(self) -> tuple[str, ...]:
        """The component names of a vector column."""
        return tuple(_decode(self._aside()))

    def _aside(self) -> bytes:
        at = int(self._entry["names"])
        (size,) = struct.unpack("<I", self.file.read(at, 4))
        return self.file.sealed(at + 4, size)

    def matrix(self) -> NDArray[np.generic]:
        """(n, k) of a vector column."""
        return np.frombuffer(self.checked_bytes(), self.dtype).reshape(self.count, int(self._entry["width"]))

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return np.dtype(DTYPES[self._entry["dtype"]])

    def verify(self) -> None:
        """DamagedLog when the bytes are not those that were written."""
        self.checked_bytes()

    def checked_bytes(self) -> bytes:
        """All bytes of the column; DamagedLog when they are not those that were written."""
        raw = self.file.read(int(self._entry["offset"]), int(self._entry["bytes"]))
        if crc32c(raw) != int(self._entry["crc"]):  # 0.08 ms for a MiB
            raise self.file.damaged(f"a wrong checksum of {self.key!r}")
        return raw


class ColumnValues:
    """The numbers of a column: whole through the cache when it is short, else by ranges."""

    def __init__(self, column: Column) -> None:
        entry = column._entry
        self._column, self._file, self.dtype = column, column.file, column.dtype
        self._offset, self._bytes = int(entry["offset"]), int(entry["bytes"])
        self._has_cells, self._has_nonfinite = bool(entry["has_cells"]), bool(entry["has_nonfinite"])

    @property
    def cells_bytes(self) -> int:
        """What the pyramid takes, right behind the column."""
        if not self._has_cells:
            return 0
        return columns.cells_bytes(self._column.count, self.dtype, has_nonfinite=self._has_nonfinite)

    @cached_property
    def levels(self) -> tuple[Cells, ...]:
        if not self._has_cells:
            return ()
        size = self.cells_bytes
        at = self._offset + self._bytes + -self._bytes % 8

        def make() -> tuple[tuple[Cells, ...], int]:
            raw = self._file.sealed(at, size)
            return columns.read_cells(raw, self._column.count, self.dtype, has_nonfinite=self._has_nonfinite), size

        return self._file.cache.get((self._file.path, at), make)

    def _padded(self) -> Numbers:
        def make() -> tuple[Numbers, int]:
            return np.frombuffer(self._column.checked_bytes(), self.dtype), self._bytes

        return self._file.cache.get((self._file.path, self._offset), make)

    def span(self, first: int, last: int) -> Numbers:
        if self._bytes <= WHOLE_BYTES_MAX:
            return self._padded()[first:last]
        width = self.dtype.itemsize
        return np.frombuffer(self._file.read(self._offset + first * width, (last - first) * width), self.dtype)

    def cells(self, numbers: Ints) -> NDArray[np.generic]:
        if self._bytes <= WHOLE_BYTES_MAX:
            return self._padded().reshape(-1, FACTOR)[numbers]
        size = FACTOR * self.dtype.itemsize
        raw = b"".join(self._file.read(self._offset + number * size, size) for number in numbers.tolist())
        return np.frombuffer(raw, self.dtype).reshape(-1, FACTOR)
