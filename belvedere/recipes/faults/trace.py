"""What a run recorded, as arrays: what the predicates of the scenarios look at, and a few words for saying it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import belvedere as bv

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One series: steps (n,) and values (n,), NaN and infinity as they were logged."""

    steps: npt.NDArray[np.int64]
    values: Floats

    def start(self, share: float = 0.1) -> float:
        """Median of the first tenth."""
        return float(np.median(self.values[: max(1, round(share * len(self.values)))]))

    def end(self, share: float = 0.1) -> float:
        """Median of the last tenth."""
        return float(np.median(self.values[-max(1, round(share * len(self.values))) :]))

    def between(self, first: float, last: float) -> Floats:
        """Values from fraction `first` to fraction `last` of the run."""
        return self.values[int(first * len(self.values)) : max(1, int(last * len(self.values)))]

    @property
    def fall(self) -> float:
        """By which share of its start it ended lower."""
        return 1 - self.end() / self.start()

    def since(self, step: int) -> "Curve":
        """From a step on."""
        return Curve(self.steps[self.steps >= step], self.values[self.steps >= step])

    def before(self, step: int) -> "Curve":
        """Up to a step."""
        return Curve(self.steps[self.steps < step], self.values[self.steps < step])


@dataclass(frozen=True)
class Blocks:
    """One vector family: steps (n,), names (k,) in depth order, values (n, k)."""

    steps: npt.NDArray[np.int64]
    names: tuple[str, ...]
    values: Floats

    def of(self, name: str) -> Curve:
        """The series of one block."""
        return Curve(self.steps, self.values[:, self.names.index(name)])

    @property
    def middle(self) -> Curve:
        """At each step the median over the blocks."""
        return Curve(self.steps, np.nanmedian(self.values, axis=1))


@dataclass(frozen=True)
class Trace:
    """All scalars and vectors of a run; `others` are the same series of the ranks after the first."""

    scalars: Mapping[str, Curve]
    vectors: Mapping[str, Blocks]
    others: Mapping[int, Mapping[str, Curve]]
    config: Mapping[str, object]

    def __getitem__(self, key: str) -> Curve:
        return self.scalars[key]

    @property
    def loss(self) -> Curve:
        """The training loss."""
        return self.scalars["train/loss"]

    @property
    def val(self) -> Curve:
        """The validation loss."""
        return self.scalars["val/loss"]


def traced(folder: str, run_id: str) -> Trace:
    """Read a run back; bv.NotFound when there is none."""
    run = bv.open(folder).run(run_id)
    found = run.keys()
    scalars = [one for one in found if one.kind == "scalar"]
    ranks = sorted({rank for one in scalars for rank in one.ranks})

    def curve(key: str, rank: int | None = None) -> Curve:
        series = run.series(key, rank=rank)
        return Curve(series.steps, series.values)

    def blocks(family: str) -> Blocks:
        vectors = run.vectors(family)
        return Blocks(vectors.steps, vectors.names, vectors.values.astype(np.float64))

    return Trace(
        scalars={one.key: curve(one.key) for one in scalars},
        vectors={one.key: blocks(one.key) for one in found if one.kind == "vector"},
        others={rank: {one.key: curve(one.key, rank) for one in scalars if rank in one.ranks} for rank in ranks[1:]},
        config=dict(run.config),
    )
