"""What the machine did beside how fast the training was."""

import numpy as np

from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, figure
from belvedere.figures.gallery.throughput import RATE
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.theme import SMALL_PX, Theme, faded, step_axis

GAUGES = (
    "system/gpu.*.percent|*gpu_percent|*gpu_util*", "system/gpu.*.memory_percent|*gpu_memory_percent",
    "system/cpu_percent|*cpu_percent", "system/memory_percent|*memory_percent",
)  # fmt: skip
AIM = (80.0, 90.0)  # per cent of the GPU's memory: room for a longer batch, no risk of running out
FULL = 95.0


@figure(
    id="hardware_efficiency",
    title="Hardware",
    family="efficiency",
    needs=Needs(series=("system/*percent*|*gpu_memory_percent|*cpu_percent",), optional=(*GAUGES, RATE)),
    absent="The machine was not measured. Leave bv.init(capture=…) as it is, or log gpu_memory_percent.",
)
def hardware_efficiency(data: RunData, *, theme: Theme) -> Drawing:
    """Utilisation of GPU, processor and memory in per cent, over the throughput of the training.

    What it shows: each gauge as it was sampled (every few seconds, from a thread of its own, never in the step), and
    below it tokens or samples per second where they were recorded. The green band is 80 to 90 %, where the memory of a
    GPU is well used.

    How to read it: a GPU that idles while the processor is full waits for data: more loader workers. GPU memory over
    95 % is one long batch away from running out; under 60 % there is room for a larger batch. Memory of the machine
    that climbs through the run is a leak. Throughput that falls while the GPU stays busy is heat or a neighbour.

    What it does not show: how well a busy GPU is used; that is what MFU says.
    """
    rate = first_series(data, RATE)
    gauges = [series for key, series in data.series.items() if len(series) and "percent" in key and "mfu" not in key]
    curves = [curve_of(series) for series in gauges]
    drawn = Canvas()
    drawn.layout.shapes = [{
        "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": AIM[0], "y1": AIM[1], "layer": "below",
        "fillcolor": faded(theme.healthy, 0.12), "line": {"width": 0},
    }]  # fmt: skip
    for index, curve in enumerate(curves):
        add_curve(drawn, curve, colour=theme.lines[index % len(theme.lines)], theme=theme, name=_short(curve.key))
    add_stages(drawn, data.stages, theme)
    first, last = min(int(one.steps[0]) for one in gauges), max(int(one.steps[-1]) for one in gauges)
    top = max((float(np.nanmax(one.y)) for one in curves if np.isfinite(one.y).any()), default=100.0)
    y_axis: dict[str, object] = {
        "title": {"text": "utilisation"},
        "ticksuffix": " %",
        "range": [0, max(102.0, 1.05 * top)],
    }
    lay_out_lines(drawn, x_axis=step_axis(first, last), y_axis=y_axis)
    if rate is not None:
        curves.append(curve_of(rate))
        add_curve(drawn, curves[-1], colour=theme.ink, theme=theme, yaxis="y2", name=_short(rate.key))
        drawn.update_layout(
            xaxis={"anchor": "y2"}, yaxis={"domain": [0.42, 1.0]},
            yaxis2={"domain": [0.0, 0.32], "tickformat": ".3~s", "rangemode": "tozero", "nticks": 4,
                    "title": {"text": "per second", "font": {"size": SMALL_PX}}},
        )  # fmt: skip
    full = [_short(one.key) for one in gauges if "memory" in one.key and _median(one) > FULL]
    notes = [f"Over {FULL:g} % in the median: {', '.join(full)}."] if full else []
    return Drawn(drawn, "measured", (*curve_notes(curves, what="sample"), *notes))


def _median(series: Series) -> float:
    finite = series.values[np.isfinite(series.values)]
    return float(np.median(finite)) if len(finite) else 0.0


def _short(key: str) -> str:
    return key.removeprefix("system/").replace("_", " ")[:40]
