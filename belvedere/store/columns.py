"""The .rcol file: columns of one run, made from exact stretches of its logs; never changed once it has its name.
Little-endian.

    header   16 B   magic, version
    payload         axes, columns, pyramids, lists, each at a multiple of 8
    index           hashes u8[n] ascending | ENTRY[n] | AXIS[a] | names, utf-8 | about, MessagePack: the writers
    footer   64 B   where the index lies, its sizes and its CRC-32C, version, magic

Opening reads footer and index and decodes nothing; a column is found by bisecting the hashes and verifying the name.
All reading is pread: a mapped file would raise SIGBUS on a network disk that loses it.
"""

import os
import struct
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import Ints
from belvedere.runlog.frame import crc32c
from belvedere.store import axes, pyramid
from belvedere.store.pyramid import Cells, Numbers

MAGIC = b"\x89BVCOL\r\n"
VERSION = 1
HEADER = struct.Struct("<8sII")
FOOTER = struct.Struct(
    "<QQQQQQII8s"
)  # index offset, its bytes, entries, axes, name bytes, about bytes, crc, version, magic
NUMBER, OTHER, VECTOR = "n", "o", "v"
ENTRY = np.dtype([
    ("name_offset", "<u4"), ("name_bytes", "<u2"), ("writer", "<u2"), ("axis", "<u4"), ("kind", "S1"), ("dtype", "S1"),
    ("has_cells", "?"), ("has_nonfinite", "?"), ("count", "<u8"), ("offset", "<u8"), ("bytes", "<u8"), ("width", "<u4"),
    ("crc", "<u4"), ("names", "<u8"), ("first_step", "<i8"), ("last_step", "<i8"), ("last", "<f8"),
    ("spare", "<u8", (2,)),
])  # fmt: skip
AXIS = np.dtype([
    ("count", "<u8"), ("steps", "<u8"), ("steps_bytes", "<u8"), ("times", "<u8"), ("times_bytes", "<u8"),
    ("step", "<i8"), ("stride", "<i8"), ("steps_sorted", "?"), ("times_sorted", "?"), ("spare", "V6"),
])  # fmt: skip
DTYPES = {b"f": "<f4", b"d": "<f8", b"i": "<i8", b"b": "<u1"}
SEAL_BYTES = 4
CHUNK = 1024  # values that are not numbers, decoded together
EXACT_INTEGER = 1 << 53  # beyond that a whole number may not fit float64

_encode = msgspec.msgpack.Encoder().encode


def column_hash(writer: str, kind: str, key: str) -> int:
    """64 bits that find a column; the name is verified afterwards."""
    return int.from_bytes(blake2b(f"{writer}\0{kind}\0{key}".encode(), digest_size=8).digest(), "little")


def narrowed(values: Numbers) -> tuple[bytes, Numbers]:
    """The letter and the numbers in the smallest type that loses nothing: f4, f8, i8 for integers beyond 2^53, u1 for
    truth."""
    if values.dtype.kind in "bu":
        return b"b", values.astype("<u1")
    if values.dtype.kind == "i" and len(values):
        size = max(abs(int(values.min())), abs(int(values.max())))
        if size > EXACT_INTEGER:
            return b"i", values.astype("<i8")
    numbers = values.astype("<f8", copy=False)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        short = numbers.astype("<f4")
    same = (short.astype("<f8") == numbers) | np.isnan(numbers)
    return (b"f", short) if same.all() else (b"d", numbers)


class ColumnWriter:
    """Writes one file under a name that no reader looks at; `close` makes it whole and durable."""

    def __init__(self, path: Path, writers: Sequence[str]) -> None:
        self.path, self.writers = path, list(writers)
        self.points = 0
        self._slots = {writer: slot for slot, writer in enumerate(self.writers)}
        self._file: BinaryIO = path.open("xb", buffering=1 << 20)
        self._file.write(HEADER.pack(MAGIC, VERSION, 0))
        self._position = HEADER.size
        self._entries: list[tuple[object, ...]] = []
        self._hashes: list[int] = []
        self._names = bytearray()
        self._axes: list[tuple[object, ...]] = []

    def axis(self, steps: Ints, times_us: Ints) -> int:
        """Keeps steps and times once; the number is for the columns over them."""
        regular = axes.regular(steps)
        packed_steps = b"" if regular else axes.pack(steps)
        packed_times = axes.pack(times_us)
        at_steps, at_times = self._put_sealed(packed_steps), self._put_sealed(packed_times)
        start, stride = (regular.start, regular.stride) if regular else (0, 0)
        self._axes.append((
            len(steps), at_steps, len(packed_steps), at_times, len(packed_times), start, stride,
            axes.is_ascending(steps), axes.is_ascending(times_us), b"",
        ))  # fmt: skip
        return len(self._axes) - 1

    def numbers(self, writer: str, key: str, axis: int, values: Numbers, steps: tuple[int, int]) -> None:
        """A column of numbers in log order; `steps` are those of its first and last point."""
        letter, column = narrowed(values)
        levels = pyramid.build(column) if len(column) > pyramid.POINTS_MIN else []
        padding = np.zeros(-len(column) % pyramid.FACTOR if levels else 0, column.dtype)
        raw = column.tobytes() + padding.tobytes()
        at = self._put(raw)
        if levels:
            self._put_sealed(packed_cells(levels))
        has_nonfinite = bool(levels) and levels[0].nonfinite is not None
        last = float(values[-1]) if len(values) else 0.0
        self._enter(
            writer, NUMBER, key, axis, dtype=letter, cells=bool(levels), nonfinite=has_nonfinite,
            count=len(column), at=at, raw=raw, steps=steps, last=last,
        )  # fmt: skip
        self.points += len(column)

    def others(self, writer: str, key: str, axis: int, values: Sequence[object], steps: tuple[int, int]) -> None:
        """A column of values that are not numbers, in chunks; the last one is kept apart too."""
        chunks = [sealed(_encode(values[i : i + CHUNK])) for i in range(0, len(values), CHUNK)]
        ends = np.cumsum([0, *map(len, chunks)], dtype="<u8")
        raw = sealed(ends.tobytes()) + b"".join(chunks)
        at = self._put(raw)
        last = _encode(values[-1] if values else None)
        last_at = self._put_aside(last)
        self._enter(writer, OTHER, key, axis, dtype=b"m", count=len(values), at=at, raw=raw, steps=steps, names=last_at)

    def vectors(
        self, writer: str, family: str, names: Sequence[str], axis: int, values: Numbers, steps: tuple[int, int]
    ) -> None:
        """A block (n, k) of one family with one set of names."""
        listed = _encode(list(names))
        key = f"{family}\0{blake2b(listed, digest_size=6).hexdigest()}"
        letter, block = narrowed(values.reshape(-1))
        raw = block.tobytes()
        at, names_at = self._put(raw), self._put_aside(listed)
        self._enter(
            writer, VECTOR, key, axis, dtype=letter, count=len(values), at=at, raw=raw, steps=steps,
            width=len(names), names=names_at,
        )  # fmt: skip
        self.points += block.size

    def close(self) -> None:
        """Index, footer, fsync. After that the file may get its name."""
        hashes = np.array(self._hashes, "<u8")
        order = np.argsort(hashes, kind="stable")
        entries = np.array(self._entries, ENTRY)[order] if self._entries else np.zeros(0, ENTRY)
        about = _encode({"writers": self.writers, "points": self.points})
        tables = (hashes[order].tobytes(), entries.tobytes(), np.array(self._axes, AXIS).tobytes())
        index = b"".join((*tables, bytes(self._names), about))
        at = self._put(index)
        sizes = (len(index), len(entries), len(self._axes), len(self._names), len(about))
        self._file.write(FOOTER.pack(at, *sizes, crc32c(index), VERSION, MAGIC))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Gives up: nothing of the file stays."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _put(self, raw: bytes) -> int:
        gap = -self._position % 8
        self._file.write(bytes(gap))
        self._file.write(raw)
        at = self._position + gap
        self._position = at + len(raw)
        return at

    def _put_sealed(self, raw: bytes) -> int:
        return self._put(sealed(raw) if raw else b"")

    def _put_aside(self, raw: bytes) -> int:
        return self._put(struct.pack("<I", len(raw)) + sealed(raw))

    def _enter(
        self, writer: str, kind: str, key: str, axis: int, *, dtype: bytes, count: int, at: int, raw: bytes,
        steps: tuple[int, int], cells: bool = False, nonfinite: bool = False, last: float = 0.0, width: int = 1,
        names: int = 0,
    ) -> None:  # fmt: skip
        name = key.encode("utf-8", "surrogatepass")
        self._hashes.append(column_hash(writer, kind, key))
        self._entries.append((
            len(self._names), len(name), self._slots[writer], axis, kind.encode(), dtype, cells, nonfinite, count, at,
            len(raw), width, crc32c(raw), names, *steps, last, (0, 0),
        ))  # fmt: skip
        self._names += name


def sealed(raw: bytes) -> bytes:
    """The bytes with their checksum behind them: what is read on its own is checked on its own."""
    crc: int = crc32c(raw)
    return raw + crc.to_bytes(SEAL_BYTES, "little")


def packed_cells(levels: Sequence[Cells]) -> bytes:
    """All planes of all levels, each at a multiple of 8 bytes."""
    packed = b""
    for cells in levels:
        marks = b"" if cells.nonfinite is None else cells.nonfinite.tobytes()
        for plane in (cells.mean.tobytes(), cells.min.tobytes(), cells.max.tobytes(), cells.last.tobytes(), marks):
            packed += bytes(-len(packed) % 8) + plane
    return packed


def cell_planes(
    count: int, dtype: np.dtype[np.generic], *, has_nonfinite: bool
) -> list[list[tuple[int, np.dtype[np.generic]]]]:
    """Per level the (elements, type) of mean, min, max, last and counts, as they follow one another in the file."""
    kept = dtype if dtype.kind == "f" else np.dtype("<f8")
    levels = []
    for size, marks in zip(pyramid.LEVELS, pyramid.COUNT_DTYPES, strict=True):
        cells = -(-count // size)
        levels.append(
            [
                (cells, np.dtype("<f8")),
                *((cells, kept),) * 3,
                (3 * cells if has_nonfinite else 0, np.dtype(marks)),
            ]
        )
    return levels


def read_cells(raw: bytes, count: int, dtype: np.dtype[np.generic], *, has_nonfinite: bool) -> tuple[Cells, ...]:
    """The pyramid of a column of `count` points."""
    found, position = [], 0
    for planes in cell_planes(count, dtype, has_nonfinite=has_nonfinite):
        arrays: list[NDArray[np.generic]] = []
        for elements, plane in planes:
            position += -position % 8
            arrays.append(np.frombuffer(raw, plane, elements, position))
            position += elements * plane.itemsize
        mean, low, high, last, marks = arrays
        found.append(Cells(low, high, last, mean, marks.reshape(3, -1) if has_nonfinite else None))  # type: ignore[arg-type]
    return tuple(found)


def cells_bytes(count: int, dtype: np.dtype[np.generic], *, has_nonfinite: bool) -> int:
    """How many bytes the pyramid takes."""
    position = 0
    for planes in cell_planes(count, dtype, has_nonfinite=has_nonfinite):
        for elements, plane in planes:
            position += -position % 8 + elements * plane.itemsize
    return position
