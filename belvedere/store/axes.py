"""Axes: the steps and times that the columns of one key set share, as whole numbers; packed in blocks on disk.

Packed: i8 first[b] | i8 smallest difference[b] | u1 width[b], padded to 8 | the differences minus the smallest, in
blocks of 1024, all blocks of width 1, then of width 2, 4, 8 (width 0: all alike). An even clock costs a byte or two a
row."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from belvedere.core.series import Floats, Ints

BLOCK = 1024  # rows; one slow step widens its own block only
WIDTHS = (1, 2, 4, 8)
FAR = float(1 << 62)


class Axis(Protocol):
    """Whole numbers along a series: steps, or microseconds since 1970."""

    @property
    def count(self) -> int: ...
    @property
    def is_sorted(self) -> bool: ...
    def search(self, thresholds: Ints) -> Ints:
        """For each threshold how many numbers lie below it; only for a sorted axis."""

    def at(self, positions: Ints) -> Ints: ...
    def whole(self) -> Ints: ...
    def head(self, count: int) -> "Axis": ...


@dataclass(frozen=True)
class RegularAxis:
    """start, start + stride, start + 2 stride …"""

    count: int
    start: int
    stride: int

    @property
    def is_sorted(self) -> bool:
        return self.stride >= 0

    def search(self, thresholds: Ints) -> Ints:
        if self.stride == 0:
            return np.where(thresholds > self.start, self.count, 0).astype(np.int64)
        return np.clip(-((self.start - thresholds) // self.stride), 0, self.count)

    def at(self, positions: Ints) -> Ints:
        return self.start + self.stride * positions

    def whole(self) -> Ints:
        return self.start + self.stride * np.arange(self.count, dtype=np.int64)

    def head(self, count: int) -> Axis:
        return RegularAxis(min(count, self.count), self.start, self.stride)


@dataclass(frozen=True, eq=False)
class ArrayAxis:
    """numbers (n,) int64, in memory."""

    numbers: Ints
    is_sorted: bool

    @property
    def count(self) -> int:
        return len(self.numbers)

    def search(self, thresholds: Ints) -> Ints:
        return np.searchsorted(self.numbers, thresholds, "left")

    def at(self, positions: Ints) -> Ints:
        return self.numbers[positions]

    def whole(self) -> Ints:
        return self.numbers

    def head(self, count: int) -> Axis:
        return ArrayAxis(self.numbers[:count], self.is_sorted)


def axis_of(numbers: Ints) -> ArrayAxis:
    """An axis over numbers that are at hand."""
    return ArrayAxis(numbers, is_ascending(numbers))


def is_ascending(numbers: Ints) -> bool:
    """Whether no number is smaller than the one in front of it."""
    return bool(np.all(numbers[1:] >= numbers[:-1]))


def regular(numbers: Ints) -> RegularAxis | None:
    """The axis as start and stride, when it is one."""
    if len(numbers) < 2:
        return RegularAxis(len(numbers), int(numbers[0]) if len(numbers) else 0, 1)
    stride = int(numbers[1]) - int(numbers[0])
    if abs(stride) >= 1 << 40 or not np.all(numbers[1:] - numbers[:-1] == stride):
        return None
    return RegularAxis(len(numbers), int(numbers[0]), stride)


@dataclass(frozen=True)
class Unit:
    """How the whole numbers of an axis become x: (number - origin) / per_unit."""

    origin: int = 0
    per_unit: int = 1

    def x(self, numbers: Ints) -> Floats:
        shifted = numbers - self.origin if self.origin else numbers
        found: Floats = shifted / self.per_unit if self.per_unit != 1 else shifted.astype(np.float64)
        return found

    def thresholds(self, edges: Floats) -> Ints:
        """For each edge the smallest whole number whose x is not below it."""
        scaled = np.clip(edges * self.per_unit, -FAR, FAR)
        if self.per_unit == 1:
            whole: Ints = np.ceil(scaled).astype(np.int64) + self.origin
            return whole
        nearby = np.floor(scaled).astype(np.int64) + np.arange(-2, 4)[:, None]  # rounding moves it by less than 2
        reached = nearby / self.per_unit >= edges
        first: Ints = nearby[np.argmax(reached, axis=0), np.arange(len(edges))]
        return first + self.origin


# ---- packed -------------------------------------------------------------------------------------------------------


def pack(numbers: Ints) -> bytes:
    """Whole numbers as blocks of differences."""
    count, size = len(numbers), min(BLOCK, len(numbers))
    if count < 2:
        return numbers.tobytes()
    blocks = -(-count // size)
    padded = np.empty(blocks * size, np.int64)
    padded[:count] = numbers
    padded[count:] = numbers[-1] + np.diff(numbers[-2:]) * np.arange(1, blocks * size - count + 1)
    table = padded.reshape(blocks, size)
    differences = np.diff(table, axis=1, prepend=table[:, :1])
    differences[:, 0] = differences[:, 1]
    smallest = differences.min(axis=1)
    rest = (differences - smallest[:, None]).view(np.uint64)  # modulo 2^64, which unpacking undoes
    widths = _widths(rest.max(axis=1))
    rest[:, 0] = 0
    head: bytes = table[:, 0].tobytes() + smallest.tobytes() + widths.tobytes() + bytes(-blocks % 8)
    return head + b"".join(rest[widths == width].astype(f"<u{width}").tobytes() for width in WIDTHS)


def _widths(largest: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    limits = np.array([0, (1 << 8) - 1, (1 << 16) - 1, (1 << 32) - 1], np.uint64)
    return np.array([0, *WIDTHS], np.uint8)[np.searchsorted(limits, largest, "left")]


def unpack(packed: bytes, count: int) -> Ints:
    """The numbers that `pack` packed, (count,) int64."""
    if count < 2:
        return np.frombuffer(packed, "<i8", count)
    size = min(BLOCK, count)
    blocks = -(-count // size)
    firsts = np.frombuffer(packed, "<i8", blocks)
    smallest = np.frombuffer(packed, "<i8", blocks, 8 * blocks)
    widths = np.frombuffer(packed, "<u1", blocks, 16 * blocks)
    position = 17 * blocks + -blocks % 8
    table = np.zeros((blocks, size), np.int64)
    for width in WIDTHS:
        chosen = widths == width
        rows = int(chosen.sum())
        if rows:
            stored = np.frombuffer(packed, f"<u{width}", rows * size, position).reshape(rows, size)
            table[chosen] = stored.astype(np.int64) if width < 8 else stored.view(np.int64)
            position += rows * size * width
    table += smallest[:, None]
    table[:, 0] = firsts
    return np.cumsum(table, axis=1, out=table).reshape(-1)[:count]
