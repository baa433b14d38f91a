"""The loss over step and learning rate: along one run, across runs of different rates, and from counterfactual steps.

One run is one curve: at every step it had one rate and one loss. A surface has other rates too, so it takes other runs,
or steps that were taken with other rates and then taken back (`probe/loss@2x`, on the same fixed batch).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import POINTS, as_of, last_of_each_step, reduced
from belvedere.analysis.measures import LOSS, RATE
from belvedere.analysis.readable import first_series
from belvedere.core.query import evenly_chosen
from belvedere.core.series import Floats, Ints, RunData, Series

PROBE = re.compile(r"^probe/loss@([0-9.]+(?:e[-+]?\d+)?)x$")
PROBE_RATE = "probe/lr"
BINS = 120
PROBED_MAX = 300  # steps
SAME_RATE = 1e-6  # relative: schedules are computed in float32 here and there


@dataclass(frozen=True, eq=False)
class Trail:
    """One run: loss and rate at its steps, long runs as means of stretches.

    steps (n,) int64 · rates, losses (n,) float64 · most: raw points of the longest stretch · nonfinite: raw losses left
    out
    """

    steps: Ints
    rates: Floats
    losses: Floats
    most: int
    nonfinite: int

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Runs by their highest rate, on common stretches of steps.

    steps (b,) float64: the middle of the steps of each stretch · rates (k,) rising · losses (k, b) float64: the mean
    loss in each stretch, NaN where no run of that rate logged one · runs: how many runs each rate has · asked: the row
    of the run that was asked for
    """

    steps: Floats
    rates: Floats
    losses: Floats
    runs: tuple[int, ...]
    asked: int


@dataclass(frozen=True, eq=False)
class Probes:
    """Counterfactual steps: the loss after one step at a multiple of the rate, on the same fixed batch.

    steps (p,) int64 · multiples (m,) rising, without 0 · losses (m, p) float64, NaN where not probed · before (p,): the
    loss without a step, NaN where unknown · rates (p,): the rate of multiple 1, NaN where unknown · probed: steps that
    were probed; of many only PROBED_MAX, evenly chosen, are here
    """

    steps: Ints
    multiples: Floats
    losses: Floats
    before: Floats
    rates: Floats
    probed: int


def trail(run: RunData, points: int = POINTS) -> Trail:
    """The curve of one run. The rate of a point is the last one logged at or before its step."""
    loss, rate = _loss_and_rate(run)
    few = reduced(loss, points)
    rates, _ = as_of(few.steps, rate)
    return Trail(few.steps, rates, few.mean, int(few.counts.max(initial=0)), int(few.nonfinite.sum()))


def sweep(runs: Sequence[RunData], bins: int = BINS) -> Sweep:
    """Runs as rows of a table, those without a finite loss or positive rate left out. The first was asked for."""
    peaks = [float(np.max(rate[rate > 0], initial=0.0)) for rate in (_loss_and_rate(run)[1].values for run in runs)]
    kept = [(peak, run) for peak, run in zip(peaks, runs) if 0 < peak < np.inf and _finite(run).any()]
    if not kept:
        return Sweep(np.zeros(0), np.zeros(0), np.zeros((0, 0)), (), 0)
    known = [_loss_and_rate(run)[0] for _, run in kept]
    first, last = min(int(one.steps[0]) for one in known), max(int(one.steps[-1]) for one in known)
    bins = max(1, min(bins, last - first + 1, max(len(one) for one in known)))
    edges = np.linspace(first, last + 1, bins + 1)
    rows: dict[float, list[Floats]] = defaultdict(list)
    for (peak, _), loss in zip(kept, known):
        same = next((rate for rate in rows if abs(rate - peak) <= SAME_RATE * peak), peak)
        rows[same].append(_binned(loss, edges))
    rates = sorted(rows)
    losses = np.stack([_mean(np.stack(rows[rate])) for rate in rates])
    asked = next((place for place, rate in enumerate(rates) if abs(rate - kept[0][0]) <= SAME_RATE * rate), 0)
    return Sweep(
        (edges[:-1] + edges[1:] - 1) / 2, np.array(rates), losses, tuple(len(rows[rate]) for rate in rates), asked
    )


def filled_inside(values: Floats) -> Floats:
    """Rows (k, b) with gaps inside the finite part of a row filled by straight lines; nothing before or after it."""
    filled: Floats = values.copy()
    for row in filled:
        known = np.flatnonzero(np.isfinite(row))
        if len(known) > 1:
            inside = np.arange(known[0], known[-1] + 1)
            row[inside] = np.interp(inside, known, row[known])
    return filled


def probes(run: RunData) -> Probes | None:
    """The counterfactual steps of a run; None where it has none of a multiple above 0."""
    named = ((PROBE.match(key), series) for key, series in run.series.items() if len(series))
    found = {float(match[1]): series for match, series in named if match}
    multiples = np.array(sorted(multiple for multiple in found if multiple > 0))
    if not len(multiples):
        return None
    columns = {multiple: last_of_each_step(series) for multiple, series in found.items()}
    steps = np.unique(np.concatenate([own for multiple, (own, _) in columns.items() if multiple > 0]))
    probed, steps = len(steps), steps[evenly_chosen(len(steps), PROBED_MAX)]
    before = _placed(steps, *columns[0.0]) if 0.0 in columns else np.full(len(steps), np.nan)
    rate = run.series.get(PROBE_RATE)
    rates = np.full(len(steps), np.nan) if rate is None else _placed(steps, *last_of_each_step(rate))
    losses = np.stack([_placed(steps, *columns[multiple]) for multiple in multiples.tolist()])
    return Probes(steps, multiples, losses, before, rates, probed)


def windows(found: Trail, size: int) -> Ints:
    """Places (r, w) of the overlapping windows that the decorative surface has as rows: a quarter of a window apart, at
    least two of them, the last one ending with the curve."""
    count = len(found)
    size = min(size, count - max(1, count // 5))
    starts = np.unique([*range(0, count - size + 1, max(1, size // 4)), count - size])
    return np.asarray(starts[:, None] + np.arange(size), np.int64)


def _loss_and_rate(run: RunData) -> tuple[Series, Series]:
    loss, rate = first_series(run, LOSS), first_series(run, RATE)
    nothing = Series("", np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    return loss or nothing, rate or nothing


def _finite(run: RunData) -> Floats:
    return np.isfinite(_loss_and_rate(run)[0].values).astype(np.float64)


def _binned(series: Series, edges: Floats) -> Floats:
    """(b,): the mean of the finite values in each stretch, NaN where there are none."""
    finite = np.isfinite(series.values)
    place = np.searchsorted(edges, series.steps[finite], side="right") - 1
    counts = np.bincount(place, minlength=len(edges) - 1)
    sums = np.bincount(place, weights=series.values[finite], minlength=len(edges) - 1)
    means: Floats = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return means


def _mean(rows: Floats) -> Floats:
    known = np.isfinite(rows)
    sums, counts = np.where(known, rows, 0.0).sum(axis=0), known.sum(axis=0)
    means: Floats = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return means


def _placed(steps: Ints, own: Ints, values: Floats) -> Floats:
    """(p,): the values at those steps, NaN where there is none or it is infinite."""
    placed = np.full(len(steps), np.nan)
    _, here, there = np.intersect1d(steps, own, assume_unique=True, return_indices=True)
    placed[here] = np.where(np.isfinite(values[there]), values[there], np.nan)
    return placed
