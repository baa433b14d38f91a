"""Two series of different units over the same steps."""

import numpy as np

from belvedere.analysis.correlation import pearson
from belvedere.analysis.joins import finite_rows, joined
from belvedere.analysis.losses import ANY_LOSS
from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.options import SeriesName
from belvedere.figures.theme import Theme, shortened, step_axis
from belvedere.figures.words import named

RIGHT = "system/gpu.0.memory_percent|gpu_memory_percent|*gpu_memory_percent|system/memory_percent|grad/norm|*lr"
LEFT_COLOUR, RIGHT_COLOUR = 0, 1


@figure(
    id="dual_axis",
    title="Two series, two axes",
    family="loss",
    needs=Needs(),
    options={
        "left": SeriesName(ANY_LOSS, "series of the left axis"),
        "right": SeriesName(RIGHT, "series of the right axis"),
    },
    absent="There are no two series to draw. Log two, or name them with left= and right=.",
)
def dual_axis(data: RunData, *, theme: Theme, left: str, right: str) -> Drawing:
    """Any two series over the same steps, each on an axis of its own: by default the loss and GPU memory.

    What it shows: both series as they were logged, long ones as the mean of 1,000 stretches with the band of their
    extremes. Each axis has the colour of its line. The note gives the correlation over the steps both have.

    How to read it: look for the step at which both change: memory that grows while the loss stays flat is a leak, a
    loss that jumps when the rate does is a schedule too steep.

    What it does not show: the two heights have nothing to do with each other, and where the lines cross means nothing.
    A correlation over time is mostly the trend that both have; it is no cause.
    """
    first, second = first_series(data, left), _other(data, right, left)
    if first is None or second is None:
        side, entry = ("left", left) if first is None else ("right", right)
        return Refused(f"There is no series for the {side} axis: {named(entry)}. Name one with {side}=.")
    drawn = Canvas()
    curves = [curve_of(first), curve_of(second)]
    colours = (theme.lines[LEFT_COLOUR], theme.lines[RIGHT_COLOUR])
    for curve, colour, axis, dash in zip(curves, colours, ("y", "y2"), ("solid", "dash")):
        add_curve(drawn, curve, colour=colour, theme=theme, yaxis=axis, dash=dash)
    add_stages(drawn, data.stages, theme)
    names = (shortened(first.key), shortened(second.key))
    y_axis: dict[str, object] = {"title": {"text": names[0], "font": {"color": colours[0]}}, "tickformat": ".4~g"}
    both = (int(min(first.steps[0], second.steps[0])), int(max(first.steps[-1], second.steps[-1])))
    lay_out_lines(drawn, x_axis=step_axis(*both), y_axis=y_axis)
    drawn.update_layout(
        margin={"r": 72},
        yaxis2={
            "overlaying": "y", "side": "right", "tickmode": "auto", "showgrid": False, "tickformat": ".4~g",
            "title": {"text": names[1], "font": {"color": colours[1]}},
        },
    )  # fmt: skip
    return Drawn(drawn, "measured", (*curve_notes(curves), *_correlation(first, second)))


def _other(data: RunData, entry: str, taken: str) -> Series | None:
    """The first series of an entry that is not the one the left axis has."""
    left = first_series(data, taken)
    for alternative in entry.split("|"):
        found = first_series(data, alternative)
        if found is not None and (left is None or found.key != left.key):
            return found
    return None


def _correlation(first: Series, second: Series) -> tuple[str, ...]:
    rows = finite_rows(joined(first, second))
    found = pearson(rows.columns[0], rows.columns[1]) if len(rows) >= 3 else float("nan")
    return (f"Correlation over {len(rows):,} common steps: {found:+.2f}.",) if np.isfinite(found) else ()
