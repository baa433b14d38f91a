"""Training and validation losses over the run, with nothing smoothed away."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.analysis.lookback import number_kind
from belvedere.analysis.losses import ANY_LOSS, LOSSES, is_evaluation, is_loss
from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData, Series, Stage
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.theme import (
    BAND_OPACITY,
    LINE_PX,
    SMALL_PX,
    Theme,
    faded,
    shortened,
    stage_colour,
    stage_dash,
    step_axis,
)

TOKENS = "tokens|train/tokens|*/tokens|*/total_tokens|total_tokens"
RAW_POINTS_MAX = 2000  # more than two per pixel column cannot be told apart
BUCKETS = 1000
MARKS_MAX = 200  # per series and kind of number
MARK_SYMBOLS = {"NaN": "triangle-down-open", "+Inf": "triangle-up", "-Inf": "triangle-down"}


@dataclass(frozen=True, eq=False)
class Curve:
    """One loss as drawn. Without `low` and `high` every point is raw; with them each is the mean of a bucket.

    x, y (b,) float64, NaN in y where the line is broken · low, high (b,) float64: the extremes of each bucket
    marks: kind of number -> (x of the mark, how many points it stands for), for what is not finite
    points, hidden: points logged, and those that a logarithmic axis cannot show
    """

    key: str
    is_evaluation: bool
    x: Floats
    y: Floats
    low: Floats | None
    high: Floats | None
    marks: dict[str, list[tuple[float, int]]]
    points: int
    hidden: int


@figure(
    id="loss_curves",
    title="Loss",
    needs=Needs(series=(ANY_LOSS,), optional=(*LOSSES, TOKENS)),
    options={"y": ("linear", "log"), "x": ("step", "tokens")},
    absent="No loss was recorded. Log it as train/loss.",
)
def loss_curves(data: RunData, *, theme: Theme, y: str, x: str) -> Drawing:
    """Every loss of the run in one plot: training as lines, validation as dots.

    What it shows: each logged point of `train/loss`, `loss`, any `*/loss`, `loss/*` or `*_loss`. Of a series with more
    than 2,000 points the line is the mean of 1,000 equal stretches and the band behind it their lowest and highest
    point, so no spike is lost. Triangles on the axis mark NaN and infinite values at their step. Vertical lines are
    changes of stage.

    How to read it: a smooth fall that flattens is health. A wide band is noise of small batches; a band that widens is
    an unstable learning rate. Validation that turns up while training falls is over-fitting. A triangle is where to
    start reading (`belvedere doctor`).

    What it does not show: nothing is smoothed or interpolated. A logarithmic axis cannot show values of 0 or less;
    they are counted under the title. Over tokens only points of steps that logged tokens too are drawn.
    """
    tokens = first_series(data, TOKENS)
    if x == "tokens" and tokens is None:
        return Refused("No series of tokens was recorded. Log it as train/tokens to see the loss over tokens.")
    losses = [series for key, series in data.series.items() if is_loss(key) and len(series)]
    axes = [_x_values(series, tokens if x == "tokens" else None) for series in losses]
    curves = [curve_info(series, axis, is_log=y == "log") for series, axis in zip(losses, axes)]
    if not any(np.isfinite(curve.y).any() or curve.marks for curve in curves):
        return Refused(
            f"None of the logged losses has a point to draw over {x} on a {y} axis. Choose y=linear, x=step."
        )
    drawn = go.Figure()
    for index, curve in enumerate(sorted(curves, key=lambda curve: (curve.is_evaluation, curve.key))):
        _draw_curve(drawn, curve, theme.lines[index % len(theme.lines)])
        _draw_marks(drawn, curve, theme)
    if x == "step":
        _draw_stages(drawn, data.stages, theme)
    _lay_out(drawn, x_axis=_x_axis(x, axes), y=y)
    return Drawn(drawn, "measured", _notes(curves, losses, axes))


def curve_info(series: Series, x: Floats, *, is_log: bool) -> Curve:
    """A series reduced to what a screen can show, its extremes and its broken numbers kept."""
    has_x = np.isfinite(x)
    order = np.argsort(x[has_x], kind="stable")
    x, values = x[has_x][order], series.values[has_x][order]
    marks = _marks(x, values)
    hidden = int((np.isfinite(values) & (values <= 0)).sum()) if is_log else 0
    y = np.where(np.isfinite(values) & ((values > 0) | (not is_log)), values, np.nan)
    low = high = None
    if len(x) > RAW_POINTS_MAX:
        x, y, low, high = _buckets(x, y)
    return Curve(series.key, is_evaluation(series.key), x, y, low, high, marks, len(series), hidden)


def _x_values(series: Series, tokens: Series | None) -> Floats:
    """(n,) the x of each point: its step, or the tokens logged at exactly that step, NaN where none were."""
    if tokens is None:
        return series.steps.astype(np.float64)
    at = np.searchsorted(tokens.steps, series.steps, side="right") - 1
    is_same = (at >= 0) & (tokens.steps[at] == series.steps)
    return np.where(is_same, tokens.values[at], np.nan)


def _buckets(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """First x, and mean, lowest and highest finite value, of BUCKETS equal stretches of x; empty ones are left out."""
    edges = np.linspace(x[0], x[-1], BUCKETS + 1)[:-1]
    starts = np.unique(np.searchsorted(x, edges, side="left"))
    known = np.isfinite(y)
    counts = np.add.reduceat(known.astype(np.float64), starts)
    sums = np.add.reduceat(np.where(known, y, 0.0), starts)
    mean = np.divide(sums, counts, out=np.full(len(starts), np.nan), where=counts > 0)
    low = np.minimum.reduceat(np.where(known, y, np.inf), starts)
    high = np.maximum.reduceat(np.where(known, y, -np.inf), starts)
    return x[starts], mean, np.where(counts > 0, low, np.nan), np.where(counts > 0, high, np.nan)


def _marks(x: Floats, values: Floats) -> dict[str, list[tuple[float, int]]]:
    """Where values are not finite, by kind; neighbours closer than a mark is wide share one that knows their number."""
    marks: dict[str, list[tuple[float, int]]] = {}
    bad = np.flatnonzero(~np.isfinite(values))
    width = (x[-1] - x[0]) / MARKS_MAX if len(x) else 0.0
    for index in bad.tolist():
        of_kind = marks.setdefault(number_kind(float(values[index])), [])
        if of_kind and x[index] - of_kind[-1][0] < width:
            of_kind[-1] = (of_kind[-1][0], of_kind[-1][1] + 1)
        else:
            of_kind.append((float(x[index]), 1))
    return marks


def _draw_curve(drawn: go.Figure, curve: Curve, colour: str) -> None:
    name = shortened(curve.key)
    if curve.low is not None and curve.high is not None:
        _draw_band(drawn, curve, colour)
    is_dotted = curve.is_evaluation or len(curve.x) == 1
    drawn.add_scatter(
        x=curve.x, y=curve.y, name=name, legendgroup=curve.key, connectgaps=False,
        mode="lines+markers" if is_dotted else "lines",
        line={"color": colour, "width": LINE_PX}, marker={"color": colour, "size": 6},
        hovertemplate=f"{name} %{{y:.4~g}}<extra></extra>",
    )  # fmt: skip
    lonely = _lonely(curve.y)
    if not is_dotted and lonely.any():  # a point between two gaps has no line to be seen by
        drawn.add_scatter(
            x=curve.x[lonely], y=curve.y[lonely], mode="markers", marker={"color": colour, "size": 4},
            legendgroup=curve.key, showlegend=False, hoverinfo="skip",
        )  # fmt: skip


def _lonely(y: Floats) -> NDArray[np.bool_]:
    known = np.concatenate(([False], np.isfinite(y), [False]))
    lonely: NDArray[np.bool_] = known[1:-1] & ~known[:-2] & ~known[2:]
    return lonely


def _draw_band(drawn: go.Figure, curve: Curve, colour: str) -> None:
    """Lowest to highest of each bucket: one closed outline for every unbroken stretch."""
    assert curve.low is not None
    assert curve.high is not None
    known = np.flatnonzero(np.isfinite(curve.y))
    outline_x: list[Floats] = []
    outline_y: list[Floats] = []
    gap = np.array([np.nan])
    for stretch in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        outline_x += [curve.x[stretch], curve.x[stretch][::-1], gap]
        outline_y += [curve.high[stretch], curve.low[stretch][::-1], gap]
    drawn.add_scatter(
        x=np.concatenate(outline_x), y=np.concatenate(outline_y), mode="lines", fill="toself",
        fillcolor=faded(colour, BAND_OPACITY), line={"color": faded(colour, 3 * BAND_OPACITY), "width": 0.5},
        legendgroup=curve.key, showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def _draw_marks(drawn: go.Figure, curve: Curve, theme: Theme) -> None:
    for kind, marks in curve.marks.items():
        texts = [f"{shortened(curve.key)} {kind}{f', {count:,} points' if count > 1 else ''}" for _, count in marks]
        drawn.add_scatter(
            x=np.array([x for x, _ in marks]), y=np.zeros(len(marks)), yaxis="y2", mode="markers", cliponaxis=False,
            marker={"symbol": MARK_SYMBOLS[kind], "size": 9, "color": theme.critical}, legendgroup=curve.key,
            showlegend=False, text=texts, hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip


def _draw_stages(drawn: go.Figure, stages: tuple[Stage, ...], theme: Theme) -> None:
    for stage in stages:
        drawn.add_vline(
            x=stage.step, line={"color": stage_colour(stage.name), "width": 1, "dash": stage_dash(stage.name)},
            annotation={
                "text": shortened(stage.name, characters=16), "font": {"size": SMALL_PX, "color": theme.second},
                "yref": "paper", "y": 1, "yanchor": "bottom", "xanchor": "left", "showarrow": False,
            },
        )  # fmt: skip


def _x_axis(x: str, axes: list[Floats]) -> dict[str, object]:
    if x == "tokens":
        return {"title": {"text": "tokens"}, "tickformat": "~s"}
    return step_axis(min(axis[0] for axis in axes), max(axis[-1] for axis in axes)) | {"tickformat": ",~d"}


def _lay_out(drawn: go.Figure, *, x_axis: dict[str, object], y: str) -> None:
    drawn.update_layout(
        xaxis=x_axis,
        yaxis={"title": {"text": "loss"}, "type": y, "tickformat": ".4~g"},
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0},
        margin={"b": 84},
        showlegend=True,
        hovermode="x unified",
    )


def _notes(curves: list[Curve], losses: list[Series], axes: list[Floats]) -> tuple[str, ...]:
    points = sum(curve.points for curve in curves)
    reduced = [curve for curve in curves if curve.low is not None]
    notes = [f"{points:,} of {points:,} points" if reduced else f"{points:,} points"]
    if reduced:
        notes[0] += f": line = mean, band = lowest to highest of {BUCKETS:,} stretches"
    for kind in MARK_SYMBOLS:
        counts = {curve.key: sum(count for _, count in curve.marks.get(kind, ())) for curve in curves}
        notes += [
            f"{shortened(key)}: {count:,} × {kind}, marked on the axis." for key, count in counts.items() if count
        ]
    if hidden := sum(curve.hidden for curve in curves):
        notes.append(f"{hidden:,} points of 0 or less cannot be shown on a logarithmic axis.")
    if without := sum(int((~np.isfinite(axis)).sum()) for axis in axes):
        notes.append(f"Left out for want of tokens at their step: {without:,} of {points:,} points.")
    return tuple(notes)
