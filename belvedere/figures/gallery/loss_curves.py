"""Training and validation losses over the run, with nothing smoothed away."""

import numpy as np

from belvedere.analysis.losses import ANY_LOSS, LOSSES, is_evaluation, is_loss
from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import Curve, add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.theme import Theme, step_axis

TOKENS = "tokens|train/tokens|*/tokens|*/total_tokens|total_tokens"


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
    axes = [_tokens_at(series, tokens) if x == "tokens" and tokens is not None else None for series in losses]
    curves = [curve_of(series, axis, is_log=y == "log") for series, axis in zip(losses, axes)]
    if not any(np.isfinite(curve.y).any() or curve.marks for curve in curves):
        return Refused(
            f"None of the logged losses has a point to draw over {x} on a {y} axis. Choose y=linear, x=step."
        )
    drawn = Canvas()
    for index, curve in enumerate(sorted(curves, key=lambda curve: (is_evaluation(curve.key), curve.key))):
        colour = theme.lines[index % len(theme.lines)]
        add_curve(drawn, curve, colour=colour, theme=theme, is_dotted=is_evaluation(curve.key))
    if x == "step":
        add_stages(drawn, data.stages, theme)
    lay_out_lines(drawn, x_axis=_x_axis(x, losses), y_axis={"title": {"text": "loss"}, "type": y, "tickformat": ".4~g"})
    return Drawn(drawn, "measured", _notes(curves, axes))


def _tokens_at(series: Series, tokens: Series) -> Floats:
    """(n,) the tokens logged at exactly the step of each point, NaN where none were."""
    at = np.searchsorted(tokens.steps, series.steps, side="right") - 1
    is_same = (at >= 0) & (tokens.steps[at] == series.steps)
    return np.where(is_same, tokens.values[at], np.nan)


def _x_axis(x: str, losses: list[Series]) -> dict[str, object]:
    if x == "tokens":
        return {"title": {"text": "tokens"}, "tickformat": "~s"}
    first, last = min(int(one.steps[0]) for one in losses), max(int(one.steps[-1]) for one in losses)
    return step_axis(first, last) | {"tickformat": ",~d"}


def _notes(curves: list[Curve], axes: list[Floats | None]) -> tuple[str, ...]:
    notes = curve_notes(curves)
    if without := sum(int((~np.isfinite(axis)).sum()) for axis in axes if axis is not None):
        points = sum(curve.points for curve in curves)
        notes += (f"Left out for want of tokens at their step: {without:,} of {points:,} points.",)
    return notes
