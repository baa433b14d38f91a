"""The network as an object: its blocks in depth order, coloured by what happens in them at the current step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.colors
from numpy.typing import NDArray

from belvedere.analysis.contents import table
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, Media, RunData, VectorSeries
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import FRAMES_MAX, with_frames
from belvedere.figures.scene import thin
from belvedere.figures.theme import (
    GRADIENT_SCALE,
    MONO_FONT,
    SMALL_PX,
    SPREAD_SCALE,
    Theme,
    camera,
    colour_bar,
    shortened,
)
from belvedere.figures.words import counted

FAMILIES = {"gradient": "grad_norm", "update": "update_ratio", "weight": "weight_norm", "dead": "dead_share"}
TITLES = {"gradient": "gradient norm", "update": "update / weight", "weight": "weight norm", "dead": "dead share"}
LOGARITHMIC = ("gradient", "update", "weight")
BLOCKS_MAX = 400
VALUED_BLOCKS_MAX = 60
SENT_TEXTS = 900  # blocks times steps, each with eight corners: about 0.6 MB
NAMED_BLOCKS_MAX = 28
THICKNESS = 0.62  # of the distance between two blocks
SMALLEST = 0.16  # of the largest face, so that a norm layer is still seen
FLARE = 0.55  # the small end of an embedding or a head, of its large one
NO_VALUE_SHARE = 0.02  # of the colour scale, at its lower end, for blocks without a value
CAMERA = camera(0.72, -1.76, 0.72) | {"center": {"x": 0.0, "y": 0.0, "z": -0.1}}  # its box is flat
# Two triangles for each of the six sides of a box whose corners are numbered by x, then y, then z.
SIDES = np.array([
    [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
    [1, 5, 7], [1, 7, 3],
])  # fmt: skip
EDGES = ((0, 1), (1, 3), (3, 2), (2, 0), (4, 5), (5, 7), (7, 6), (6, 4), (0, 4), (1, 5), (2, 6), (3, 7))


@dataclass(frozen=True)
class Block:
    """One block of the network; parameters 0 and no shape where only its name is known."""

    name: str
    kind: str
    parameters: int
    shape: str


@dataclass(frozen=True, eq=False)
class Network:
    """blocks in depth order · steps (s,) int64, evenly chosen of `snapshots` · values (s, k) float64, NaN where a block
    has none"""

    blocks: tuple[Block, ...]
    steps: NDArray[np.int64]
    values: Floats
    snapshots: int


@figure(
    id="network_3d",
    title="The network",
    family="gradients",
    needs=Needs(
        vectors=("grad_norm|update_ratio|weight_norm|dead_share",), optional=tuple(FAMILIES.values()),
        optional_media=("table:architecture",),
    ),
    options={"view": ("object", "bars"), "colour": tuple(FAMILIES)},
    absent="Nothing was recorded of the network's blocks. Add run.watch(model).",
    scene=True,
    twin={"view": "bars"},
)  # fmt: skip
def network_3d(data: RunData, *, theme: Theme, view: str, colour: str) -> Drawing:
    """The blocks of the network from input to output, coloured by one quantity that moves with the slider.

    What it shows: a slab for each block in depth order; its face grows with the cube root of its parameters. Embeddings
    narrow towards the network and heads widen away from it. Colour is the gradient norm, the size of the update against
    the weights, the weight norm (these three on a logarithmic scale), or the share of dead units; grey has no value
    there (frozen, not finite, 0 on a logarithmic scale, or without units that can die). `view=bars` shows the same
    flat.

    How to read it: colours should change gradually with depth. One block far darker than its neighbours hardly learns;
    one far brighter takes the step for all. Updates near 1/1000 of the weights are usual, 1/10 is hardly ever right.
    Move the slider: what starts uneven and evens out was warm-up; what parts late is a problem of that block.

    What it does not show: connections that skip blocks, and what a block computes. Slabs are drawn in the order in
    which the model registers its blocks; a model that calls them in another order looks the same.
    """
    family = FAMILIES[colour]
    vectors = data.vectors.get(family)
    if vectors is None or not len(vectors):
        there = ", ".join(f"colour={name}" for name, one in FAMILIES.items() if one in data.vectors) or "none"
        return Refused(f"No {family} was recorded of the blocks; there is: {there}.")
    found = network_of(vectors, data.media.get("architecture", ()))
    if not found.blocks:
        return Refused(
            "The recorded network has no blocks, so there is nothing to draw. Watch a model with parameters."
        )
    if len(found.blocks) > BLOCKS_MAX:
        return Refused(f"{len(found.blocks):,} blocks are more than can be drawn; {BLOCKS_MAX} is the most.")
    heights = _heights(found.values, is_log=colour in LOGARITHMIC)
    low, high = _range(heights, colour)
    drawn = Canvas()
    if view == "bars":
        _add_bars(drawn, found, heights, (low, high), colour, theme)
    else:
        _add_object(drawn, found, heights, (low, high), colour, theme)
    return Drawn(drawn, "measured", _notes(found, heights, family))


def network_of(vectors: VectorSeries, architecture: Sequence[Media]) -> Network:
    """Blocks in the order of the architecture table where there is one, else in that of the vectors' names; blocks that
    only the vectors know come last."""
    blocks = _blocks(architecture)
    known = {block.name for block in blocks}
    blocks += [Block(name, "", 0, "") for name in vectors.names if name not in known]
    fit = SENT_TEXTS // max(1, len(blocks)) if len(blocks) <= VALUED_BLOCKS_MAX else FRAMES_MAX // 2
    chosen = evenly_chosen(len(vectors), max(2, min(FRAMES_MAX, fit)))
    column = {name: place for place, name in enumerate(vectors.names)}
    values = np.full((len(chosen), len(blocks)), np.nan)
    for place, block in enumerate(blocks):
        if block.name in column:
            values[:, place] = vectors.values[chosen, column[block.name]]
    return Network(tuple(blocks), vectors.steps[chosen], values, len(vectors))


def sizes_of(blocks: Sequence[Block]) -> Floats:
    """(k,) the face of each block from SMALLEST to 1: the cube root of its parameters, that of the largest being 1; a
    middle size where parameters are not known."""
    parameters = np.array([block.parameters for block in blocks], np.float64)
    if not (parameters > 0).any():
        return np.full(len(blocks), 0.6)
    sizes = np.cbrt(parameters / parameters.max())
    return np.where(parameters > 0, np.maximum(sizes, SMALLEST), 0.6)


def _blocks(architecture: Sequence[Media]) -> list[Block]:
    for media in reversed(architecture):
        try:
            content = table(media)
            columns = [content.column(name) for name in ("name", "kind", "parameters", "shape")]
        except (NotFound, UsageError):
            continue  # the names of the vectors are enough to draw by
        return [
            Block(str(name), str(kind), int(parameters) if isinstance(parameters, int | float) else 0, str(shape))
            for name, kind, parameters, shape in zip(*columns)
        ]
    return []


def _heights(values: Floats, *, is_log: bool) -> Floats:
    """What is coloured: log10 of positive values, or the values; NaN where there is none."""
    known = np.isfinite(values) & ((values > 0) | (not is_log))
    kept: Floats = np.where(known, values, np.nan)
    with np.errstate(divide="ignore"):
        return np.log10(kept) if is_log else kept


def _range(heights: Floats, colour: str) -> tuple[float, float]:
    if colour == "dead":
        return 0.0, 1.0
    known = heights[np.isfinite(heights)]
    if not len(known):
        return -1.0, 0.0
    low, high = float(known.min()), float(known.max())
    margin = max(0.05, 0.02 * (high - low))
    return low - margin, high + margin


def _shade(heights: Floats, limits: tuple[float, float]) -> Floats:
    """Heights as places on the colour scale, whose lower end is kept for what has no value: 0 to 1."""
    share = (heights - limits[0]) / (limits[1] - limits[0])
    return np.where(np.isfinite(heights), NO_VALUE_SHARE + (1 - NO_VALUE_SHARE) * np.clip(share, 0, 1), 0.0)


def _scale(colour: str, theme: Theme) -> list[tuple[float, str]]:
    """The colour scale with the grey of no value at its lower end."""
    name = SPREAD_SCALE if colour == "dead" else GRADIENT_SCALE
    colours = plotly.colors.get_colorscale(name)
    grey = theme.faint
    edge = NO_VALUE_SHARE * 0.9
    upper = [(NO_VALUE_SHARE + (1 - NO_VALUE_SHARE) * float(place), str(ink)) for place, ink in colours]
    return [(0.0, grey), (edge, grey), (edge, upper[0][1]), *upper]


def _bar(colour: str, limits: tuple[float, float], theme: Theme) -> dict[str, object]:
    """The colour bar in the unit of the quantity."""
    # The highest tick stands below the end, where the title of the bar is.
    ticks = np.linspace(limits[0], limits[1] - 0.06 * (limits[1] - limits[0]) * (colour in LOGARITHMIC), 5)
    texts = [f"{10.0**tick:.2g}" if colour in LOGARITHMIC else f"{tick:.0%}" for tick in ticks]
    places = _shade(ticks, limits)
    return colour_bar(theme, TITLES[colour]) | {
        "tickmode": "array", "tickvals": [0.0, *places.tolist()[1:]], "ticktext": ["no value", *texts[1:]],
    }  # fmt: skip


def _corners(blocks: Sequence[Block]) -> Floats:
    """(k, 8, 3): the corners of each slab; x is depth."""
    corners = np.empty((len(blocks), 8, 3))
    for place, (block, size) in enumerate(zip(blocks, sizes_of(blocks))):
        front, back = _ends(block, place, len(blocks))
        for corner in range(8):
            half = size * (front if corner < 4 else back) / 2
            side = (1 if corner & 2 else -1, 1 if corner & 1 else -1)
            corners[place, corner] = (
                place + (THICKNESS / 2 if corner >= 4 else -THICKNESS / 2), side[0] * half, side[1] * half,
            )  # fmt: skip
    return corners


def _ends(block: Block, place: int, count: int) -> tuple[float, float]:
    """How large the two ends of a slab are: embeddings narrow, heads widen, all others are boxes."""
    words = f"{block.name} {block.kind}".lower()
    if "emb" in words or "wte" in words or "wpe" in words:
        return 1.0, FLARE
    if "head" in words and place >= count // 2:
        return FLARE, 1.0
    return 1.0, 1.0


def _add_object(
    drawn: Canvas, found: Network, heights: Floats, limits: tuple[float, float], colour: str, theme: Theme
) -> None:  # fmt: skip
    corners = _corners(found.blocks)
    count = len(found.blocks)
    sides = (SIDES[None] + 8 * np.arange(count)[:, None, None]).reshape(-1, 3)
    points = corners.reshape(-1, 3).astype(np.float32)
    shades = np.repeat(_shade(heights, limits), 8, axis=1).astype(np.float32)  # (s, 8k): a corner has its block's
    lines = np.full((count, len(EDGES), 3, 3), np.nan, np.float32)
    for index, (one, other) in enumerate(EDGES):
        lines[:, index, 0], lines[:, index, 1] = corners[:, one], corners[:, other]
    drawn.add_scatter3d(
        x=np.array([-1.2, count + 0.2], np.float32), y=np.zeros(2, np.float32), z=np.zeros(2, np.float32), mode="lines",
        line={"color": theme.faint, "width": 3}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    drawn.add_mesh3d(
        x=points[:, 0], y=points[:, 1], z=points[:, 2], i=sides[:, 0], j=sides[:, 1], k=sides[:, 2],
        intensity=shades[-1], cmin=0.0, cmax=1.0, colorscale=_scale(colour, theme),
        colorbar=_bar(colour, limits, theme),
        flatshading=True, lighting={"ambient": 0.75, "diffuse": 0.4, "specular": 0.05, "roughness": 0.9},
        text=_told(found, -1, colour), hoverinfo="text", name="blocks",
    )  # fmt: skip
    flat = lines.reshape(-1, 3)
    drawn.add_scatter3d(
        x=flat[:, 0], y=flat[:, 1], z=flat[:, 2], mode="lines", line={"color": theme.ground, "width": 2},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    if len(found.steps) > 1:
        frames: dict[int, list[dict[str, object]]] = {}
        for place, step in enumerate(found.steps.tolist()):
            told: dict[str, object] = {"text": _told(found, place, colour)} if count <= VALUED_BLOCKS_MAX else {}
            frames[step] = [{"intensity": shades[place], **told}]
        with_frames(drawn, frames, [1])
    _lay_out(drawn, found, theme)


def _told(found: Network, place: int, colour: str) -> list[str]:
    """For each corner the words of its block: name, kind, parameters, shape; its value too where blocks are few enough
    for all the texts of all steps."""
    texts = []
    for block, value in zip(found.blocks, found.values[place].tolist()):
        size = counted(block.parameters, "parameter") if block.parameters else ""
        shown = "no value" if not np.isfinite(value) else f"{value:.1%}" if colour == "dead" else f"{value:.3g}"
        words = [block.name, block.kind, size, block.shape]
        words += [f"{TITLES[colour]} {shown}"] if len(found.blocks) <= VALUED_BLOCKS_MAX else []
        texts += ["<br>".join(shortened(word, characters=60) for word in words if word)] * 8
    return texts


def _lay_out(drawn: Canvas, found: Network, theme: Theme) -> None:
    count = len(found.blocks)
    rows = sorted(set(np.linspace(0, count - 1, min(count, NAMED_BLOCKS_MAX)).round().astype(int).tolist()))
    names = [shortened(found.blocks[row].name, characters=18) for row in rows]
    hidden = {"visible": False, "range": [-0.62, 0.62]}
    drawn.update_layout(
        scene={
            "camera": CAMERA, "aspectmode": "manual",
            "aspectratio": {"x": float(np.clip(0.25 * count, 1.4, 3.2)), "y": 0.8, "z": 0.8},
            "xaxis": {
                "title": {"text": ""}, "tickmode": "array", "tickvals": rows, "ticktext": names, "showgrid": False,
                "tickfont": {"family": MONO_FONT, "size": SMALL_PX - 1}, "range": [-1.3, count + 0.3],
            },
            "yaxis": hidden, "zaxis": hidden,
        },
        margin={"l": 8, "r": 8, "b": 8},
    )  # fmt: skip


def _add_bars(
    drawn: Canvas, found: Network, heights: Floats, limits: tuple[float, float], colour: str, theme: Theme
) -> None:  # fmt: skip
    """One bar for each block, input at the top."""
    places = np.arange(len(found.blocks))
    shades = _shade(heights, limits).astype(np.float32)
    values = thin(np.where(np.isfinite(heights), found.values, np.nan))
    drawn.add_bar(
        x=values[-1], y=places, orientation="h", showlegend=False,
        marker={
            "color": shades[-1], "colorscale": _scale(colour, theme), "cmin": 0.0, "cmax": 1.0, "line": {"width": 0},
        },
        text=[shortened(block.name, characters=60) for block in found.blocks], textposition="none",
        hovertemplate="%{text} · %{x:.3~g}<extra></extra>",
    )  # fmt: skip
    if len(found.steps) > 1:
        frames: Mapping[int, Sequence[Mapping[str, object]]] = {
            step: [{"x": values[place], "marker": {"color": shades[place]}}]
            for place, step in enumerate(found.steps.tolist())
        }
        with_frames(drawn, frames, [0])
    rows = sorted(set(np.linspace(0, len(places) - 1, min(len(places), NAMED_BLOCKS_MAX)).round().astype(int).tolist()))
    names = [shortened(found.blocks[row].name, characters=22) for row in rows]
    is_log = colour in LOGARITHMIC
    span = list(limits)
    drawn.update_xaxes(
        title={"text": TITLES[colour]}, type="log" if is_log else "linear", range=span, showgrid=True,
        exponentformat="power", **({"dtick": 1} if is_log and limits[1] - limits[0] > 1.5 else {}),
    )  # fmt: skip
    drawn.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=rows, ticktext=names, tickfont={"family": MONO_FONT},
        showgrid=False,
    )  # fmt: skip


def _notes(found: Network, heights: Floats, family: str) -> tuple[str, ...]:
    parameters = sum(block.parameters for block in found.blocks)
    size = f", {counted(parameters, 'parameter')}" if parameters else ""
    steps = counted(found.snapshots, "step")
    steps = f"{len(found.steps)} of {steps}, evenly chosen" if len(found.steps) < found.snapshots else steps
    notes = [f"{counted(len(found.blocks), 'block')}{size} · {family} at {steps}"]
    empty = int((~np.isfinite(heights[-1])).sum()) if len(heights) else 0
    if empty:
        notes.append(f"Blocks without a value at the last step, in grey: {empty}.")
    return tuple(notes)
