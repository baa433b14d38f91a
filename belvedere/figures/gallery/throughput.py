"""Tokens or samples per second over the run, and how many have been seen in all."""

import numpy as np

from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.theme import Theme, step_axis

RATE = (
    "throughput/tokens_per_sec|train/tok_per_sec|train/tokens_per_sec|efficiency/tokens_per_sec|*tokens_per_sec"
    "|*tok_per_sec|throughput/samples_per_sec|*samples_per_sec|*it_per_sec"
)
TOTAL = "tokens|train/tokens|*/tokens|*/total_tokens|total_tokens|num_tokens"


@figure(
    id="throughput",
    title="Throughput",
    family="efficiency",
    needs=Needs(series=(RATE,), optional=(TOTAL,)),
    options={"view": ("rate", "total")},
    absent="No throughput was recorded. Use run.throughput(tokens_per_step=…), or log train/tok_per_sec.",
)
def throughput(data: RunData, *, theme: Theme, view: str) -> Drawing:
    """Tokens (or samples) per second, or the total that was trained on.

    What it shows: the rate as it was logged, of all ranks together when `run.throughput` measured it; evaluation,
    checkpoints and compilation are not part of that one. `view=total` shows the tokens seen so far.

    How to read it: a flat line is health. A slow decline is a leak or a machine that gets hot; a comb is a data loader
    that cannot keep up; steps down and up again belong to neighbours on the same machine. The note gives the median and
    how far the last tenth of the run lies from the first.

    What it does not show: why. `step_time` splits a step into its parts, `hardware_efficiency` shows what the machine
    did.
    """
    series = first_series(data, RATE if view == "rate" else TOTAL)
    if series is None:
        return Refused("No total of tokens was recorded. Log it as tokens, or choose view=rate.")
    curve = curve_of(series)
    unit = "samples" if "sample" in series.key else "steps" if "it_per" in series.key else "tokens"
    drawn = Canvas()
    add_curve(drawn, curve, colour=theme.lines[0], theme=theme)
    add_stages(drawn, data.stages, theme)
    y_axis: dict[str, object] = {
        "title": {"text": f"{unit} per second" if view == "rate" else unit}, "tickformat": ".4~s",
        "rangemode": "tozero",
    }  # fmt: skip
    lay_out_lines(drawn, x_axis=step_axis(int(series.steps[0]), int(series.steps[-1])), y_axis=y_axis)
    notes = curve_notes([curve])
    return Drawn(drawn, "measured", (*notes, *_change(series, unit)) if view == "rate" else notes)


def _change(series: Series, unit: str) -> tuple[str, ...]:
    values = series.values[np.isfinite(series.values)]
    if len(values) < 20:
        return ()
    tenth = len(values) // 10
    early, late = float(np.median(values[:tenth])), float(np.median(values[-tenth:]))
    words = f"Median {np.median(values):,.4g} {unit} per second"
    return (
        f"{words}; the last tenth of the run against the first: {100 * (late / early - 1):+.1f} %." if early else words,
    )
