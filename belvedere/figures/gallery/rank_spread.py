"""Step time of every rank: how far they lie apart, and who holds up the others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from belvedere.analysis.joins import POINTS
from belvedere.core.query import Needs
from belvedere.core.series import Floats, Ints, RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_stages, lay_out_lines
from belvedere.figures.scene import thin
from belvedere.figures.theme import BAND_OPACITY, LINE_PX, Theme, colour_bar, faded, step_axis
from belvedere.figures.words import counted

STEP = "throughput/step_ms|train/dt_ms|dt_ms|*/dt_ms|*/step_ms|*step_time_sec|train/dt"
SLOWER = 1.05  # than the median rank at the same step
SUSTAINED = 0.5  # share of the steps at which a straggler is slower
LINES_MAX = 16


@dataclass(frozen=True, eq=False)
class Spread:
    """ranks (r,) · steps (n,): those that at least two ranks logged · values (r, n) float64, NaN where a rank did not
    median (n,) over ranks · stragglers: rank -> (share of steps at which it was slower, its median slowdown)"""

    ranks: tuple[int, ...]
    steps: Ints
    values: Floats
    median: Floats
    stragglers: dict[int, tuple[float, float]]


@figure(
    id="rank_spread",
    title="Step time by rank",
    family="efficiency",
    needs=Needs(series=(STEP,), by_rank=(STEP,)),
    options={"view": ("lines", "heatmap")},
    absent="No step time was recorded. Use run.throughput(…) on every rank, or log train/dt_ms.",
)
def rank_spread(data: RunData, *, theme: Theme, view: str) -> Drawing:
    """The time of a step on every rank, and which ranks are slower than the others.

    What it shows: one line per rank (for more than 16 ranks the slowest ones and the band of all), or a heat map with
    one row per rank, in the colours of time relative to the median rank of the same step.

    How to read it: in data-parallel training everyone waits for the slowest. A rank that is over 5 % slower than the
    median at more than half of the steps is a straggler and named: look at its machine, its data, its temperature.
    Ranks that take turns at being slow are noise of the network or of shared machines.

    What it does not show: gradients are averaged at every step, so the time of a whole step is nearly the same on all
    ranks even when one does less work; log the time before the reduction (forward and backward) to see who waits.
    """
    per_rank = next((ranks for ranks in data.ranks.values() if len(ranks)), dict[int, Series]())
    found = spread_of(per_rank)
    if len(found.ranks) < 2:
        return Refused("Only one rank logged its step time, so there is nothing to compare. Log it on every rank.")
    drawn = _heat_map(found, theme) if view == "heatmap" else _lines(found, theme)
    if view == "lines":
        unit = "ms" if next(iter(data.ranks)).endswith("_ms") else "seconds"
        drawn.update_yaxes(title={"text": f"step time, {unit}"})
        add_stages(drawn, data.stages, theme)
    return Drawn(drawn, "measured", _notes(found))


def spread_of(per_rank: Mapping[int, Series]) -> Spread:
    """Every rank at the steps that at least two of them have, thinned to POINTS of those by taking every k-th."""
    series = {rank: per_rank[rank] for rank in sorted(per_rank) if len(per_rank[rank])}
    steps = _shared_steps([one.steps for one in series.values()])
    steps = np.unique(steps[:: max(1, -(-len(steps) // POINTS))])
    values = np.full((len(series), len(steps)), np.nan)
    for row, one in enumerate(series.values()):
        place = np.maximum(np.searchsorted(one.steps, steps, side="right") - 1, 0)  # the last value at a repeated step
        values[row] = np.where(one.steps[place] == steps, one.values[place], np.nan)
    known = np.isfinite(values)
    kept = known.any(axis=0)
    steps, values, known = steps[kept], values[:, kept], known[:, kept]
    if known.all():
        median = np.median(values, axis=0) if len(values) else np.zeros(0)
    else:
        median = np.array([np.median(column[is_known]) for column, is_known in zip(values.T, known.T)])
    stragglers = {}
    for row, rank in enumerate(series):
        if len(series) > 1 and known[row].any():
            ratio = values[row, known[row]] / median[known[row]]
            share = float((ratio > SLOWER).mean())
            if share > SUSTAINED:
                stragglers[rank] = (share, float(np.median(ratio)))
    return Spread(tuple(series), steps, values, median, stragglers)


def _shared_steps(axes: list[Ints]) -> Ints:
    """The steps that at least two ranks logged; ranks that log together have the same ones."""
    if not axes or all(np.array_equal(axes[0], other) for other in axes[1:]):
        return axes[0] if len(axes) > 1 else np.zeros(0, np.int64)
    steps, counts = np.unique(np.concatenate(axes), return_counts=True)
    return steps[counts >= 2]


def _lines(found: Spread, theme: Theme) -> Canvas:
    drawn = Canvas()
    low, high = np.nanmin(found.values, axis=0), np.nanmax(found.values, axis=0)
    drawn.add_scatter(
        x=np.concatenate([found.steps, found.steps[::-1]]), y=thin(np.concatenate([high, low[::-1]])), fill="toself",
        mode="lines", line={"width": 0}, fillcolor=faded(theme.second, BAND_OPACITY), hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    slowest = np.argsort(-np.nanmedian(found.values / found.median, axis=1))[:LINES_MAX]
    for index, row in enumerate(np.sort(slowest).tolist()):
        rank = found.ranks[row]
        drawn.add_scatter(
            x=thin(found.steps), y=thin(found.values[row]), mode="lines", name=f"rank {rank}",
            line={"color": theme.lines[index % len(theme.lines)], "width": LINE_PX * (1 + (rank in found.stragglers))},
            hovertemplate=f"rank {rank} %{{y:.4~g}}<extra></extra>",
        )  # fmt: skip
    y_axis: dict[str, object] = {"title": {"text": "step time"}, "tickformat": ".4~g", "rangemode": "tozero"}
    lay_out_lines(drawn, x_axis=step_axis(int(found.steps[0]), int(found.steps[-1])), y_axis=y_axis)
    return drawn


def _heat_map(found: Spread, theme: Theme) -> Canvas:
    ratio = found.values / found.median
    reach = max(0.05, float(np.nanmax(np.abs(ratio - 1))))
    drawn = Canvas(
        go.Heatmap(
            x=found.steps, y=np.arange(len(found.ranks)), z=thin(100 * (ratio - 1)), colorscale="RdBu_r",
            zmin=-100 * reach, zmax=100 * reach, hoverongaps=False,
            colorbar=colour_bar(theme, "% slower than median") | {"len": 1.0},
            hovertemplate="step %{x:,} · rank %{y} · %{z:+.1f} %<extra></extra>",
        )
    )  # fmt: skip
    drawn.update_layout(plot_bgcolor=theme.sunken)
    drawn.update_xaxes(step_axis(int(found.steps[0]), int(found.steps[-1])))
    drawn.update_yaxes(
        title={"text": "rank"},
        showgrid=False,
        tickmode="array",
        tickvals=list(range(len(found.ranks))),
        ticktext=[str(rank) for rank in found.ranks],
    )
    return drawn


def _notes(found: Spread) -> tuple[str, ...]:
    spread = np.nanmax(found.values, axis=0) / np.nanmin(found.values, axis=0) - 1
    notes = [f"{len(found.ranks)} ranks at {counted(len(found.steps), 'common step')}"]
    notes.append(f"Slowest against fastest rank: {100 * float(np.median(spread)):.1f} % in the median.")
    for rank, (share, slowdown) in found.stragglers.items():
        how = f"{100 * (slowdown - 1):.0f} % over the median, at {100 * share:.0f} % of the steps"
        notes.append(f"Rank {rank} is a straggler: {how}.")
    return tuple(notes)
