"""Parts: stretches of one series that lie somewhere, in a column file or in memory; a series is its parts one after
another."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import Floats, Ints
from belvedere.store.axes import ArrayAxis, Axis, axis_of
from belvedere.store.pyramid import FACTOR, Cells, Numbers

Kind = TypeVar("Kind", bound=np.generic)
Along = Literal["steps", "times"]


class Values(Protocol):
    """The numbers of a part in log order, and its pyramid ((), when it has none)."""

    @property
    def levels(self) -> tuple[Cells, ...]: ...
    def span(self, first: int, last: int) -> Numbers:
        """Points first … last - 1."""

    def cells(self, numbers: Ints) -> NDArray[np.generic]:
        """(k, 64) raw points of cells of 64 in ascending order, the column's last cell padded; only with `levels`."""


@dataclass(frozen=True, eq=False)
class ArrayValues:
    """numbers (n,) in memory."""

    numbers: Numbers
    levels: tuple[Cells, ...] = ()

    def span(self, first: int, last: int) -> Numbers:
        return self.numbers[first:last]

    def cells(self, numbers: Ints) -> NDArray[np.generic]:
        padding = np.zeros(-len(self.numbers) % FACTOR, self.numbers.dtype)
        return np.concatenate([self.numbers, padding]).reshape(-1, FACTOR)[numbers]


@dataclass(frozen=True, eq=False)
class Part:
    """`count` points; steps, times (µs since 1970) and values may be longer, then the rest is hidden."""

    count: int
    steps: Axis
    times: Axis
    values: Values

    def axis(self, along: Along) -> Axis:
        return self.steps if along == "steps" else self.times

    def head(self, count: int) -> "Part":
        """The first `count` points."""
        return Part(count, self.steps.head(count), self.times.head(count), self.values)

    def numbers(self) -> Numbers:
        """(count,) in the type of the column."""
        return self.values.span(0, self.count)


def in_memory(steps: Ints, times_us: Ints, values: Numbers) -> Part:
    """A part over arrays."""
    return Part(len(steps), axis_of(steps), axis_of(times_us), ArrayValues(values))


@dataclass(frozen=True, eq=False)
class Exact:
    """Every point of a series sorted by step: steps, times_us (n,) int64 · values (n,) float64."""

    steps: Ints
    times_us: Ints
    values: Floats


def is_ordered(parts: list[Part], along: Along) -> bool:
    """Whether the parts one after another ascend."""
    axes = [part.axis(along) for part in parts]
    if not all(axis.is_sorted for axis in axes):
        return False
    last = np.array([-1])
    first = np.array([0])
    return all(int(left.at(last + left.count)[0]) <= int(right.at(first)[0]) for left, right in pairwise(axes))


def exact(parts: list[Part]) -> Exact:
    """All points, sorted by step; points of one step stay in log order."""
    if not parts:
        return Exact(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    steps = _joined([part.steps.whole() for part in parts])
    times_us = _joined([part.times.whole() for part in parts])
    values = _joined([part.numbers().astype(np.float64) for part in parts])
    if not is_ordered(parts, "steps"):
        order = np.argsort(steps, kind="stable")
        steps, times_us, values = steps[order], times_us[order], values[order]
    return Exact(steps, times_us, values)


def _joined(arrays: list[NDArray[Kind]]) -> NDArray[Kind]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def part_of(points: Exact) -> Part:
    """Sorted points as one part."""
    return Part(len(points.steps), ArrayAxis(points.steps, True), axis_of(points.times_us), ArrayValues(points.values))
