"""Model FLOP utilisation over the run: which share of the device's peak arithmetic the model makes use of."""

import numpy as np

from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, figure
from belvedere.figures.lines import Hairline, add_curve, add_hairlines, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.theme import Theme, step_axis

UTILISATION = "throughput/mfu|train/mfu|efficiency/mfu_percent|mfu|*/mfu|throughput/mfu_of_measured_peak|*mfu*"
SHARE_MAX = 1.5  # a median above it cannot be a share of 1, so the series is in per cent
BANDS = ((20.0, "below: data, processor or memory bandwidth limit"), (50.0, "above: excellent"))


@figure(
    id="mfu",
    title="Model FLOP utilisation",
    family="efficiency",
    needs=Needs(series=(UTILISATION,)),
    absent="No MFU was recorded. Use run.throughput(model=…, seq_len=…) on a device of known peak, or log train/mfu.",
)
def mfu(data: RunData, *, theme: Theme) -> Drawing:
    """The share of the device's peak arithmetic that the model's own operations made use of, in per cent.

    What it shows: MFU as it was logged: operations per token by the model's formula, times tokens per second, over the
    peak of one device times the devices (Chowdhery et al. 2022, PaLM, appendix B). A series that is a share of 1 is
    shown in per cent; the note says so.

    How to read it: small models begin near 10 % and that is normal; 30 to 60 % is good for mature code, above 50 %
    excellent, under 20 % for a large model means that data, processor or memory bandwidth hold it up. A drop that stays
    is worth a look at `step_time`.

    What it does not show: how fast the run is: a wasteful model can have a high MFU. `mfu_of_measured_peak` is held
    against what matrix products reached on this very processor, not against a data sheet. Steps without MFU stay empty.
    """
    key, series = next((key, found) for key, found in data.series.items() if len(found))
    shown, is_share = in_percent(series)
    curve = curve_of(shown)
    drawn = Canvas()
    add_curve(drawn, curve, colour=theme.lines[0], theme=theme)
    add_stages(drawn, data.stages, theme)
    bands = [Hairline("y", height, theme.strong_line, "dot", f"{height:g} % · {words}") for height, words in BANDS]
    add_hairlines(drawn, bands, theme)
    top = float(np.nanmax(curve.y)) if np.isfinite(curve.y).any() else 0.0
    y_axis: dict[str, object] = {"title": {"text": "MFU"}, "ticksuffix": " %", "range": [0, max(60.0, 1.1 * top)]}
    lay_out_lines(drawn, x_axis=step_axis(int(series.steps[0]), int(series.steps[-1])), y_axis=y_axis)
    notes = [f"Logged as a share of 1 under {key}, shown in per cent."] if is_share else []
    if (peak := data.summary.get("throughput/mfu_peak")) is not None:
        notes.append(f"Held against a peak of {peak}.")
    return Drawn(drawn, "measured", (*curve_notes([curve]), *notes))


def in_percent(series: Series) -> tuple[Series, bool]:
    """A utilisation in per cent, and whether it was logged as a share of 1."""
    finite = series.values[np.isfinite(series.values)]
    is_share = "percent" not in series.key and bool(len(finite)) and float(np.median(finite)) <= SHARE_MAX
    if not is_share:
        return series, False
    return Series(series.key, series.steps, series.times, 100.0 * series.values, "percent"), True
