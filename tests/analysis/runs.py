"""Small runs for tests of rules and figures; their arrays refuse to be written to."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import RunData, Series, Stage, VectorSeries

NAN, INF = float("nan"), float("inf")
LONG = "x" * 200


def series(key: str, values: Sequence[float], steps: Sequence[int] | None = None) -> Series:
    """A series of one point a second; its steps count from 0 unless they are given."""
    step = np.arange(len(values)) if steps is None else np.asarray(steps)
    found = Series(key, step.astype(np.int64), step.astype(np.float64), np.asarray(values, dtype=np.float64))
    for array in (found.steps, found.times, found.values):
        array.flags.writeable = False
    return found


def vectors(
    family: str, rows: Sequence[Sequence[float]], names: Sequence[str] = ("embed", "h.0", "head")
) -> VectorSeries:
    """A vector series of one row a step."""
    values = np.asarray(rows, dtype=np.float32).reshape(len(rows), len(names))
    values.flags.writeable = False
    return VectorSeries(family, np.arange(len(rows)), np.arange(len(rows), dtype=np.float64), tuple(names), values)


def run_data(
    scalars: Mapping[str, Sequence[float]] | None = None,
    families: Mapping[str, Sequence[Sequence[float]]] | None = None,
    *,
    state: str = "finished",
    stages: tuple[Stage, ...] = (),
) -> RunData:
    """A run with those series, all from step 0 on."""
    return RunData(
        "abcd1234",
        state=state,
        series={key: series(key, values) for key, values in (scalars or {}).items()},
        vectors={family: vectors(family, rows) for family, rows in (families or {}).items()},
        stages=stages,
    )


def first_steps(data: RunData, count: int) -> RunData:
    """The run as it stood after `count` steps, still running."""
    return RunData(
        data.run_id,
        state="running",
        series={key: series(key, found.values[:count].tolist()) for key, found in data.series.items()},
        vectors={family: vectors(family, found.values[:count].tolist()) for family, found in data.vectors.items()},
    )


def float32(values: Sequence[object]) -> NDArray[np.float32]:
    """Numbers as figures send them."""
    return np.asarray(values, np.float32)
