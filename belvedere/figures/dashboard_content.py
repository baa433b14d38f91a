"""What the PNG dashboard shows, computed and reduced: from a recorded run, or from a feed that grows beside a training.

Losses are in the unit they were logged in, accuracy is in percent, throughput in tokens a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.contents import TableContent, table, text
from belvedere.analysis.joins import Reduced, finite_rows, joined, reduced, thinned_rows
from belvedere.analysis.readable import Readable, first_series
from belvedere.core.errors import NotFound
from belvedere.core.query import Needs
from belvedere.core.series import Floats, Ints, Media, RunData, Series
from belvedere.figures.dashboard_verdict import START_VALUES, verdict

POINTS = 2000
AVERAGE_STEPS = 50
RECENT_STEPS = 500
SAMPLES = 5
FIRST_LOOKED_AT = 1000  # values among which those of the start are
LOSSES = ("train/loss", "loss", "train_loss")
LOSS = "|".join((*LOSSES, "rl/nll", "val/loss"))  # the last two are drawn under their own names and not judged
REWARD = "reward"
ACCURACY = f"train/accuracy|accuracy|train_accuracy|{REWARD}|val/accuracy|pass@1"
THROUGHPUT = (
    "train/tok_per_sec|tokens_per_sec|throughput/tokens_per_sec|train/tokens_per_sec|efficiency/tokens_per_sec|"
    "*/tok_per_sec|*/samples_per_sec|samples_per_sec"
)
RATE = "train/lr|lr|learning_rate|train/learning_rate"
TABLES = "table:samples|table:completions"
TEXTS = "text:samples|text:samples/*|text:sample"
NEEDS = Needs(optional=(LOSS, ACCURACY, THROUGHPUT, RATE), optional_media=(TABLES, TEXTS))
SAMPLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "input": ("input", "prompt", "question"),
    "output": ("output", "completion", "prediction", "text"),
    "target": ("target", "answer", "label"),
    "accuracy": ("accuracy", "reward", "score"),
}


@dataclass(frozen=True, eq=False)
class Curve:
    """One quantity as it is drawn.

    points: at most POINTS · average (b,): the mean of the last AVERAGE_STEPS finite values, one for each point, NaN
    where there are fewer than two · nan, posinf, neginf: steps at which it was no number · start: the mean of its first
    values · last: its last value, finite or not
    """

    key: str
    points: Reduced
    average: Floats
    nan: Ints
    posinf: Ints
    neginf: Ints
    start: float
    last: float

    @property
    def count(self) -> int:
        """Raw values that it stands for."""
        return int(self.points.counts.sum())


@dataclass(frozen=True)
class Sample:
    """What the model was given and what it said. `target` is "" where it is not known; accuracy is a share of 1, or a
    number such as a reward, which is shown as it is, None or NaN where it is not known."""

    step: int
    input: str
    output: str
    target: str = ""
    accuracy: float | None = None


@dataclass(frozen=True, eq=False)
class Together:
    """Loss and accuracy at the steps that have both: steps (n,), loss (n,), accuracy (n,) in percent. `counts` (n,) raw
    steps that each stands for."""

    steps: Ints
    loss: Floats
    accuracy: Floats
    counts: Ints


@dataclass(frozen=True, eq=False)
class Recent:
    """The last RECENT_STEPS values of loss, and of accuracy over the same steps (in percent), as they came."""

    loss_steps: Ints
    loss: Floats
    accuracy_steps: Ints
    accuracy: Floats


@dataclass(frozen=True, eq=False)
class Content:
    """Everything on one dashboard. A curve is None where nothing was measured. `verdict` says what is wrong with the
    loss, "" if nothing is to be said."""

    name: str
    state: str
    step: int
    loss: Curve | None
    accuracy: Curve | None
    throughput: Curve | None
    rate: Curve | None
    together: Together
    recent: Recent
    samples: tuple[Sample, ...]
    verdict: str
    is_percent: bool = True  # whether accuracy is; a reward that is no share of 1 stands in as it was logged


def content_of(run: Readable) -> Content:
    """The dashboard of a recorded run, as far as it goes now."""
    return content_of_data(run.data(NEEDS))


def content_of_data(data: RunData) -> Content:
    """The dashboard of series that are in memory; O(n), a few milliseconds for a million steps."""
    found = {name: first_series(data, entry) for name, entry in _entries().items()}
    loss, accuracy = found["loss"], in_percent(found["accuracy"])
    is_percent = accuracy is None or accuracy.key != REWARD or accuracy is not found["accuracy"]
    curve = None if loss is None else curve_of(loss)
    steps = [int(series.steps[-1]) for series in found.values() if series is not None]
    return Content(
        name=data.name or data.run_id, state=data.state, step=max(steps, default=0),
        loss=curve, accuracy=None if accuracy is None else curve_of(accuracy),
        throughput=None if found["throughput"] is None else curve_of(found["throughput"]),
        rate=None if found["rate"] is None else curve_of(found["rate"]),
        together=_together(loss, accuracy), recent=_recent(loss, accuracy), samples=samples_of(data.media),
        verdict=verdict(curve.points, start=curve.start, last=curve.last) if curve and curve.key in LOSSES else "",
        is_percent=is_percent,
    )  # fmt: skip


def _entries() -> dict[str, str]:
    return {"loss": LOSS, "accuracy": ACCURACY, "throughput": THROUGHPUT, "rate": RATE}


def curve_of(series: Series) -> Curve:
    """A whole series as a curve."""
    points = reduced(series, POINTS)
    finite = np.isfinite(series.values)
    first = series.values[np.flatnonzero(finite[:FIRST_LOOKED_AT])[:START_VALUES]]
    with np.errstate(over="ignore"):
        start = float(first.mean()) if len(first) else float("nan")
    steps, values = series.steps[~finite], series.values[~finite]
    nan, posinf, neginf = (_spread(steps[flags]) for flags in (np.isnan(values), values > 0, values < 0))
    return Curve(
        series.key,
        points,
        moving_mean_at(series.values, np.cumsum(points.counts) - points.counts),
        nan,
        posinf,
        neginf,
        start,
        float(series.values[-1]),
    )


def moving_mean_at(values: Floats, places: Ints, window: int = AVERAGE_STEPS) -> Floats:
    """(b,): at each place the mean of the finite ones among the `window` values that end there, from the second value
    on; NaN where there is none."""
    rows = places[:, None] - np.arange(window)  # (b, window)
    found = np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)
    finite = np.isfinite(found)
    counts = finite.sum(axis=1)
    with np.errstate(over="ignore"):  # a mean beyond 1e308 is told as infinite
        sums = np.where(finite, found, 0.0).sum(axis=1)
    is_known = (counts > 0) & (places > 0)
    found_means: Floats = np.divide(sums, counts, out=np.full(len(places), np.nan), where=is_known)
    return found_means


def in_percent(series: Series | None) -> Series | None:
    """Accuracy in percent: one that never passes 1 was logged as a fraction. A reward below 0 is none."""
    if series is None or not is_fraction(series.values):
        return series
    if series.key == REWARD and bool((series.values < 0).any()):
        return series
    return Series(series.key, series.steps, series.times, series.values * 100.0)


def is_fraction(values: Floats) -> bool:
    """Whether accuracies were logged as shares of 1."""
    finite = values[np.isfinite(values)]
    return bool(len(finite)) and float(finite.max()) <= 1.0


def _together(loss: Series | None, accuracy: Series | None) -> Together:
    if loss is None or accuracy is None:
        return NOT_TOGETHER
    rows = finite_rows(thinned_rows(joined(loss, accuracy), POINTS))
    return Together(rows.steps, rows.columns[0], rows.columns[1], rows.counts)


def _recent(loss: Series | None, accuracy: Series | None) -> Recent:
    if loss is None:
        own = slice(-RECENT_STEPS, None)
        return NOT_RECENT if accuracy is None else Recent(_NONE, _EMPTY, accuracy.steps[own], accuracy.values[own])
    steps = loss.steps[-RECENT_STEPS:]
    if accuracy is None:
        return Recent(steps, loss.values[-RECENT_STEPS:], _NONE, _EMPTY)
    first = int(np.searchsorted(accuracy.steps, steps[0])) if len(steps) else 0
    return Recent(steps, loss.values[-RECENT_STEPS:], accuracy.steps[first:], accuracy.values[first:])


def _spread(steps: Ints, most: int = 200) -> Ints:
    """At most `most` of the steps, evenly spread: marks beyond that lie on each other."""
    return steps if len(steps) <= most else steps[np.linspace(0, len(steps) - 1, most).astype(np.intp)]


# ---- samples -------------------------------------------------------------------------------------------------------


def samples_of(media: Mapping[str, Sequence[Media]]) -> tuple[Sample, ...]:
    """The last SAMPLES samples, oldest first: rows of tables, or texts where there is no table."""
    found: list[Sample] = []
    items = [(one, key) for key, listed in media.items() for one in listed]
    for one, key in sorted(items, key=lambda item: item[0].step, reverse=True):
        prompt = key.partition("/")[2]  # `samples/PROMPT`
        try:
            rows = _rows(table(one), one.step) if one.type == "table" else [Sample(one.step, prompt, text(one))]
        except NotFound:  # the file of this one was not copied with the run
            continue
        found = [*rows, *found]
        if len(found) >= SAMPLES:
            break
    return tuple(found[-SAMPLES:])


def _rows(content: TableContent, step: int) -> list[Sample]:
    places = {
        field: next((content.columns.index(name) for name in names if name in content.columns), None)
        for field, names in {"step": ("step",), **SAMPLE_COLUMNS}.items()
    }
    found = []
    for row in content.rows[-SAMPLES:]:
        cells = {field: "" if place is None else row[place] for field, place in places.items()}
        at, score = cells["step"], cells["accuracy"]
        step_then = int(at) if isinstance(at, int | float) else step
        accuracy = float(score) if isinstance(score, int | float) else None
        words = [_words(cells[field]) for field in ("input", "output", "target")]
        found.append(Sample(step_then, words[0], words[1], words[2], accuracy))
    return found


def _words(cell: object) -> str:
    return "" if cell is None else str(cell)


_NONE, _EMPTY = np.zeros(0, np.int64), np.zeros(0)
NOT_TOGETHER = Together(_NONE, _EMPTY, _EMPTY, _NONE)
NOT_RECENT = Recent(_NONE, _EMPTY, _NONE, _EMPTY)
