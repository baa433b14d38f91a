"""Gradient norms of every block over the run: a true matrix of depth and step, so a surface is honest."""

import itertools
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import RunData, VectorSeries
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import FRAMES_MAX, with_frames
from belvedere.figures.scene import thin
from belvedere.figures.theme import (
    GRADIENT_CAMERA,
    GRADIENT_SCALE,
    MONO_FONT,
    SMALL_PX,
    Theme,
    colour_bar,
    shortened,
    step_axis,
)
from belvedere.figures.words import counted

COLUMNS_MAX = 400
PIECES_A_COLUMN = 50  # the largest of a long column is found among the largest of its pieces
VANISHING_RATIO = 1e-3  # of the median block at the same step
EXPLODING_RATIO = 10.0  # of the median of the block's earlier snapshots
MARK_SNAPSHOTS = 5  # so many in a row: one large batch is no trend
REFERENCES = 40
REFERENCE_SNAPSHOTS = 500  # enough for a median
JUDGED_SNAPSHOTS = 4000  # of a longer run, evenly chosen ones are judged
HOVER_CELLS_MAX = 16_000  # texts are large; cells beyond that are told by numbers
FLAT_LABELS_MAX = 32
SURFACE_LABELS_MAX = 14


@dataclass(frozen=True, eq=False)
class Flow:
    """The matrix as drawn, and what has to be said about it. Blocks are in depth order, columns in step order.

    steps (m,) int64: the first step of each column · log_norms (k, m) float32: log10, NaN where nothing can be drawn
    measured_at (k, m) int64: the step at which the norm of a cell was measured
    snapshots: rows logged · zeros, nonfinite: cells among them that are exactly 0, or NaN, infinite or not logged
    first_nonfinite: the block and step of the first of these, in words
    vanishing, exploding: block -> step from which on it was so · silent: blocks that were exactly 0 throughout
    """

    names: tuple[str, ...]
    steps: NDArray[np.int64]
    log_norms: NDArray[np.float32]
    measured_at: NDArray[np.int64]
    snapshots: int
    zeros: int
    nonfinite: int
    first_nonfinite: str
    vanishing: dict[str, int]
    exploding: dict[str, int]
    silent: tuple[str, ...]


@figure(
    id="gradient_flow",
    title="Gradient flow",
    family="gradients",
    needs=Needs(vectors=("grad_norm",)),
    options={"view": ("surface", "heatmap")},
    scene=True,
    twin={"view": "heatmap"},
    absent="No gradients were recorded. Add run.watch(model).",
)
def gradient_flow(data: RunData, *, theme: Theme, view: str) -> Drawing:
    """Gradient norm of each block at each step, on a logarithmic scale.

    What it shows: one row per block in depth order (embeddings and head have rows of their own), one column per
    snapshot, height and colour the L2 norm of the block's gradient. With more than 400 snapshots a column stands for
    several and each cell is the largest of them, so no spike is lost; the hover says at which step it was measured. The
    line across the blocks is the current step.

    How to read it: healthy flow changes gradually with depth and falls slowly with time. A row far below the others is
    a vanishing gradient (marked ▼ when under 1/1000 of the median block five times in a row), a ridge that climbs is an
    exploding one (marked ▲ when over 10 times its own earlier median five times in a row; over 4,000 snapshots, evenly
    chosen ones are judged). A wall across all blocks at one step is a bad batch. Growth over the whole run asks for a
    lower learning rate.

    What it does not show: cells that were exactly 0, NaN or infinite are gaps, counted under the title and never
    filled. Norms are not divided by the number of parameters, so a wide block stands higher than a narrow one.
    """
    flow = gradient_flow_info(data.vectors["grad_norm"])
    if not np.isfinite(flow.log_norms).any():
        return Refused(
            f"None of the {flow.snapshots * len(flow.names):,} gradient norms is a positive finite number, "
            "so there is nothing to draw. Run `belvedere doctor` to see where they broke."
        )
    drawn = _surface(flow, theme) if view == "surface" else _heat_map(flow, theme)
    return Drawn(drawn, "measured", _notes(flow))


def gradient_flow_info(vectors: VectorSeries) -> Flow:
    """Everything the drawing needs, from every snapshot."""
    values = vectors.values
    shown, measured_at, first_columns = _columns(values, vectors.steps)
    with np.errstate(divide="ignore"):
        log_norms = np.log10(np.where(np.isfinite(shown) & (shown > 0), shown, np.nan)).astype(np.float32)
    judged = evenly_chosen(len(vectors), JUDGED_SNAPSHOTS)
    norms, steps = values[judged].astype(np.float64).T, vectors.steps[judged]  # (k, j)
    is_clean = bool(values.size) and bool(values.min() > 0) and bool(values.max() < np.inf)  # false where one is NaN
    is_silent = [bool((values[:, row] == 0).all()) for row in range(values.shape[1])] if not is_clean else []
    return Flow(
        names=vectors.names,
        steps=vectors.steps[first_columns],
        log_norms=log_norms,
        measured_at=measured_at,
        snapshots=len(vectors),
        zeros=0 if is_clean else values.size - int(np.count_nonzero(values)),
        nonfinite=0 if is_clean else values.size - int(np.count_nonzero(np.isfinite(values))),
        first_nonfinite="" if is_clean else _first_nonfinite(vectors),
        vanishing=_sustained(vectors.names, steps, _below_the_others(norms)),
        exploding=_sustained(vectors.names, steps, _above_itself(norms)),
        silent=tuple(name for name, silent in zip(vectors.names, is_silent) if silent and len(vectors)),
    )


def _first_nonfinite(vectors: VectorSeries) -> str:
    broken = ~np.isfinite(vectors.values)
    if not broken.any():
        return ""
    row, block = divmod(int(broken.argmax()), len(vectors.names))
    return f"{shortened(vectors.names[block], characters=40)} at step {vectors.steps[row]:,}"


def _columns(
    values: NDArray[np.floating], steps: NDArray[np.int64]
) -> tuple[NDArray[np.floating], NDArray[np.int64], NDArray[np.intp]]:
    """Of norms (n, k): cells (k, m), the step each was measured at (k, m), and the first snapshot of each column (m,).

    A cell is the largest finite norm of its bucket; an infinite one keeps the cell empty, because it was larger still.
    """
    width = _piece_width(len(values))
    pieces = _piece_maxima(values, width)
    ordered = np.where(np.isnan(pieces), -np.inf, pieces)
    starts = np.unique(np.linspace(0, len(pieces), min(len(pieces), COLUMNS_MAX), endpoint=False).astype(np.intp))
    ends = [*starts[1:], len(pieces)]
    best = np.stack([start + ordered[start:end].argmax(axis=0) for start, end in zip(starts, ends)])  # (m, k)
    rows = np.minimum(best[..., None] * width + np.arange(width), len(values) - 1)  # (m, k, width)
    candidates = values[rows, np.arange(values.shape[1])[:, None]]
    winner = np.where(np.isnan(candidates), -np.inf, candidates).argmax(axis=-1)[..., None]
    cells = np.take_along_axis(candidates, winner, axis=-1)[..., 0]
    return cells.T, steps[np.take_along_axis(rows, winner, axis=-1)[..., 0]].T, starts * width


def _piece_width(count: int) -> int:
    """A power of two: the snapshots of a piece, so that there are enough pieces for all columns."""
    pieces = max(1, count // (COLUMNS_MAX * PIECES_A_COLUMN))
    return 1 << (pieces.bit_length() - 1)


def _piece_maxima(values: NDArray[np.floating], width: int) -> NDArray[np.floating]:
    """The largest of every `width` rows of (n, k), NaN only where all are; halving whole pieces is three times as fast
    as numpy's own reduction over so few columns."""
    whole = len(values) // width * width
    folded = values[:whole].reshape(-1, width, values.shape[1])
    while folded.shape[1] > 1:
        half = folded.shape[1] // 2
        folded = np.fmax(folded[:, :half], folded[:, half:])
    rest = [np.fmax.reduce(values[whole:], axis=0, keepdims=True)] if whole < len(values) else []
    return np.concatenate([folded[:, 0], *rest])


def _below_the_others(norms: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(k, n): positive, yet under VANISHING_RATIO of the median block of that snapshot."""
    known = np.isfinite(norms)
    return known & (norms > 0) & (norms < VANISHING_RATIO * _medians(norms.T, at_least=1))


def _above_itself(norms: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(k, n): over EXPLODING_RATIO of what was usual for the block before; large norms at the start do not count."""
    return np.isfinite(norms) & (norms > EXPLODING_RATIO * _usual_before(norms))


def _usual_before(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, n): the median of each block's earlier snapshots, one for each of REFERENCES stretches; NaN in the first."""
    count = norms.shape[1]
    usual = np.full(norms.shape, np.nan)
    edges = np.linspace(0, count, min(count, REFERENCES) + 1).astype(np.intp)
    for start, end in itertools.pairwise(edges.tolist()):
        earlier = norms[:, : start : max(1, start // REFERENCE_SNAPSHOTS)]
        usual[:, start:end] = _medians(earlier, at_least=MARK_SNAPSHOTS)[:, None]
    return usual


def _medians(rows: NDArray[np.float64], *, at_least: int) -> NDArray[np.float64]:
    """The median of the positive finite values of each row; NaN for a row with fewer than `at_least` of them."""
    is_kept = np.isfinite(rows) & (rows > 0)
    counts = is_kept.sum(axis=1)
    if not rows.shape[1]:
        return np.full(len(rows), np.nan)
    ordered = np.sort(np.where(is_kept, rows, np.inf), axis=1)
    middle = np.stack([np.maximum(counts - 1, 0) // 2, np.minimum(counts // 2, rows.shape[1] - 1)], axis=1)
    medians = (np.take_along_axis(ordered, middle, axis=1) / 2).sum(axis=1)
    return np.where(counts >= at_least, medians, np.nan)


def _sustained(names: tuple[str, ...], steps: NDArray[np.int64], flags: NDArray[np.bool_]) -> dict[str, int]:
    """The blocks whose flag (k, n) holds for MARK_SNAPSHOTS snapshots in a row, each with the first step at which it
    does."""
    if flags.shape[1] < MARK_SNAPSHOTS:
        return {}
    windows = np.lib.stride_tricks.sliding_window_view(flags, MARK_SNAPSHOTS, axis=1)  # (k, n - 4, 5)
    held: NDArray[np.bool_] = np.all(windows, axis=2)
    return {name: int(steps[row.argmax()]) for name, row in zip(names, held) if row.any()}


def _notes(flow: Flow) -> tuple[str, ...]:
    shape = f"{counted(len(flow.names), 'block')} × {counted(flow.snapshots, 'snapshot')}"
    if len(flow.steps) < flow.snapshots:
        shape += f" in {len(flow.steps)} columns, each cell the largest of its column"
    notes = [shape]
    gaps = [f"{flow.zeros:,} exactly 0"] * bool(flow.zeros)
    gaps += [f"{flow.nonfinite:,} not finite or not logged (first {flow.first_nonfinite})"] * bool(flow.nonfinite)
    if gaps:
        notes.append(f"Gaps: {' and '.join(gaps)}, of {len(flow.names) * flow.snapshots:,} norms.")
    if flow.silent:
        notes.append(f"Always exactly 0: {_listed(flow.silent)}. Frozen or cut off from the loss.")
    if flow.vanishing:
        notes.append(f"▼ Vanishing, under 1/1000 of the median block: {_since(flow.vanishing)}.")
    if flow.exploding:
        notes.append(f"▲ Exploding, over 10 times its own earlier median: {_since(flow.exploding)}.")
    return tuple(notes)


def _since(steps: dict[str, int]) -> str:
    return _listed([f"{name} from step {step:,}" for name, step in steps.items()])


def _listed(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(shortened(name, characters=40) for name in names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown


def _surface(flow: Flow, theme: Theme) -> Canvas:
    depth, hover = np.arange(len(flow.names)), _hover(flow)
    texts = hover.get("text")
    low, high, ticks = _log_ticks(flow.log_norms)
    shared = {"colorscale": GRADIENT_SCALE, "cmin": low, "cmax": high}
    drawn = Canvas()
    if min(flow.log_norms.shape) > 1:
        drawn.add_surface(
            x=flow.steps, y=depth, z=flow.log_norms, **hover,
            colorbar=colour_bar(theme, "gradient norm") | ticks | {"x": 1.0}, **shared,
        )  # fmt: skip
    rows, columns = np.nonzero(_alone(flow.log_norms))
    if len(rows):
        heights = flow.log_norms[rows, columns]
        drawn.add_scatter3d(
            x=flow.steps[columns], y=rows, z=heights, mode="markers", showlegend=False,
            hoverinfo="text" if isinstance(texts, list) else "x+y",
            text=[texts[row][column] for row, column in zip(rows, columns)] if isinstance(texts, list) else None,
            marker={"size": 4, "color": heights} | shared,
        )  # fmt: skip
    _add_now(drawn, flow, theme)
    labels = _labels(flow, SURFACE_LABELS_MAX)
    drawn.update_layout(
        scene={
            "camera": GRADIENT_CAMERA, "aspectmode": "manual", "aspectratio": {"x": 1.6, "y": 1.2, "z": 0.8},
            "xaxis": {"nticks": 6} | step_axis(int(flow.steps[0]), int(flow.steps[-1])),
            "yaxis": {"title": {"text": "block"}, "tickfont": {"family": MONO_FONT, "size": SMALL_PX - 1}} | labels,
            "zaxis": {"title": {"text": "gradient norm"}, "range": [low, high]} | ticks,
        },
        margin={"l": 8, "r": 8, "b": 8},
    )  # fmt: skip
    return drawn


def _heat_map(flow: Flow, theme: Theme) -> Canvas:
    low, high, ticks = _log_ticks(flow.log_norms)
    drawn = Canvas(
        go.Heatmap(
            x=flow.steps, y=np.arange(len(flow.names)), z=flow.log_norms, **_hover(flow),
            hoverongaps=False, colorscale=GRADIENT_SCALE, zmin=low, zmax=high,
            colorbar=colour_bar(theme, "gradient norm") | ticks | {"len": 1.0},
        )
    )  # fmt: skip
    labels = _labels(flow, FLAT_LABELS_MAX)
    _add_flat_now(drawn, flow, theme)
    # Paper behind cells is a gap: it must differ from both ends of the colour scale.
    drawn.update_layout(plot_bgcolor=theme.sunken)
    drawn.update_xaxes(step_axis(int(flow.steps[0]), int(flow.steps[-1])))
    drawn.update_yaxes(
        tickfont={"family": MONO_FONT}, showgrid=False, range=[-0.5, len(flow.names) - 0.5], **labels
    )  # fmt: skip
    return drawn


def _add_now(drawn: Canvas, flow: Flow, theme: Theme) -> None:
    """The line across the blocks at the current step; the last until the slider moves it."""
    depth, last = np.arange(len(flow.names)), len(flow.steps) - 1
    drawn.add_scatter3d(
        **_now_line(flow, last), y=depth, mode="lines+markers", hoverinfo="skip", showlegend=False, name="now",
        line={"color": theme.accent, "width": 5}, marker={"color": theme.accent, "size": 2.5},
    )  # fmt: skip
    frames = {int(flow.steps[column]): [_now_line(flow, column)] for column in evenly_chosen(last + 1, FRAMES_MAX)}
    with_frames(drawn, frames, [len(drawn.data) - 1])


def _now_line(flow: Flow, column: int) -> dict[str, NDArray[np.generic]]:
    return {"x": thin(np.full(len(flow.names), flow.steps[column])), "z": flow.log_norms[:, column].copy()}


def _add_flat_now(drawn: Canvas, flow: Flow, theme: Theme) -> None:
    ends = np.array([-0.5, len(flow.names) - 0.5])
    drawn.add_scatter(
        x=flow.steps[[-1, -1]], y=ends, mode="lines", line={"color": theme.accent, "width": 1.5}, hoverinfo="skip",
        showlegend=False, name="now",
    )  # fmt: skip
    frames = {
        int(flow.steps[column]): [{"x": flow.steps[[column, column]]}]
        for column in evenly_chosen(len(flow.steps), FRAMES_MAX)
    }
    with_frames(drawn, frames, [len(drawn.data) - 1])


def _hover(flow: Flow) -> dict[str, object]:
    """Texts "step 12 · h.3 · 0.0123" of each cell (k lists of m), or a template over numbers where they are many."""
    if flow.log_norms.size > HOVER_CELLS_MAX:
        return {"hovertemplate": "step %{x} · row %{y} · 10^%{z:.2f}<extra></extra>"}
    names = [shortened(name, characters=60) for name in flow.names]
    norms = (10.0 ** flow.log_norms.astype(np.float64)).tolist()
    texts = [
        [f"step {step:,} · {name} · {norm:.4g}" for step, norm in zip(steps, row)]
        for name, steps, row in zip(names, flow.measured_at.tolist(), norms)
    ]
    return {"text": texts, "hoverinfo": "text"}


def _labels(flow: Flow, labels_max: int) -> dict[str, object]:
    """Tick labels of the block axis: evenly chosen, with both ends; a marked block always has its own."""
    count = len(flow.names)
    chosen = set(np.linspace(0, count - 1, min(count, labels_max)).round().astype(int).tolist())
    marks = {name: " " + "▼" * (name in flow.vanishing) + "▲" * (name in flow.exploding) for name in _marked(flow)}
    chosen |= {row for row, name in enumerate(flow.names) if name in marks}
    rows = sorted(chosen)
    texts = [shortened(flow.names[row], characters=22) + marks.get(flow.names[row], "") for row in rows]
    return {"tickmode": "array", "tickvals": rows, "ticktext": texts}


def _marked(flow: Flow) -> set[str]:
    return flow.vanishing.keys() | flow.exploding.keys()


def _log_ticks(log_norms: NDArray[np.float32]) -> tuple[float, float, dict[str, object]]:
    """The range of the colour and height axis, and its ticks written as powers of ten."""
    low, high = float(np.nanmin(log_norms)), float(np.nanmax(log_norms))
    margin = max(0.05, 0.03 * (high - low))
    low, high = low - margin, high + margin
    stride = max(1, round((high - low) / 6))
    powers = list(range(int(np.ceil(low)), int(np.floor(high)) + 1, stride))
    if len(powers) < 2:
        values = np.linspace(low, high, 3).tolist()
        return low, high, {"tickmode": "array", "tickvals": values, "ticktext": [f"{10.0**v:.3g}" for v in values]}
    return low, high, {"tickmode": "array", "tickvals": powers, "ticktext": [f"10<sup>{p}</sup>" for p in powers]}


def _alone(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(k, m): finite cells that no surface patch touches, because one corner of each patch around them is missing."""
    known = np.isfinite(values)
    patches = known[:-1, :-1] & known[1:, :-1] & known[:-1, 1:] & known[1:, 1:]
    touched = np.zeros_like(known)
    touched[:-1, :-1] |= patches
    touched[1:, :-1] |= patches
    touched[:-1, 1:] |= patches
    touched[1:, 1:] |= patches
    return known & ~touched
