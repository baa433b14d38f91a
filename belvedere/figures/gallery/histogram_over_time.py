"""How a distribution changes while the model trains: weights, gradients, or anything logged as a histogram."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.analysis.contents import histogram
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, Ints, Media, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_frames
from belvedere.figures.options import Chosen, Number, Word
from belvedere.figures.scene import axis_of, lay_out, thin
from belvedere.figures.theme import GRADIENT_CAMERA, SPREAD_SCALE, Theme, colour_bar, shortened, step_axis
from belvedere.figures.words import counted

ANY = "histogram:weights/*|histogram:*"
RIDGES_MAX = 24  # lines that are seen as lines; the surface has every snapshot


@dataclass(frozen=True, eq=False)
class Ridges:
    """steps (s,) · edges (b + 1,): common to all · counts (s, b) float64: values in each bin; rows keep their sums
    skipped: histograms that were empty or had no rising edges"""

    steps: Ints
    edges: Floats
    counts: Floats
    skipped: int


def _media_for(options: Mapping[str, Chosen]) -> tuple[str, ...]:
    return (f"histogram:{options['key']}|{ANY}",) if options["key"] else (ANY,)


@figure(
    id="histogram_over_time",
    title="Histogram over time",
    family="gradients",
    needs=Needs(media=(ANY,)),
    media_for=_media_for,
    options={
        "view": ("ridge", "heatmap"),
        "key": Word("", "the histogram; the first one unless chosen"),
        "bins": Number(64, 8, 256, what="common bins"),
    },
    absent="No histograms were recorded. Call bv.log_histograms(model), or log a Histogram.",
    scene=True,
    twin={"view": "heatmap"},
)
def histogram_over_time(data: RunData, *, theme: Theme, view: str, key: str, bins: int) -> Drawing:
    """One distribution at each logged step, side by side.

    What it shows: for each snapshot the share of values in each of 64 common bins, from the smallest to the largest
    edge of all snapshots. The logged bins differ from step to step; each is divided among the common ones it overlaps
    as if its values were spread evenly inside it, so no value is lost or gained. The bright line is the step under the
    slider.

    How to read it: weights start as they were initialised and spread slowly; a peak that stays at 0 with growing tails
    is weight decay and a few strong weights. Gradients become narrower as training settles; tails that grow announce
    spikes. Two peaks that part are two populations: look at the layer. A bin at the very end that fills is clipping.

    What it does not show: anything finer than the bins that were logged, and which weights moved. A single far value
    stretches the axis; choose more bins then.
    """
    name = _chosen(data.media, key)
    if isinstance(name, Refused):
        return name
    found = ridges_of(data.media[name], bins)
    if not len(found.steps):
        return Refused(
            f"The histograms of {shortened(name)} are empty, or their edges do not rise, so nothing is drawn."
        )
    sums = found.counts.sum(axis=1, keepdims=True)
    shares = found.counts / sums
    drawn = (_ridge if view == "ridge" else _heat_map)(found, shares, theme)
    notes = [
        f"{shortened(name)}: {counted(len(found.steps), 'snapshot')} of {_count(sums)} values in {bins} common bins"
    ]
    if found.skipped:
        notes.append(f"Histograms left out, empty or with edges that do not rise: {found.skipped}.")
    return Drawn(drawn, "measured", tuple(notes))


def ridges_of(values: Sequence[Media], bins: int) -> Ridges:
    """All histograms in common bins."""
    read = [(media.step, *histogram(media)) for media in values if media.type == "histogram"]
    kept = [(step, counts, edges) for step, counts, edges in read if _is_sound(counts, edges)]
    if not kept:
        return Ridges(np.zeros(0, np.int64), np.linspace(0, 1, bins + 1), np.zeros((0, bins)), len(read))
    common = np.linspace(min(edges[0] for _, _, edges in kept), max(edges[-1] for _, _, edges in kept), bins + 1)
    counts = np.stack([rebinned(counts, edges, common) for _, counts, edges in kept])
    return Ridges(np.array([step for step, _, _ in kept], np.int64), common, counts, len(read) - len(kept))


def rebinned(counts: Floats, edges: Floats, common: Floats) -> Floats:
    """counts (b,) between edges (b + 1,) as counts (c,) between the common edges (c + 1,), which reach at least as far:
    values are taken as spread evenly inside their bin, so the sum stays."""
    reached = np.append(0.0, np.cumsum(counts))
    return np.diff(np.interp(common, edges, reached))


def _is_sound(counts: Floats, edges: Floats) -> bool:
    is_whole = len(counts) > 0 and len(edges) == len(counts) + 1 and bool(np.isfinite(edges).all())
    return is_whole and bool((np.diff(edges) > 0).all() and np.isfinite(counts).all() and counts.min() >= 0) and bool(
        counts.sum() > 0
    )  # fmt: skip


def _chosen(media: Mapping[str, Sequence[Media]], key: str) -> str | Refused:
    there = [name for name, values in media.items() if values and values[0].type == "histogram"]
    fits = [name for name in there if key in ("", name)]
    if fits:
        return fits[0]
    names = ", ".join(shortened(name) for name in there[:8]) or "none"
    return Refused(f"No histogram {shortened(key)!r} was recorded; there is: {names}.")


def _count(sums: Floats) -> str:
    low, high = round(float(sums.min())), round(float(sums.max()))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _ridge(found: Ridges, shares: Floats, theme: Theme) -> Canvas:
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    heights = shares.astype(np.float32)
    drawn = Canvas()
    if len(found.steps) > 1:
        drawn.add_surface(
            x=thin(middles), y=thin(found.steps), z=heights, colorscale=SPREAD_SCALE, opacity=0.92,
            colorbar=colour_bar(theme, "share of values"),
            hovertemplate="step %{y} · near %{x:.4~g} · %{z:.2%}<extra></extra>",
        )  # fmt: skip
        drawn.add_scatter3d(
            **_lines(found, heights, middles), mode="lines", hoverinfo="skip", showlegend=False, opacity=0.7,
            line={"color": theme.ground, "width": 1.5},
        )  # fmt: skip
    last = len(found.steps) - 1
    drawn.add_scatter3d(
        **_line(found, heights, last), x=thin(middles), mode="lines", showlegend=False, name="now",
        line={"color": theme.accent, "width": 6}, hovertemplate="near %{x:.4~g} · %{z:.2%}<extra></extra>",
    )  # fmt: skip
    if last > 0:
        frames = {int(step): [_line(found, heights, place)] for place, step in enumerate(found.steps)}
        with_frames(drawn, frames, [len(drawn.data) - 1])
    lay_out(
        drawn, x=axis_of("value", found.edges), y=axis_of("step", found.steps.astype(np.float64)),
        z=axis_of("share", heights, np.zeros(1), tick_format=".0%"), camera=GRADIENT_CAMERA, aspect=(1.2, 1.4, 0.6),
    )  # fmt: skip
    return drawn


def _line(found: Ridges, heights: NDArray[np.float32], place: int) -> dict[str, NDArray[np.generic]]:
    """One snapshot, a hair above the surface so that it is not swallowed by it."""
    raised = heights[place] + np.float32(0.004 * float(heights.max()))
    return {"y": np.full(heights.shape[1], found.steps[place], np.int32), "z": raised}


def _lines(found: Ridges, heights: NDArray[np.float32], middles: Floats) -> dict[str, NDArray[np.generic]]:
    """Evenly chosen snapshots as lines, one behind the other with gaps."""
    chosen = evenly_chosen(len(found.steps), RIDGES_MAX)
    gap = np.full((len(chosen), 1), np.nan, np.float32)
    z = np.concatenate([heights[chosen] + np.float32(0.002 * float(heights.max())), gap], axis=1).ravel()
    x = np.tile(np.append(middles, np.nan), len(chosen)).astype(np.float32)
    y = np.repeat(found.steps[chosen], heights.shape[1] + 1).astype(np.float32)
    return {"x": x, "y": y, "z": z}


def _heat_map(found: Ridges, shares: Floats, theme: Theme) -> Canvas:
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    drawn = Canvas(
        go.Heatmap(
            x=thin(found.steps), y=thin(middles), z=np.where(shares.T > 0, shares.T, np.nan).astype(np.float32),
            colorscale=SPREAD_SCALE, hoverongaps=False, colorbar=colour_bar(theme, "share of values") | {"len": 1.0},
            hovertemplate="step %{x} · near %{y:.4~g} · %{z:.2%}<extra></extra>",
        )
    )  # fmt: skip
    ends = found.edges[[0, -1]]
    drawn.add_scatter(
        x=thin(found.steps[[-1, -1]]), y=ends, mode="lines", hoverinfo="skip", showlegend=False, name="now",
        line={"color": theme.accent, "width": 1.5},
    )  # fmt: skip
    if len(found.steps) > 1:
        frames = {int(step): [{"x": np.array([step, step])}] for step in found.steps}
        with_frames(drawn, frames, [1])
    drawn.update_xaxes(step_axis(int(found.steps[0]), int(found.steps[-1])))
    drawn.update_yaxes(title={"text": "value"}, showgrid=False, range=ends.tolist())
    return drawn
