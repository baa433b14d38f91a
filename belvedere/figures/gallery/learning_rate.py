"""Learning rates over the run: every group, with the end of warm-up and the beginning of decay where they are seen."""

from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import last_of_each_step
from belvedere.analysis.lookback import LEARNING_RATE_KEYS
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.theme import Theme, shortened, step_axis

TOLERANCE = 1e-9  # of the peak: schedules are computed in float32 here and there
RATES = (*LEARNING_RATE_KEYS, "lrm", "*/lrm")
ANY_RATE = "|".join(RATES)


@dataclass(frozen=True)
class Schedule:
    """peak: the highest rate · warm_up_ends: the first step at it, None if it starts there · decay_begins: the last
    step at it, None if it never falls after."""

    peak: float
    warm_up_ends: int | None
    decay_begins: int | None


@figure(
    id="learning_rate",
    title="Learning rate",
    family="loss",
    needs=Needs(series=(ANY_RATE,), optional=RATES),
    options={"y": ("linear", "log")},
    absent="No learning rate was recorded. Log it as train/lr.",
)
def learning_rate(data: RunData, *, theme: Theme, y: str) -> Drawing:
    """The learning rate of every parameter group at every step.

    What it shows: each series called lr, learning_rate or lrm, in any section, as it was logged. Under the title stand
    the peak, the step at which the first of them reaches it and the step at which it leaves it for good. Rates of
    probes (`probe/lr`) are left out beside others.

    How to read it: hold it beside the loss. A spike of the loss at the end of warm-up asks for a longer warm-up or a
    lower peak; a loss that falls only once decay begins was trained at too high a rate. A jump that no schedule
    explains is a resume that lost its scheduler.

    What it does not show: what the optimizer makes of the rate. Adam and Muon scale it by their own statistics; the
    update ratio (`run.watch`) shows the step that was really taken.
    """
    logged = [series for series in data.series.values() if len(series)]
    # The rates of probes repeat those of the steps they were taken at.
    rates = [series for series in logged if not series.key.startswith("probe/")] or logged
    curves = [curve_of(series, is_log=y == "log") for series in rates]
    if not any(np.isfinite(curve.y).any() or curve.marks for curve in curves):
        return Refused("None of the logged learning rates can be drawn on a log axis. Choose y=linear.")
    drawn = Canvas()
    for index, curve in enumerate(curves):
        add_curve(drawn, curve, colour=theme.lines[index % len(theme.lines)], theme=theme)
    add_stages(drawn, data.stages, theme)
    first, last = min(int(one.steps[0]) for one in rates), max(int(one.steps[-1]) for one in rates)
    y_axis: dict[str, object] = {"title": {"text": "learning rate"}, "type": y, "tickformat": ".3~g"}
    lay_out_lines(drawn, x_axis=step_axis(first, last), y_axis=y_axis)
    notes = [words for series in rates[:1] if (words := _in_words(series))]
    return Drawn(drawn, "measured", (*curve_notes(curves), *notes))


def schedule_of(series: Series) -> Schedule | None:
    """Where a rate reaches and leaves its peak; None without a positive finite rate."""
    steps, values = last_of_each_step(series)
    known = np.isfinite(values)
    steps, values = steps[known], values[known]
    if not len(values) or values.max() <= 0:
        return None
    peak = float(values.max())
    at_peak = np.flatnonzero(values >= peak * (1 - TOLERANCE))
    first, last = int(at_peak[0]), int(at_peak[-1])
    return Schedule(peak, int(steps[first]) if first > 0 else None, int(steps[last]) if last < len(steps) - 1 else None)


def _in_words(series: Series) -> str:
    found = schedule_of(series)
    if found is None:
        return ""
    words = f"{shortened(series.key)}: peak {found.peak:.3g}"
    if found.warm_up_ends is not None:
        words += f", reached at step {found.warm_up_ends:,}"
    return words + (f", left for good after step {found.decay_begins:,}." if found.decay_begins is not None else ".")
