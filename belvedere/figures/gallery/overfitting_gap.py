"""Validation loss minus training loss: how far the model does better on what it has seen."""

from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import last_of_each_step
from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, Ints, RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import Hairline, add_hairlines, add_stages, lay_out_lines
from belvedere.figures.scene import thin
from belvedere.figures.theme import BAND_OPACITY, LINE_PX, Theme, faded, step_axis
from belvedere.figures.words import counted

TRAIN = "train/loss|loss|train_loss|*/train_loss"
VALIDATION = "val/loss|eval/loss|eval/val_loss|val_loss|valid/loss|test/loss|*/val_loss"
RESAMPLES = 100
BLOCK = 16  # losses next to each other depend on each other; blocks of this length keep that
EVALUATIONS_MAX = 120  # evenly chosen ones of more; each is resampled
STRETCH_MAX = 1000  # training points before one evaluation that are resampled
Z95 = 1.96


@dataclass(frozen=True, eq=False)
class Gap:
    """At each evaluation (e,): its step, the gap (validation minus the mean training loss since the evaluation before),
    the half width of its 95 % band, and the validation loss.

    evaluations: how many there were; of many only EVALUATIONS_MAX are drawn
    turns_at: the first evaluation from which on validation rises while the gap grows to the end; None if there is none
    """

    steps: Ints
    gap: Floats
    half_width: Floats
    validation: Floats
    evaluations: int
    turns_at: int | None


@figure(
    id="overfitting_gap",
    title="Over-fitting gap",
    family="loss",
    needs=Needs(series=(TRAIN, VALIDATION)),
    absent="The gap needs a training and a validation loss. Log them as train/loss and val/loss.",
)
def overfitting_gap(data: RunData, *, theme: Theme) -> Drawing:
    """Validation loss minus training loss at every evaluation, with the uncertainty that the noise of batches leaves.

    What it shows: at each evaluation the validation loss minus the mean training loss of the steps since the evaluation
    before. The band is where the gap lies with 95 % confidence, from a moving-block bootstrap of those training losses
    (Künsch 1989; blocks of 16 steps, 100 resamples, fixed seed).

    How to read it: a gap near zero is a model that learns what holds for all text; a small constant one is normal. A
    gap that grows while validation falls is memorising that still pays. From the marked step on validation rises while
    the gap grows: the best checkpoint lies before it; stop there, add data or regularise.

    What it does not show: the training loss comes from weights that were still moving and may include dropout, so a
    gap below zero is possible. The uncertainty of the validation loss itself is not in the band.
    """
    train, validation = first_series(data, TRAIN), first_series(data, VALIDATION)
    assert train is not None
    assert validation is not None
    found = gap_of(train, validation)
    if not len(found.steps):
        return Refused("No evaluation comes after a training loss yet. The gap appears with the next one.")
    drawn = Canvas()
    low, high = found.gap - found.half_width, found.gap + found.half_width
    drawn.add_scatter(
        x=np.concatenate([found.steps, found.steps[::-1]]), y=thin(np.concatenate([high, low[::-1]])), fill="toself",
        mode="lines", line={"width": 0}, fillcolor=faded(theme.lines[0], BAND_OPACITY), hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    drawn.add_scatter(
        x=found.steps, y=thin(found.gap), mode="lines+markers", name="validation − training",
        line={"color": theme.lines[0], "width": LINE_PX}, marker={"size": 6}, customdata=thin(found.half_width),
        hovertemplate="gap %{y:.4~g} ± %{customdata:.2~g}<extra></extra>",
    )  # fmt: skip
    marks = [Hairline("y", 0, theme.strong_line)]
    if found.turns_at is not None:
        marks.append(Hairline("x", found.turns_at, theme.warning, "dash", "validation rises"))
    add_hairlines(drawn, marks, theme)
    add_stages(drawn, data.stages, theme)
    y_axis: dict[str, object] = {"title": {"text": "gap"}, "tickformat": ".4~g"}
    lay_out_lines(drawn, x_axis=step_axis(int(found.steps[0]), int(found.steps[-1])), y_axis=y_axis)
    return Drawn(drawn, "measured", _notes(found))


def gap_of(train: Series, validation: Series) -> Gap:
    """The gap at every finite evaluation that has finite training losses since the one before."""
    steps, values = last_of_each_step(validation)
    keep = np.isfinite(values)
    steps, values = steps[keep], values[keep]
    evaluations = len(steps)
    chosen = evenly_chosen(len(steps), EVALUATIONS_MAX)
    steps, values = steps[chosen], values[chosen]
    rng = np.random.default_rng(0)
    rows: list[tuple[int, float, float, float]] = []
    since = -1
    for step, value in zip(steps.tolist(), values.tolist()):
        first, last = np.searchsorted(train.steps, [since + 1, step + 1])
        stretch = train.values[max(first, last - STRETCH_MAX) : last]
        stretch = stretch[np.isfinite(stretch)]
        since = step
        if len(stretch):
            rows.append((step, value - float(stretch.mean()), Z95 * _standard_error(stretch, rng), value))
    found = np.array(rows, np.float64).reshape(-1, 4)
    turns_at = _turn(found[:, 0], found[:, 1], found[:, 3])
    return Gap(found[:, 0].astype(np.int64), found[:, 1], found[:, 2], found[:, 3], evaluations, turns_at)


def _standard_error(values: Floats, rng: np.random.Generator) -> float:
    """Of the mean, by a moving-block bootstrap; NaN for a single value."""
    if len(values) < 2:
        return float("nan")
    length = min(BLOCK, max(1, len(values) // 4))
    blocks = -(-len(values) // length)
    unit = float(np.abs(values).max()) or 1.0  # squares of losses that explode are more than a float can hold
    sums = np.concatenate([[0.0], np.cumsum(values / unit)])
    means = (sums[length:] - sums[:-length]) / length  # of the block that begins at each place
    picked = rng.integers(0, len(means), size=(RESAMPLES, blocks))
    return unit * float(means[picked].mean(axis=1).std(ddof=1))


def _turn(steps: Floats, gap: Floats, validation: Floats) -> int | None:
    """The step of the lowest validation loss, if both it and the gap have grown clearly since; else None."""
    if len(steps) < 4:
        return None
    best = int(np.argmin(validation))
    after = validation[best + 1 :]
    noise = 1.4826 * float(np.median(np.abs(np.diff(validation) - np.median(np.diff(validation)))))
    is_up = len(after) >= 3 and bool((after[-3:] > validation[best] + noise).all()) and gap[-1] > gap[best]
    return int(steps[best]) if is_up else None


def _notes(found: Gap) -> tuple[str, ...]:
    shown = f"{len(found.steps):,} of " if len(found.steps) < found.evaluations else ""
    notes = [
        f"{shown}{counted(found.evaluations, 'evaluation')}",
        f"Last gap {found.gap[-1]:+.4g} ± {found.half_width[-1]:.2g}."
        if np.isfinite(found.half_width[-1])
        else f"Last gap {found.gap[-1]:+.4g}, from a single training loss, so without a band.",
    ]
    if found.turns_at is not None:
        notes.append(f"Validation is lowest at step {found.turns_at:,} and rises since, while the gap grows.")
    return tuple(notes)
