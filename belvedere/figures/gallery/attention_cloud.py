"""What one attention head looks at, as points in space: query, key, weight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.analysis.contents import about, array
from belvedere.core.errors import UsageError
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Media, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_frames
from belvedere.figures.options import Chosen, Number
from belvedere.figures.scene import Axis, lay_out
from belvedere.figures.theme import GRADIENT_CAMERA, MONO_FONT, SMALL_PX, Theme, colour_bar, shortened
from belvedere.figures.words import counted

PATTERN = "attention/layer*_head*"
THRESHOLD = 0.01
KEPT_A_QUERY = 8  # of a query whose weights are all below the threshold
POINTS_MAX = 50_000
FRAMES_MAX = 20
SENT_NUMBERS = 50_000  # points or cells in all frames together: about 0.8 MB of JSON
TEXTS_MAX = 8_000
NAMED_TICKS_MAX = 24
SIDE_MAX = 256  # of a flat map; larger ones show the largest weight of each square
SEED_SCALE = ((0.0, "#3FA97A"), (0.25, "#B9B36B"), (0.55, "#E0703A"), (1.0, "#C01F2E"))  # green is low, red is high
# Cividis without its darkest quarter, which a dark ground would swallow.
SAFE_SCALE = ((0.0, "#414D6B"), (0.33, "#7C7B78"), (0.67, "#BBAD6C"), (1.0, "#FDE737"))
PALETTES: dict[str, object] = {"seed": SEED_SCALE, "safe": SAFE_SCALE}
HIGHEST = 99


@dataclass(frozen=True, eq=False)
class Cloud:
    """The weights of one head at one step that are worth a point.

    step · weights (t, s) float32 · queries, keys (p,) int32: positions · heights (p,) float32: weights there
    lifted: queries without a weight over the threshold, which keep their largest ones · over: weights over it
    """

    step: int
    weights: NDArray[np.float32]
    queries: NDArray[np.int32]
    keys: NDArray[np.int32]
    heights: NDArray[np.float32]
    lifted: int
    over: int


def _media_for(options: Mapping[str, Chosen]) -> tuple[str, ...]:
    """The map of the head that was asked for; all there are when it is not there, to say which could be had."""
    layer, head = options["layer"], options["head"]
    asked = f"attention/layer{0 if layer is None else layer}_head{0 if head is None else head}"
    others = [f"array:attention/layer{layer}_head*"] if layer is not None and head is None else []
    return ("|".join([f"array:{asked}", *others, f"array:{PATTERN}"]),)


@figure(
    id="attention_cloud",
    title="Attention",
    family="attention",
    needs=Needs(media=(f"array:{PATTERN}",)),
    media_for=_media_for,
    options={
        "view": ("cloud", "heatmap"),
        "layer": Number(None, 0, 999, what="layer; the first that was captured unless chosen"),
        "head": Number(None, 0, 999, what="head; the first that was captured unless chosen"),
        "palette": ("seed", "safe"),
    },
    absent="No attention was captured. Call bv.capture_attention(model, inputs) now and then.",
    scene=True,
    twin={"view": "heatmap"},
)
def attention_cloud(
    data: RunData, *, theme: Theme, view: str, layer: int | None, head: int | None, palette: str
) -> Drawing:
    """How much each position of one example looks at each other one, in one head of one layer.

    What it shows: a point for every weight over 0.01, at its query position, key position and height; a query whose
    weights are all smaller keeps its 8 largest, so every query that attends has a point. Over 50,000 points (fewer when
    many steps move under the slider) only the largest are drawn, and the largest of each query always. The slider goes
    through the captured steps. `view=heatmap` shows the whole matrix; what was masked is a gap.

    How to read it: a wall over the diagonal looks at the token itself, a wall one beside it at the one before (a
    previous-token head). A wall along one key is a sink: the first token often is one, in healthy models too. Stripes
    parallel to the diagonal that appear during training are an induction head: it looks at what followed the same token
    earlier. A flat carpet near 1/T spreads evenly and has learned nothing yet, or takes an average.

    What it does not show: other examples, other heads, or what the value vectors make of it: a large weight on a small
    value moves nothing. The weights are computed again from queries and keys beside the fused kernel; the record says
    how close its output comes (`output_error`).
    """
    names = _captured(data.media)
    chosen = _chosen(names, layer, head)
    if isinstance(chosen, Refused):
        return chosen
    maps = [media for media in data.media[names[chosen]] if media.content is not None]
    weights = [(media, array(media)) for media in maps]
    weights = [(media, found) for media, found in weights if found.ndim == 2 and np.isfinite(found).any()]
    if not weights:
        return Refused(
            f"No map of layer {chosen[0]}, head {chosen[1]} holds a weight: the files are missing, or all is NaN."
        )
    kept = [weights[place] for place in evenly_chosen(len(weights), FRAMES_MAX)]
    tokens = _tokens(kept[-1][0])
    drawn = (_cloud if view == "cloud" else _heat_map)(kept, tokens, palette, theme)
    where = f"layer {chosen[0]}, head {chosen[1]}"
    return Drawn(drawn.figure, "measured", (f"{where} · {drawn.notes[0]}", *drawn.notes[1:]))


def attention_points(
    weights: NDArray[np.floating], *, threshold: float = THRESHOLD, most: int = POINTS_MAX, full: float = 1.0
) -> NDArray[np.float32]:
    """(n, 6) float32, for an Object3D: query, key, weight, and red, green, blue from 0 to 255; red is a high weight,
    green a low one, and `full` the weight that is all red. `weights` (t, s) are those of one head."""
    cloud = cloud_of(np.asarray(weights), 0, threshold=threshold, most=most)
    share = np.clip(cloud.heights / full, 0, 1)
    colours = (255 * share, 255 * (1 - share), np.full(len(share), 128.0))
    return np.stack([cloud.queries, cloud.keys, cloud.heights, *colours], axis=1).astype(np.float32)


def cloud_of(
    weights: NDArray[np.generic], step: int, *, threshold: float = THRESHOLD, most: int = POINTS_MAX
) -> Cloud:  # fmt: skip
    """The weights (t, s) over the threshold, at least one of every query that attends, at most `most` (but at least
    one of each query)."""
    known = np.nan_to_num(np.asarray(weights, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    is_over = known > threshold
    is_lifted = ~is_over.any(axis=1) & (known > 0).any(axis=1)
    kept = is_over.copy()
    lifted = np.flatnonzero(is_lifted)
    if len(lifted):
        count = min(KEPT_A_QUERY, known.shape[1])
        best = np.argpartition(known[lifted], -count, axis=1)[:, -count:]
        kept[lifted[:, None], best] = known[lifted[:, None], best] > 0
    queries, keys = np.nonzero(kept)
    heights = known[queries, keys]
    if len(heights) > most:
        is_first = keys == known.argmax(axis=1)[queries]
        worth = heights + np.where(is_first, 1 + known.max(), 0)
        places = np.sort(np.argpartition(worth, -max(most, int(is_first.sum())))[-max(most, int(is_first.sum())) :])
        queries, keys, heights = queries[places], keys[places], heights[places]
    return Cloud(
        step, known, queries.astype(np.int32), keys.astype(np.int32), heights, len(lifted), int(is_over.sum())
    )  # fmt: skip


def _captured(media: Mapping[str, Sequence[Media]]) -> dict[tuple[int, int], str]:
    """(layer, head) -> key, in order, of all maps that are there."""
    found = {}
    for key, values in media.items():
        words = key.rpartition("/")[2].removeprefix("layer").split("_head")
        if values and values[0].type == "array" and len(words) == 2 and all(word.isdecimal() for word in words):
            found[int(words[0]), int(words[1])] = key
    if not found:  # a map under another name is still a map
        found = {(0, place): key for place, key in enumerate(sorted(media)) if media[key]}
    return dict(sorted(found.items()))


def _chosen(
    names: Mapping[tuple[int, int], str], layer: int | None, head: int | None
) -> tuple[int, int] | Refused:  # fmt: skip
    fits = [pair for pair in names if layer in (None, pair[0]) and head in (None, pair[1])]
    if fits:
        return fits[0]
    layers = sorted({pair[0] for pair in names})
    if not layers:
        return Refused("No attention was captured. Call bv.capture_attention(model, inputs) now and then.")
    if layer is not None and layer not in layers:
        raise UsageError(f"layer {layer} was not captured; captured: {_ranges(layers)}")
    heads = sorted({pair[1] for pair in names if layer in (None, pair[0])})
    where = f"layer {layer}" if layer is not None else "any layer"
    raise UsageError(f"head {head} of {where} was not captured; captured: {_ranges(heads)}")


def _ranges(numbers: Sequence[int]) -> str:
    """ "0–3, 7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in parts)


def _tokens(media: Media) -> list[str]:
    told = about(media).get("tokens")
    return [_plain(str(token)) for token in told] if isinstance(told, list) else []


def _plain(token: str) -> str:
    """A token as it can be shown: spaces and line ends are seen."""
    shown = token.replace("\n", "⏎").replace("\t", "⇥")
    return shortened(shown.replace(" ", "·") if not shown.strip() else shown, characters=16)


def _cloud(
    maps: Sequence[tuple[Media, NDArray[np.generic]]], tokens: list[str], palette: str, theme: Theme
) -> Drawn:  # fmt: skip
    share = SENT_NUMBERS // (len(maps) + 1) if len(maps) > 1 else POINTS_MAX
    clouds = [cloud_of(weights, media.step, most=share) for media, weights in maps]
    last, highest = clouds[-1], max(float(cloud.heights.max(initial=0.0)) for cloud in clouds) or 1.0
    has_texts = bool(tokens) and sum(len(cloud.heights) for cloud in clouds) <= TEXTS_MAX
    words = "%{text} · " if has_texts else ""
    drawn = Canvas()
    content = _points(last, tokens if has_texts else [])
    drawn.add_scatter3d(
        **{name: value for name, value in content.items() if name != "marker"}, mode="markers", showlegend=False,
        hovertemplate=f"{words}query %{{x}} → key %{{y}} · weight %{{z:.4f}}<extra></extra>",
        marker={
            "color": last.heights, "size": 3.2, "colorscale": PALETTES[palette], "cmin": 0.0,
            "cmax": highest, "opacity": 0.9, "line": {"width": 0}, "colorbar": colour_bar(theme, "weight"),
        },
    )  # fmt: skip
    if len(clouds) > 1:
        frames = {cloud.step: [_points(cloud, tokens if has_texts else [])] for cloud in clouds}
        with_frames(drawn, frames, [0])
    queries, keys = (float(max(cloud.weights.shape[side] for cloud in clouds) - 1) for side in (0, 1))
    lay_out(
        drawn, x=Axis("query", spread=(0.0, max(1.0, queries))), y=Axis("key", spread=(0.0, max(1.0, keys))),
        z=Axis("weight", spread=(0.0, highest)), camera=GRADIENT_CAMERA, aspect=(1.2, 1.2, 0.7),
    )  # fmt: skip
    if tokens and len(tokens) <= NAMED_TICKS_MAX:
        named = {"tickvals": list(range(len(tokens))), "ticktext": tokens, "tickmode": "array"}
        named |= {"tickfont": {"family": MONO_FONT, "size": SMALL_PX - 2}}
        drawn.update_layout(scene={"xaxis": named, "yaxis": named})
    return Drawn(drawn, "measured", _notes(last, len(clouds)))


def _points(cloud: Cloud, tokens: list[str]) -> dict[str, object]:
    content: dict[str, object] = {
        "x": cloud.queries.astype(np.int16), "y": cloud.keys.astype(np.int16), "z": cloud.heights,
        "marker": {"color": cloud.heights},
    }  # fmt: skip
    if tokens:
        names = dict(enumerate(tokens))
        pairs = zip(cloud.queries.tolist(), cloud.keys.tolist())
        content["text"] = [f"{names.get(query, query)} → {names.get(key, key)}" for query, key in pairs]
    return content


def _notes(cloud: Cloud, steps: int) -> tuple[str, ...]:
    shares = cloud.weights / np.maximum(cloud.weights.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    entropy = (shares * -np.log(np.where(shares > 0, shares, 1))).sum(axis=1).mean() + 0.0  # no "-0.00"
    notes = [
        f"step {cloud.step:,}, {counted(len(cloud.heights), 'point')} of {counted(cloud.weights.size, 'weight')}, "
        f"{cloud.over:,} of them over {THRESHOLD} · mean entropy {entropy:.2f} nats"
        + (f" · {steps} steps" if steps > 1 else "")
    ]
    if cloud.lifted:
        notes.append(
            f"Spread so evenly that no weight is over {THRESHOLD}: {counted(cloud.lifted, 'query', 'queries')}, of "
            f"which the {KEPT_A_QUERY} largest are drawn."
        )
    if len(cloud.heights) < cloud.over:
        notes.append("There are more weights than can be drawn: the largest are shown, and of each query the largest.")
    return tuple(notes)


def _heat_map(
    maps: Sequence[tuple[Media, NDArray[np.generic]]], tokens: list[str], palette: str, theme: Theme
) -> Drawn:  # fmt: skip
    cells = max(min(weights.shape[0], SIDE_MAX) * min(weights.shape[1], SIDE_MAX) for _, weights in maps)
    fit = 3 * SENT_NUMBERS // max(1, cells) - 1
    kept = [maps[place] for place in evenly_chosen(len(maps), fit)] if fit > 1 else [maps[-1]]
    tables = [(media.step, _pooled(np.asarray(weights, np.float32))) for media, weights in kept]
    side = -(-max(maps[-1][1].shape) // SIDE_MAX)
    highest = max(float(np.nanmax(table, initial=0.0)) for _, table in tables) or 1.0
    drawn = Canvas(
        go.Heatmap(
            z=tables[-1][1], dx=side, dy=side, x0=0, y0=0, colorscale=PALETTES[palette], zmin=0.0, zmax=highest,
            colorbar=colour_bar(theme, "weight") | {"len": 1.0}, hoverongaps=False,
            hovertemplate="query %{y} → key %{x} · weight %{z:.4f}<extra></extra>",
        )
    )  # fmt: skip
    if len(tables) > 1:
        with_frames(drawn, {step: [{"z": table}] for step, table in tables}, [0])
    drawn.update_xaxes(title={"text": "key"}, constrain="domain", showgrid=False)
    drawn.update_yaxes(
        title={"text": "query"}, autorange="reversed", scaleanchor="x", constrain="domain", showgrid=False
    )
    if tokens and len(tokens) <= 2 * NAMED_TICKS_MAX:
        named = {"tickvals": list(range(len(tokens))), "ticktext": tokens, "tickmode": "array"}
        drawn.update_xaxes(**named, tickfont={"family": MONO_FONT, "size": SMALL_PX - 2}, tickangle=-60)
        drawn.update_yaxes(**named, tickfont={"family": MONO_FONT, "size": SMALL_PX - 2})
    notes = [f"step {kept[-1][0].step:,}, {counted(maps[-1][1].size, 'weight')}"]
    if side > 1:
        notes.append(f"A cell stands for {side}×{side} weights and shows the largest of them.")
    return Drawn(drawn, "measured", tuple(notes))


def _pooled(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The largest of each square, so that no side is longer than SIDE_MAX; what is masked (exactly 0) or not finite
    is a gap."""
    known = np.where(np.isfinite(weights) & (weights != 0), weights, np.float32(np.nan))
    side = -(-max(known.shape) // SIDE_MAX)
    if side <= 1:
        return known
    padded = np.pad(known, [(0, -size % side) for size in known.shape], constant_values=np.nan)
    squares = padded.reshape(padded.shape[0] // side, side, -1, side)
    pooled: NDArray[np.float32] = np.fmax.reduce(np.fmax.reduce(squares, axis=3), axis=1)
    return pooled
