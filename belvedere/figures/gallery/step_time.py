"""How long a step takes and what it is made of; compilation, evaluation and checkpoints stand apart."""

from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import as_of, last_of_each_step
from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import Floats, Ints, RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.scene import thin
from belvedere.figures.theme import LINE_PX, Theme, faded, step_axis
from belvedere.figures.words import counted

STEP = "throughput/step_ms|train/dt_ms|dt_ms|*/dt_ms|*/step_ms|efficiency/step_time_sec|*step_time_sec|train/dt|dt"
PARTS = ("data", "forward", "backward", "optimizer")
APART = {
    "compile": "throughput/compile_ms",
    "evaluation": "throughput/eval_ms",
    "checkpoint": "throughput/checkpoint_ms",
}
SYMBOLS = {"compile": "square-open", "evaluation": "diamond-open", "checkpoint": "cross-open", "slow": "x-thin-open"}
SLOW_RATIO = 4.0  # times the median: such a step did something else besides
POINTS_MAX = 1000
MARKS_MAX = 400


@dataclass(frozen=True, eq=False)
class StepTimes:
    """steps: the ordinary ones, in milliseconds · apart: name -> (steps, milliseconds) of what is no ordinary step
    median, p95: milliseconds over the ordinary ones"""

    steps: Series
    apart: dict[str, tuple[Ints, Floats]]
    median: float
    p95: float


@figure(
    id="step_time",
    title="Step time",
    family="efficiency",
    needs=Needs(series=(STEP,), optional=(*APART.values(), *(f"throughput/{part}_ms" for part in PARTS))),
    options={"view": ("time", "parts"), "y": ("log", "linear")},
    absent="No step time was recorded. Use run.throughput(…), or log train/dt_ms.",
)
def step_time(data: RunData, *, theme: Theme, view: str, y: str) -> Drawing:
    """Milliseconds per training step, with everything that is not a step apart from it.

    What it shows: the time of a step as a line; compilation, evaluation and checkpoints as marks of their own. Where
    `run.throughput` measured, they were timed apart. In a series that mixes them (`train/dt_ms`) a step of over 4 times
    the median stands apart as "slow", and the first one is most likely compilation. `view=parts` stacks what a step is
    made of: data, forward, backward, optimizer, and the rest.

    How to read it: flat is good. A gradual rise is a leak, a saw-tooth a data loader, single marks at regular steps are
    evaluations. Under the title: median and 95th percentile of the ordinary steps; a p95 far above the median is
    jitter that a mean would hide.

    What it does not show: on a GPU the parts are the host's time: work that was launched in `forward` may be waited for
    in `backward`.
    """
    series = first_series(data, STEP)
    assert series is not None
    found = step_times(series, data)
    if not np.isfinite(found.steps.values).any() and not found.apart:
        return Refused("None of the logged step times is a finite number, so there is nothing to draw.")
    drawn = Canvas()
    notes = [f"Median {found.median:,.4g} ms, p95 {found.p95:,.4g} ms."] if np.isfinite(found.median) else []
    if view == "parts":
        missing = _stack_parts(drawn, found.steps, data, theme)
        if missing:
            return Refused(missing)
        heads: tuple[str, ...] = (counted(len(series), "point"),)
    else:
        curve = curve_of(found.steps, is_log=y == "log")
        add_curve(drawn, curve, colour=theme.lines[0], theme=theme, name="step")
        heads = curve_notes([curve])
    for index, (name, (steps, values)) in enumerate(found.apart.items()):
        _add_marks(drawn, name, steps, values, theme.lines[(index + 1) % len(theme.lines)])
        notes.append(f"{name}: {len(steps):,} × median {np.median(values):,.4g} ms, kept apart.")
    add_stages(drawn, data.stages, theme)
    axis = "linear" if view == "parts" else y
    y_axis: dict[str, object] = {
        "title": {"text": "milliseconds"},
        "type": axis,
        "tickformat": ".4~s",
        "rangemode": "tozero",
    }
    lay_out_lines(drawn, x_axis=step_axis(int(series.steps[0]), int(series.steps[-1])), y_axis=y_axis)
    return Drawn(drawn, "measured", (*heads, *notes))


def step_times(series: Series, data: RunData) -> StepTimes:
    """Ordinary steps and what stands apart from them, in milliseconds."""
    factor = 1.0 if series.key.endswith("_ms") else 1e3
    values = series.values * factor
    apart: dict[str, tuple[Ints, Floats]] = {}
    for name, key in APART.items():
        if key in data.series and len(data.series[key]):
            steps, own = last_of_each_step(data.series[key])
            if np.isfinite(own).any():
                apart[name] = (steps[np.isfinite(own)], own[np.isfinite(own)])
    finite = values[np.isfinite(values)]
    if not len(finite):
        return StepTimes(Series(series.key, series.steps, series.times, values), apart, np.nan, np.nan)
    is_slow = np.isfinite(values) & (values > max(0.0, SLOW_RATIO * float(np.median(finite))))
    if is_slow.any() and not series.key.startswith("throughput/"):
        apart["slow"] = (series.steps[is_slow], values[is_slow])
        kept = ~is_slow
        values, steps, times = values[kept], series.steps[kept], series.times[kept]
    else:
        steps, times = series.steps, series.times
    ordinary = values[np.isfinite(values)]
    median, p95 = (float(np.percentile(ordinary, q)) for q in (50, 95))
    return StepTimes(Series(series.key, steps, times, values, "ms"), apart, median, p95)


def _stack_parts(drawn: Canvas, steps: Series, data: RunData, theme: Theme) -> str:
    """Draw the parts of a step one above the other; why they cannot be, or ""."""
    names = [part for part in PARTS if len(data.series.get(f"throughput/{part}_ms", ()))]
    if not names:
        return 'The parts of a step were not recorded. Put `with meter.phase("forward"):` around them.'
    places = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), POINTS_MAX)).astype(np.intp))
    at, total = steps.steps[places], steps.values[places]
    left = total.copy()
    for index, name in enumerate(names):
        values, _ = as_of(at, data.series[f"throughput/{name}_ms"])
        left = left - np.nan_to_num(values)
        _add_layer(drawn, name, at, values, theme.lines[index % len(theme.lines)])
    _add_layer(drawn, "rest", at, np.clip(left, 0, None), theme.faint)
    return ""


def _add_layer(drawn: Canvas, name: str, steps: Ints, values: Floats, colour: str) -> None:
    drawn.add_scatter(
        x=steps, y=thin(values), name=name, stackgroup="parts", mode="lines", fillcolor=faded(colour, 0.55),
        line={"color": colour, "width": LINE_PX}, hovertemplate=f"{name} %{{y:.4~g}} ms<extra></extra>",
    )  # fmt: skip


def _add_marks(drawn: Canvas, name: str, steps: Ints, values: Floats, colour: str) -> None:
    """The largest MARKS_MAX of them; the note counts all."""
    many = len(values) > MARKS_MAX
    shown = np.sort(np.argpartition(values, -MARKS_MAX)[-MARKS_MAX:]) if many else np.arange(len(values))
    drawn.add_scatter(
        x=steps[shown], y=thin(values[shown]), name=name, mode="markers",
        marker={"symbol": SYMBOLS[name], "size": 8, "color": colour, "line": {"width": LINE_PX, "color": colour}},
        hovertemplate=f"{name} %{{y:.4~s}} ms<extra></extra>",
    )  # fmt: skip
