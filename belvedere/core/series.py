"""Numbers over steps, as every reader holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Series:
    """One quantity over steps, every point that was logged, sorted by step (stable: repeats stay in log order).

    steps  (n,) int64 · times (n,) float64, seconds since 1970 · values (n,) float64, NaN and ±Inf as they were logged
    """

    key: str
    steps: Ints
    times: Floats
    values: Floats
    unit: str | None = None

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, eq=False)
class Buckets:
    """A series reduced for drawing: bucket i stands for `count[i]` consecutive raw points and hides none of their
    extremes.

    x, x_last (b,) float64: the x of the bucket's first and last raw point, in the unit of the asked x axis
    min, max, mean (b,) float64: over the finite points, NaN where there is none
    last (b,) float64: the last raw value, finite or not
    count (b,) int64: raw points, finite or not · nan, posinf, neginf (b,) int64: how many of them were not finite
    total: raw points of the whole series, inside the asked range or not
    """

    key: str
    x: Floats
    x_last: Floats
    min: Floats
    max: Floats
    mean: Floats
    last: Floats
    count: Ints
    nan: Ints
    posinf: Ints
    neginf: Ints
    total: int
    unit: str | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def nonfinite(self) -> Ints:
        """(b,) int64: raw points of each bucket that are NaN or infinite."""
        return self.nan + self.posinf + self.neginf


@dataclass(frozen=True, eq=False)
class VectorSeries:
    """A family of labelled components at each step, such as `grad_norm` over layers.

    steps (n,) int64 · times (n,) float64 · names (k,) · values (n, k), NaN where a component was not logged at that
    step
    """

    family: str
    steps: Ints
    times: Floats
    names: tuple[str, ...]
    values: NDArray[np.floating]
    unit: str | None = None

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True)
class Stage:
    """A stretch of a run with one purpose: from `step` on it is called `name` (pretrain, mid, sft, rl …)."""

    name: str
    step: int
    time: float


@dataclass(frozen=True, eq=False)
class Media:
    """One rich value as it was logged: `record` says what it is, `content` holds the bytes of the file that belongs to
    it; None where it has none, or where that file is missing."""

    step: int
    time: float
    type: str
    record: Mapping[str, object]
    content: bytes | None = None


@dataclass(frozen=True)
class RunData:
    """What a rule or figure gets: exactly the series it declared, as far as the run has them.

    media: key -> its values by step, at most MEDIA_SNAPSHOTS evenly chosen ones, the first and last among them
    ranks: key -> rank -> that rank's series, for keys asked for with `Needs.by_rank`
    """

    run_id: str
    project: str = ""
    name: str = ""
    state: str = "finished"
    config: Mapping[str, object] = field(default_factory=dict)
    summary: Mapping[str, object] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    vectors: Mapping[str, VectorSeries] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    group: str = ""
    media: Mapping[str, tuple[Media, ...]] = field(default_factory=dict)
    ranks: Mapping[str, Mapping[int, Series]] = field(default_factory=dict)
