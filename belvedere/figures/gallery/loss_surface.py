"""A true loss landscape: the loss on a plane through the weights, with the optimiser's path on it."""

from dataclasses import dataclass

import numpy as np

from belvedere.analysis.landscape.recorded import recorded_landscape
from belvedere.analysis.landscape.surface import Landscape
from belvedere.core.errors import BelvedereError
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_frames, with_now
from belvedere.figures.scene import Axis, lay_out, thin
from belvedere.figures.theme import LANDSCAPE_CAMERA, LOSS_SCALE, NOW_PX, SMALL_PX, Theme, colour_bar
from belvedere.figures.words import counted, sentence

KEY = "landscape/surface"
LOG_FROM = 20.0  # times the least loss: from here on a linear height shows one wall and nothing else
BETWEEN = 8  # points of the drawn line from one checkpoint to the next
LIFT = 0.02  # of the height: so far the path is drawn above the surface, or the surface would hide it
TICKS_MAX = 7
# Black within white is seen on every colour of the scale, on light and on dark ground.
PATH, HALO = "#101418", "#FFFFFF"


@dataclass(frozen=True, eq=False)
class Relief:
    """A landscape as drawn.

    heights (rows, columns): the loss, or its log10; NaN where there is a hole · holes: how many, of which `nonpositive`
    are only holes because a logarithm has no place for them
    marks (n, 3): the checkpoints in the plane, at the height of the loss there · line (m, 3): on the surface between
    them
    """

    found: Landscape
    is_log: bool
    heights: Floats
    holes: int
    nonpositive: int
    marks: Floats
    line: Floats


@figure(
    id="loss_surface",
    title="Loss surface",
    family="landscape",
    needs=Needs(media=(f"array:{KEY}",)),
    options={"view": ("surface", "contour"), "z": ("auto", "linear", "log")},
    absent="No loss landscape was measured. Call bv.landscape(model, loss_fn, run=run), or run `belvedere landscape`.",
    scene=True,
    twin={"view": "contour"},
)
def loss_surface(data: RunData, *, theme: Theme, view: str, z: str) -> Drawing:
    """The loss on a plane through the model's weights, one forward pass for every crossing of the grid.

    What it shows: the middle of a random plane is the model; both directions are random and filter-normalised, so that
    at 1 every row of every matrix has moved by its own length. A plane of the path (pca) holds the two directions in
    which the checkpoints lie furthest apart; its axes are distances of weight space from the last weights, and the path
    runs over it from the first checkpoint to the last. Every crossing is measured on one and the same batch; contours
    are drawn on the floor. Where the loss is no finite number the surface has a hole.

    How to read it: a wide, even bowl forgives steps of any direction; a narrow valley or a wall close by asks for small
    ones. Compare the widths of two models only in random planes of the same span. In a plane of the path hold
    the shares under the title against those of a random walk: where they are alike, the arc of the path says nothing,
    for a walk without any aim draws the same arc (dotted in the contours).

    What it does not show: all other directions, of which there are as many as weights. A model in a valley here may
    stand on a slope elsewhere. The path is that of the checkpoints' shadows in the plane; their own losses differ where
    the plane leaves out what matters, and the hover gives both. The line between two checkpoints is no measurement.
    """
    snapshots = data.media.get(KEY, ())
    if not snapshots:
        return Refused("No loss landscape was measured. Call bv.landscape(model, loss_fn, run=run).")
    try:
        relief = relief_of(recorded_landscape(snapshots[-1]), z)
    except BelvedereError as refused:
        return Refused(sentence(str(refused)))
    if not np.isfinite(relief.heights).any():
        return Refused(
            f"None of the {relief.heights.size:,} losses can be drawn: not finite are "
            f"{relief.holes - relief.nonpositive:,}, without a logarithm {relief.nonpositive:,}. "
            + ("Choose z=linear." if relief.nonpositive else "Survey a smaller span.")
        )
    drawn = _surface(relief, theme) if view == "surface" else _contour(relief, theme)
    return Drawn(drawn, "measured", _notes(relief, snapshots[-1].step, len(snapshots)))


def relief_of(found: Landscape, z: str) -> Relief:
    """Everything the drawing needs."""
    finite = found.losses[np.isfinite(found.losses)]
    is_log = z == "log" or (z == "auto" and len(finite) > 0 and 0 < finite.min() * LOG_FROM < finite.max())
    heights = _height(found.losses, is_log)
    nonpositive = int((np.isfinite(found.losses) & ~np.isfinite(heights)).sum())
    marks = np.column_stack([found.path[:, :2], _height(found.path_on_plane, is_log)])
    line = _along(found, heights, marks)
    return Relief(found, is_log, heights, int((~np.isfinite(heights)).sum()), nonpositive, marks, line)


def _height(losses: Floats, is_log: bool) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log10(losses) if is_log else losses
    return np.where(np.isfinite(heights), heights, np.nan)


def _along(found: Landscape, heights: Floats, marks: Floats) -> Floats:
    """(m, 3): from mark to mark on the surface, bilinear between its crossings, through the height of every mark."""
    if len(marks) < 2 or min(heights.shape) < 2:
        return marks
    at = np.linspace(0, len(marks) - 1, (len(marks) - 1) * BETWEEN + 1)
    places = np.column_stack([np.interp(at, np.arange(len(marks)), marks[:, axis]) for axis in (0, 1)])
    on_grid = _bilinear(found.alphas, found.betas, heights, places)
    off = marks[:, 2] - on_grid[::BETWEEN]  # the grid is coarse: at a mark the measured height counts
    return np.column_stack([places, on_grid + np.interp(at, np.arange(len(marks)), off)])


def _bilinear(alphas: Floats, betas: Floats, heights: Floats, places: Floats) -> Floats:
    column = np.clip(np.searchsorted(alphas, places[:, 0]) - 1, 0, len(alphas) - 2)
    row = np.clip(np.searchsorted(betas, places[:, 1]) - 1, 0, len(betas) - 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        right = (places[:, 0] - alphas[column]) / (alphas[column + 1] - alphas[column])
        up = (places[:, 1] - betas[row]) / (betas[row + 1] - betas[row])
    low = heights[row, column] * (1 - right) + heights[row, column + 1] * right
    high = heights[row + 1, column] * (1 - right) + heights[row + 1, column + 1] * right
    return np.asarray(low * (1 - up) + high * up)


# ---------------------------------------------------------------------------------------------------------------------
# Drawing


def _surface(relief: Relief, theme: Theme) -> Canvas:
    found, drawn = relief.found, Canvas()
    low, high, ticks = _ticks(relief)
    lift = LIFT * (high - low)
    labels: list[tuple[float, float, float, str]] = []
    drawn.add_surface(
        x=thin(found.alphas), y=thin(found.betas), z=thin(relief.heights), customdata=thin(found.losses),
        colorscale=LOSS_SCALE, cmin=low, cmax=high, colorbar=colour_bar(theme, "loss") | ticks,
        contours={"z": {
            "show": True, "usecolormap": True, "project": {"z": True}, "width": 1, **_levels(low, high),
        }},
        hovertemplate="first %{x:.3g}<br>second %{y:.3g}<br>loss %{customdata:.4g}<extra></extra>",
    )  # fmt: skip
    if len(relief.marks):
        x, y, z = relief.line.T
        drawn.add_scatter3d(
            x=thin(x), y=thin(y), z=thin(z + 0.6 * lift), mode="lines", line={"color": HALO, "width": 9},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        drawn.add_scatter3d(
            x=thin(x), y=thin(y), z=thin(z + lift), mode="lines", line={"color": PATH, "width": 4}, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
        x, y, z = relief.marks.T
        drawn.add_scatter3d(
            x=thin(x), y=thin(y), z=thin(z + lift), mode="markers", showlegend=False, customdata=_hover(relief),
            hovertemplate="%{customdata}<extra></extra>",
            marker={"size": _sizes(len(x), 3, 6), "color": HALO, "line": {"color": PATH, "width": 2}},
        )  # fmt: skip
        texts = _end_labels(found)
        labels = [(x[place], y[place], z[place] + lift, texts[place]) for place in sorted({0, len(x) - 1})]
        with_now(drawn, _steps(found), x, y, z + lift, theme=theme)
    elif np.isfinite(found.center_loss):
        height = _height(np.array([found.center_loss]), relief.is_log)
        drawn.add_scatter3d(
            x=[0.0], y=[0.0], z=thin(height + lift), mode="markers", showlegend=False,
            marker={"size": 5, "color": HALO, "line": {"color": PATH, "width": 2}},
            hovertemplate=f"the model: loss {found.center_loss:.4g}<extra></extra>",
        )  # fmt: skip
        labels = [(0.0, 0.0, float(height[0]) + lift, "the model")]
    first, second = _titles(found)
    lay_out(
        drawn, x=Axis(first), y=Axis(second), z=Axis("loss", spread=(low, high)), camera=LANDSCAPE_CAMERA,
        aspect=(1.3, 1.3, 0.75),
    )  # fmt: skip
    plates = [_label(*label, theme) for label in labels if np.isfinite(label[:3]).all()]
    ends = {"xaxis": {"range": _ends(found.alphas)}, "yaxis": {"range": _ends(found.betas)}}
    drawn.update_layout(scene=ends | {"zaxis": ticks, "annotations": plates})
    return drawn


def _label(x: float, y: float, z: float, text: str, theme: Theme) -> dict[str, object]:
    """Words on a little plate, because the surface under them may have any colour."""
    return {
        "x": float(x), "y": float(y), "z": float(z), "text": text, "showarrow": False, "yshift": 18, "opacity": 0.85,
        "font": {"size": SMALL_PX, "color": theme.ink}, "bgcolor": theme.raised, "borderpad": 2,
    }  # fmt: skip


def _contour(relief: Relief, theme: Theme) -> Canvas:
    found, drawn = relief.found, Canvas()
    low, high, ticks = _ticks(relief)
    drawn.add_contour(
        x=thin(found.alphas), y=thin(found.betas), z=thin(relief.heights), customdata=thin(found.losses),
        colorscale=LOSS_SCALE, zmin=low, zmax=high, colorbar=colour_bar(theme, "loss") | ticks | {"len": 1.0},
        contours={"coloring": "heatmap"} | _levels(low, high), line={"width": 0.5, "color": HALO},
        connectgaps=False, hovertemplate="first %{x:.3g}<br>second %{y:.3g}<br>loss %{customdata:.4g}<extra></extra>",
    )  # fmt: skip
    if len(relief.marks):
        if len(found.null_path) > 1:
            x, y = _turned(found).T
            drawn.add_scatter(
                x=thin(x), y=thin(y), mode="lines", name="a random walk of the same steps", hoverinfo="skip",
                line={"color": HALO, "width": 3, "dash": "dot"},
            )  # fmt: skip
        x, y, _ = relief.marks.T
        drawn.add_scatter(
            x=thin(x), y=thin(y), mode="lines", line={"color": HALO, "width": 6}, hoverinfo="skip", showlegend=False
        )
        drawn.add_scatter(
            x=thin(x), y=thin(y), mode="lines+markers", name="the optimiser's path", customdata=_hover(relief),
            hovertemplate="%{customdata}<extra></extra>", line={"color": PATH, "width": 2.5},
            marker={"size": _sizes(len(x), 6, 10), "color": HALO, "line": {"color": PATH, "width": 2}},
        )  # fmt: skip
        texts = _end_labels(found)
        labels = [(x[place], y[place], texts[place]) for place in sorted({0, len(x) - 1})]
        drawn.add_scatter(
            x=thin(x[-1:]), y=thin(y[-1:]), mode="markers", showlegend=False, hoverinfo="skip", name="now",
            marker={"size": NOW_PX + 4, "symbol": "circle-open", "color": theme.accent, "line": {"width": 3}},
        )  # fmt: skip
        steps = _steps(found).tolist()
        frames = {step: [{"x": thin(x[[place]]), "y": thin(y[[place]])}] for place, step in enumerate(steps)}
        with_frames(drawn, frames, [len(drawn.data) - 1])
    else:
        drawn.add_scatter(
            x=[0.0], y=[0.0], mode="markers", showlegend=False,
            marker={"size": 9, "color": HALO, "line": {"color": PATH, "width": 2}},
            hovertemplate=f"the model: loss {found.center_loss:.4g}<extra></extra>",
        )  # fmt: skip
        labels = [(0.0, 0.0, "the model")]
    first, second = _titles(found)
    drawn.update_layout(
        plot_bgcolor=theme.sunken, showlegend=len(relief.marks) > 0, margin={"b": 84},
        xaxis={"title": {"text": first}, "range": _ends(found.alphas), "showgrid": False},
        yaxis={"title": {"text": second}, "range": _ends(found.betas), "showgrid": False},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "bgcolor": theme.faint},
        annotations=[
            {name: value for name, value in _label(one, other, 0.0, text, theme).items() if name != "z"}
            for one, other, text in labels
        ],
    )  # fmt: skip
    return drawn


def _levels(low: float, high: float) -> dict[str, float]:
    """About twenty contours at round heights."""
    rough = (high - low) / 22
    power = 10.0 ** np.floor(np.log10(rough))
    size = float(power * next(step for step in (1, 2, 5, 10) if step * power >= rough * 0.999))
    return {"start": float(np.ceil(low / size) * size), "end": float(np.floor(high / size) * size), "size": size}


def _ticks(relief: Relief) -> tuple[float, float, dict[str, object]]:
    """Lowest and highest value drawn, with a margin; on a log scale also the ticks, written as losses."""
    known = np.concatenate([relief.heights.ravel(), relief.marks[:, 2]])
    known = known[np.isfinite(known)]
    low, high = float(known.min()), float(known.max())
    margin = 0.02 * (high - low) or max(0.01, 0.01 * abs(high))
    low, high = low - margin, high + margin
    if not relief.is_log:
        return low, high, {"nticks": TICKS_MAX}
    places = np.linspace(low, high, TICKS_MAX)
    values = np.unique([float(f"{10.0**place:.1g}") for place in places if place < 300])
    values = values[(np.log10(values) >= low) & (np.log10(values) <= high)]
    if len(values) < 2:
        values = 10.0 ** np.linspace(low, high, 3)
    labels = [f"{value:.3g}" for value in values]
    return low, high, {"tickmode": "array", "tickvals": np.log10(values).tolist(), "ticktext": labels}


def _steps(found: Landscape) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """(n,): the step of each mark; their numbers in the path when the steps do not rise."""
    steps = np.asarray(found.steps, dtype=np.int64)
    is_named = len(steps) == len(found.path) and (np.diff(steps) > 0).all()
    return steps if is_named else np.arange(len(found.path))


def _end_labels(found: Landscape) -> list[str]:
    steps = _steps(found)
    texts = [""] * len(steps)
    texts[-1] = f"end · step {steps[-1]:,}"
    texts[0] = f"start · step {steps[0]:,}"
    return texts


def _sizes(count: int, middle: int, ends: int) -> list[int]:
    return [ends if place in (0, count - 1) else middle for place in range(count)]


def _hover(relief: Relief) -> list[str]:
    found = relief.found
    return [
        f"step {step:,}<br>loss here in the plane {on_plane:.4g}<br>its own loss {own:.4g}"
        for step, on_plane, own in zip(_steps(found).tolist(), found.path_on_plane.tolist(), found.path[:, 2].tolist())
    ]


def _turned(found: Landscape) -> Floats:
    """The random walk with its start on the side where the path starts: its directions have no sign of their own."""
    signs = np.sign(found.path[0, :2]) * np.sign(found.null_path[0])
    return np.asarray(found.null_path * np.where(signs == 0, 1.0, signs))


def _ends(values: Floats) -> list[float]:
    return [float(values[0]), float(values[-1])]


def _titles(found: Landscape) -> tuple[str, str]:
    if found.kind != "pca":
        return "first direction", "second direction"
    return "first component (distance)", "second component (distance)"


def _notes(relief: Relief, step: int, surveys: int) -> tuple[str, ...]:
    found = relief.found
    rows, columns = found.losses.shape
    kind = "plane of the path (PCA)" if found.kind == "pca" else f"random filter-normalised plane, seed {found.seed}"
    head = [f"{kind}: {rows} × {columns} places, one batch", *_model(found), *["log scale"] * int(relief.is_log)]
    notes = ["; ".join(head)]
    if len(found.explained) == 2:
        share = f"The plane holds {_percent(found.explained)} of the path's squared distances from its end"
        null = f"; random walks with the same steps: {_percent(found.null_explained)}" if found.null_explained else ""
        notes.append(f"{share}{null}.")
    if len(found.path):
        gap = np.abs(found.path_on_plane - found.path[:, 2])
        if np.isfinite(gap).any():
            notes.append(f"Checkpoints' own losses lie up to {np.nanmax(gap[np.isfinite(gap)]):.3g} from the plane's.")
    if relief.holes:
        broken = relief.holes - relief.nonpositive
        kinds = [f"{broken:,} not finite"] * bool(broken) + [f"{relief.nonpositive:,} at 0 or less"] * bool(
            relief.nonpositive
        )
        notes.append(f"Holes: {' and '.join(kinds)}, of {counted(relief.heights.size, 'loss', 'losses')}.")
    if surveys > 1:
        notes.append(f"The last of {surveys} surveys, at step {step:,}.")
    return tuple(notes)


def _model(found: Landscape) -> list[str]:
    """What is known of the model in the middle."""
    size = [counted(found.parameters, "weight")] if found.parameters else []
    size += [f"loss {found.center_loss:.4g}"] if np.isfinite(found.center_loss) else []
    return [f"the model: {', '.join(size)}"] if size else []


def _percent(shares: tuple[float, ...]) -> str:
    return " + ".join(f"{share:.1%}" for share in shares)
