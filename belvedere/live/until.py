"""A run as it was at a step: what came after is left out, so that a figure of step 300 is always the same."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from belvedere.analysis.readable import Readable, missing
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series, VectorSeries


class Until:
    """A readable run up to and with a step."""

    def __init__(self, run: Readable, step: int) -> None:
        self._run, self._step = run, step

    def data(self, needs: Needs) -> RunData:
        return until(self._run.data(needs), self._step)

    def lacks(self, needs: Needs) -> str:
        return missing(needs, self.data(needs))

    def fellows(self) -> Sequence[Readable]:
        """Only itself: what other runs did is not of this step."""
        return [self]


def until(data: RunData, step: int) -> RunData:
    """The part of a run's series, vectors, media and stages that lies at or before a step."""
    return replace(
        data,
        series={key: _series(found, step) for key, found in data.series.items()},
        vectors={key: _vectors(found, step) for key, found in data.vectors.items()},
        media={key: tuple(one for one in found if one.step <= step) for key, found in data.media.items()},
        stages=tuple(stage for stage in data.stages if stage.step <= step),
        ranks={key: {rank: _series(found, step) for rank, found in ranks.items()} for key, ranks in data.ranks.items()},
    )


def _series(found: Series, step: int) -> Series:
    end = int(np.searchsorted(found.steps, step, side="right"))
    return replace(found, steps=found.steps[:end], times=found.times[:end], values=found.values[:end])


def _vectors(found: VectorSeries, step: int) -> VectorSeries:
    end = int(np.searchsorted(found.steps, step, side="right"))
    return replace(found, steps=found.steps[:end], times=found.times[:end], values=found.values[:end])
