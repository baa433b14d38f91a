"""One way to draw a long series flat: its mean, the band of its extremes, and marks for what is no number.

A module of the gallery makes a `Curve` of each series (`curve_of`), draws it (`add_curve`), the stages behind it
(`add_stages`), and says what was reduced or hidden (`curve_notes`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.stretches import over_stretches
from belvedere.core.series import Floats, Ints, Series, Stage
from belvedere.figures.canvas import Canvas
from belvedere.figures.scene import thin
from belvedere.figures.theme import (
    BAND_OPACITY,
    LINE_PX,
    SMALL_PX,
    Theme,
    faded,
    shortened,
    stage_colour,
    stage_dash,
)
from belvedere.figures.words import counted

RAW_POINTS_MAX = 2000  # more than two per pixel column cannot be told apart
BUCKETS = 1000
MARKS_MAX = 200  # per series and kind of number
MARK_SYMBOLS = {"NaN": "triangle-down-open", "+Inf": "triangle-up", "-Inf": "triangle-down"}
MARKS_AXIS = "y9"


@dataclass(frozen=True, eq=False)
class Curve:
    """One series as drawn. Without `low` and `high` every point is raw; with them each is the mean of a bucket.

    x, y (b,) float64, NaN in y where the line is broken · low, high (b,) float64: the extremes of each bucket
    marks: kind of number -> (x of the mark, how many points it stands for), for what is not finite
    points, hidden: points logged, and those that a logarithmic axis cannot show
    """

    key: str
    x: Floats
    y: Floats
    low: Floats | None
    high: Floats | None
    marks: dict[str, list[tuple[float, int]]]
    points: int
    hidden: int


def curve_of(series: Series, x: Floats | None = None, *, is_log: bool = False) -> Curve:
    """A series over its steps, or over `x` (n,), reduced to what a screen can show, its extremes and its broken numbers
    kept. What has no x is left out."""
    places, values = _placed(series, x)
    starts = _starts(places)
    found = over_stretches(values[None], starts, above=0.0 if is_log else -np.inf)
    broken = values[found.odd]
    is_finite = np.isfinite(broken)
    marks = _marks(places, found.odd[~is_finite], broken[~is_finite])
    at = places[starts].astype(np.float64)
    is_reduced = len(starts) < len(places)
    low, high = (found.low[0], found.high[0]) if is_reduced else (None, None)
    return Curve(series.key, at, found.mean[0], low, high, marks, len(series), int(is_finite.sum()))


def _placed(series: Series, x: Floats | None) -> tuple[Floats | Ints, Floats]:
    """The x of every point that has one, rising, with the values there."""
    if x is None:
        return series.steps, series.values
    has_x = np.isfinite(x)
    x, values = x[has_x], series.values[has_x]
    if (x[1:] < x[:-1]).any():
        order = np.argsort(x, kind="stable")
        x, values = x[order], values[order]
    return x, values


def _starts(x: Floats | Ints) -> NDArray[np.intp]:
    """Every point while they can be told apart, then the first of each of BUCKETS equal stretches of x; empty ones are
    left out."""
    if len(x) <= RAW_POINTS_MAX:
        return np.arange(len(x))
    edges = np.linspace(x[0], x[-1], BUCKETS + 1)[:-1]
    return np.unique(np.searchsorted(x, edges, side="left"))


def add_curve(
    figure: Canvas, curve: Curve, *, colour: str, theme: Theme, name: str = "", is_dotted: bool = False,
    yaxis: str = "y", dash: str = "solid",
) -> None:  # fmt: skip
    """Draw a curve with its band and marks; `is_dotted` shows every point, as evaluations are shown."""
    name = name or shortened(curve.key)
    if curve.low is not None and curve.high is not None:
        _add_band(figure, curve, colour, yaxis)
    is_dotted = is_dotted or len(curve.x) == 1
    figure.add_scatter(
        x=curve.x, y=thin(curve.y), name=name, legendgroup=curve.key, connectgaps=False, yaxis=yaxis,
        mode="lines+markers" if is_dotted else "lines",
        line={"color": colour, "width": LINE_PX, "dash": dash}, marker={"color": colour, "size": 6},
        hovertemplate=f"{name} %{{y:.4~g}}<extra></extra>",
    )  # fmt: skip
    lonely = _lonely(curve.y)
    if not is_dotted and lonely.any():  # a point between two gaps has no line to be seen by
        figure.add_scatter(
            x=curve.x[lonely], y=thin(curve.y[lonely]), mode="markers", marker={"color": colour, "size": 4},
            legendgroup=curve.key, showlegend=False, hoverinfo="skip", yaxis=yaxis,
        )  # fmt: skip
    _add_marks(figure, curve, theme)


@dataclass(frozen=True)
class Hairline:
    """A thin line across the whole plot: at a step (`axis` "x") or at a height (`axis` "y"), with words at its end."""

    axis: Literal["x", "y"]
    at: float
    colour: str
    dash: str = "solid"
    words: str = ""


def add_hairlines(figure: Canvas, hairlines: Sequence[Hairline], theme: Theme) -> None:
    """Draw all of them in one change of the layout: Plotly's own add_vline takes 20 ms a line."""
    shapes, notes = [], []
    for one in hairlines:
        other = "y" if one.axis == "x" else "x"
        shapes.append(
            {
                "type": "line", "line": {"color": one.colour, "width": 1, "dash": one.dash}, f"{one.axis}0": one.at,
                f"{one.axis}1": one.at, f"{other}ref": "paper", f"{other}0": 0, f"{other}1": 1,
            }
        )  # fmt: skip
        if one.words:
            place = (
                {"x": one.at, "yref": "paper", "y": 1} if one.axis == "x" else {"xref": "paper", "x": 0, "y": one.at}
            )
            font = {"size": SMALL_PX, "color": theme.second}
            notes.append(
                place | {"text": one.words, "font": font, "yanchor": "bottom", "xanchor": "left", "showarrow": False}
            )
    if shapes:
        figure.layout.shapes = [*figure.layout.shapes, *shapes]
        figure.layout.annotations = [*figure.layout.annotations, *notes]


def add_stages(figure: Canvas, stages: tuple[Stage, ...], theme: Theme) -> None:
    """Hairlines where a stage begins, with its name at the top."""
    lines = [
        Hairline(
            "x", stage.step, stage_colour(stage.name), stage_dash(stage.name), shortened(stage.name, characters=16)
        )
        for stage in stages
    ]
    add_hairlines(figure, lines, theme)


def lay_out_lines(figure: Canvas, *, x_axis: dict[str, object], y_axis: dict[str, object]) -> None:
    """Axes, and a legend under them in one row."""
    figure.update_layout(
        xaxis=x_axis, yaxis=y_axis, showlegend=True, hovermode="x unified", margin={"b": 84},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0},
    )  # fmt: skip


def curve_notes(curves: Sequence[Curve], *, what: str = "point") -> tuple[str, ...]:
    """How many points there are and how they were reduced, what was not finite, and what a logarithmic axis hides."""
    points = sum(curve.points for curve in curves)
    is_reduced = any(curve.low is not None for curve in curves)
    notes = [f"{points:,} of {counted(points, what)}" if is_reduced else counted(points, what)]
    if is_reduced:
        notes[0] += f": line = mean, band = lowest to highest of {BUCKETS:,} stretches"
    for kind in MARK_SYMBOLS:
        counts = {curve.key: sum(count for _, count in curve.marks.get(kind, ())) for curve in curves}
        notes += [
            f"{shortened(key)}: {count:,} × {kind}, marked on the axis." for key, count in counts.items() if count
        ]
    if hidden := sum(curve.hidden for curve in curves):
        notes.append(f"Not shown on a logarithmic axis, 0 or less: {counted(hidden, 'point')}.")
    return tuple(notes)


def _marks(x: Floats | Ints, places: NDArray[np.intp], values: Floats) -> dict[str, list[tuple[float, int]]]:
    """Numbers (m,) that are none, at `places` of x, by kind; those closer than a mark is wide share one that knows how
    many they are."""
    width = float(x[-1] - x[0]) / MARKS_MAX if len(x) else 0.0
    kinds = {"NaN": np.isnan(values), "+Inf": values == np.inf, "-Inf": values == -np.inf}
    marks: dict[str, list[tuple[float, int]]] = {}
    for kind, is_kind in kinds.items():
        at = x[places[is_kind]].astype(np.float64)
        if not len(at):
            continue
        cells = np.floor((at - at[0]) / width) if width > 0 else np.zeros(len(at))
        _, firsts, counts = np.unique(cells, return_index=True, return_counts=True)
        marks[kind] = list(zip(at[firsts].tolist(), counts.tolist()))
    return marks


def _lonely(y: Floats) -> NDArray[np.bool_]:
    known = np.concatenate(([False], np.isfinite(y), [False]))
    lonely: NDArray[np.bool_] = known[1:-1] & ~known[:-2] & ~known[2:]
    return lonely


def _add_band(figure: Canvas, curve: Curve, colour: str, yaxis: str) -> None:
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
    figure.add_scatter(
        x=np.concatenate(outline_x), y=thin(np.concatenate(outline_y)), yaxis=yaxis, mode="lines", fill="toself",
        fillcolor=faded(colour, BAND_OPACITY), line={"color": faded(colour, 3 * BAND_OPACITY), "width": 0.5},
        legendgroup=curve.key, showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def _add_marks(figure: Canvas, curve: Curve, theme: Theme) -> None:
    for kind, marks in curve.marks.items():
        texts = [f"{shortened(curve.key)} {kind}{f', {count:,} points' if count > 1 else ''}" for _, count in marks]
        figure.add_scatter(
            x=np.array([x for x, _ in marks]), y=np.zeros(len(marks)), yaxis=MARKS_AXIS, mode="markers",
            cliponaxis=False,
            marker={"symbol": MARK_SYMBOLS[kind], "size": 9, "color": theme.critical}, legendgroup=curve.key,
            showlegend=False, text=texts, hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    if curve.marks:
        axis = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
        figure.update_layout({f"yaxis{MARKS_AXIS[1:]}": axis})
