"""What was unusual just before a step: the first odd learning rate, gradient or update, for rules that name a cause.

A failure shows in the loss one step after it happened in the weights, so only steps strictly before count as causes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import RunData, Series, VectorSeries

LOOK_BACK_STEPS = 20
REFERENCE_POINTS = 100  # how far back "usual" is measured; short, because gradients drift over a run
REFERENCE_POINTS_MIN = 5
EVERYWHERE = "every block at once"
SPIKE_RATIO = 10.0  # over the running median; single large gradients reach 3 to 5 in healthy runs
RATE_JUMP_RATIO = 3.0  # from one logged step to the next; after their first steps schedules move by far less

LEARNING_RATE_KEYS = ("lr", "*/lr", "lr/*", "learning_rate", "*/learning_rate")
GRADIENT_KEYS = ("grad_norm", "*/grad_norm", "grad_norm/*", "*/global_norm")
VECTOR_FAMILIES = ("grad_norm", "update_ratio", "weight_norm")
SIGNALS = (*LEARNING_RATE_KEYS, *GRADIENT_KEYS, *VECTOR_FAMILIES)  # the `optional` part of a rule's needs

Signal = Literal["learning rate", "spike", "not finite"]
_SIGNAL_ORDER: tuple[Signal, ...] = ("learning rate", "spike", "not finite")
_RATE_NAME = re.compile(r"(^|/)(lr|learning_rate)($|/)")


@dataclass(frozen=True)
class Anomaly:
    """One signal that was unusual at `step`, as a clause with its numbers; `value` is None where it was not finite."""

    series: str
    step: int
    signal: Signal
    text: str
    value: float | None


def anomalies(data: RunData, *, before: int) -> list[Anomaly]:
    """The first anomaly of each signal in the look-back window that ends before a step, earliest first."""
    found = [first for series in data.series.values() if (first := _first_in_series(series, before))]
    for vectors in data.vectors.values():
        rows = _window(vectors.steps, before)
        found += [first for each in (_spikes(vectors, rows), _breaks(vectors, rows)) if (first := next(each, None))]
    return sorted(found, key=lambda anomaly: (anomaly.step, _SIGNAL_ORDER.index(anomaly.signal), anomaly.series))


def spread(data: RunData, *, since: int) -> list[Anomaly]:
    """Per vector family the first row from a step on that has blocks which were not finite, if others still were."""
    rows = [(vectors, np.flatnonzero(vectors.steps >= since)[:1]) for vectors in data.vectors.values()]
    found = [first for vectors, row in rows if (first := next(_breaks(vectors, row), None))]
    return [anomaly for anomaly in found if EVERYWHERE not in anomaly.text]


def signals_recorded(data: RunData, *, before: int) -> list[str]:
    """The names of the signals that have at least one point in the look-back window."""
    rows = {key: series.steps for key, series in data.series.items() if _kind(key)}
    rows |= {family: vectors.steps for family, vectors in data.vectors.items()}
    return [name for name, steps in rows.items() if len(_window(steps, before))]


def number_kind(value: float) -> str:
    """NaN, +Inf or -Inf, as they are written everywhere."""
    if np.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def _kind(key: str) -> Literal["rate", "gradient", ""]:
    if _RATE_NAME.search(key):
        return "rate"
    return "gradient" if "grad_norm" in key or key.endswith("global_norm") else ""


def _window(steps: NDArray[np.int64], before: int) -> NDArray[np.intp]:
    """Indices of the rows with before - LOOK_BACK_STEPS <= step < before."""
    return np.flatnonzero((steps >= before - LOOK_BACK_STEPS) & (steps < before))


def _first_in_series(series: Series, before: int) -> Anomaly | None:
    kind = _kind(series.key)
    for row in _window(series.steps, before) if kind else ():
        anomaly = _rate_jump(series, int(row)) if kind == "rate" else _gradient_anomaly(series, int(row))
        if anomaly:
            return anomaly
    return None


def _rate_jump(series: Series, row: int) -> Anomaly | None:
    # The first points belong to warm-up, which may begin at 0 and double at each step.
    if row < REFERENCE_POINTS_MIN:
        return None
    previous, value = float(series.values[row - 1]), float(series.values[row])
    step = int(series.steps[row])
    if not np.isfinite(value):
        return Anomaly(series.key, step, "learning rate", f"the learning rate was {number_kind(value)}", None)
    if previous <= 0 or value <= RATE_JUMP_RATIO * previous:
        return None
    text = f"the learning rate jumped from {previous:.4g} to {value:.4g}"
    return Anomaly(series.key, step, "learning rate", text, value)


def _gradient_anomaly(series: Series, row: int) -> Anomaly | None:
    value, step = float(series.values[row]), int(series.steps[row])
    if not np.isfinite(value):
        return Anomaly(series.key, step, "not finite", f"{series.key} was {number_kind(value)}", None)
    earlier = series.values[max(0, row - REFERENCE_POINTS) : row]
    earlier = earlier[np.isfinite(earlier)]
    if len(earlier) < REFERENCE_POINTS_MIN:
        return None
    usual = float(np.median(earlier))
    if usual <= 0 or value <= SPIKE_RATIO * usual:
        return None
    text = f"{series.key} was {value:.4g}, {value / usual:.0f} times its usual"
    return Anomaly(series.key, step, "spike", text, value)


def _spikes(vectors: VectorSeries, rows: NDArray[np.intp]) -> Iterator[Anomaly]:
    """Rows in which a component stands far above its own running median, the component with the largest ratio named."""
    for row in rows:
        earlier = vectors.values[max(0, row - REFERENCE_POINTS) : row].astype(np.float64)  # (r, k)
        known = np.flatnonzero(
            (np.isfinite(earlier).sum(axis=0) >= REFERENCE_POINTS_MIN) & np.isfinite(vectors.values[row])
        )
        if not len(known):
            continue
        usual = np.nanmedian(np.where(np.isfinite(earlier), earlier, np.nan)[:, known], axis=0)  # (known,)
        values = vectors.values[row, known].astype(np.float64)
        ratios = np.divide(values, usual, out=np.zeros_like(values), where=usual > 0)
        top = int(np.argmax(ratios))
        if ratios[top] > SPIKE_RATIO:
            name, value = vectors.names[known[top]], float(values[top])
            text = f"{vectors.family} of {name} was {value:.4g}, {ratios[top]:.0f} times its usual"
            yield Anomaly(vectors.family, int(vectors.steps[row]), "spike", text, value)


def _breaks(vectors: VectorSeries, rows: NDArray[np.intp]) -> Iterator[Anomaly]:
    """Rows in which components stop being finite. NaN may mean "not logged", so it counts only after a finite value."""
    for row in rows:
        values = vectors.values[row]
        was_finite = np.isfinite(vectors.values[row - 1]) if row else np.zeros(len(values), dtype=bool)
        broken = np.flatnonzero(np.isinf(values) | (np.isnan(values) & was_finite))
        if len(broken):
            # Back-propagation runs from the last block to the first, so the last broken one broke first.
            name, kind = vectors.names[broken[-1]], number_kind(float(values[broken[-1]]))
            share = f"{len(broken)} of {len(values)} blocks not finite"
            where = EVERYWHERE if len(broken) == len(values) else f"{name} first ({share})"
            text = f"{vectors.family} was {kind}, {where}"
            yield Anomaly(vectors.family, int(vectors.steps[row]), "not finite", text, None)
