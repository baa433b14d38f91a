"""How a fixed set of things moves through a model's space while it trains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.contents import about, array
from belvedere.analysis.projection import METHODS, Projection, aligned, effective_rank, linear_cka, projected
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, Ints, Media, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_frames
from belvedere.figures.options import Chosen, Word
from belvedere.figures.scene import axis_of, lay_out, thin
from belvedere.figures.theme import DYNAMICS_CAMERA, LINE_PX, STEP_SCALE, Theme, colour_bar, shortened, step_axis
from belvedere.figures.words import counted, sentence

THINGS_MAX = 300  # points that can be told apart, and whose tails fit into a megabyte
SNAPSHOTS_MAX = 24
NEIGHBOUR_ROWS_MAX = 800  # t-SNE and UMAP take seconds for that many
NEIGHBOUR_SNAPSHOTS_MAX = 8
TAIL = 3  # earlier snapshots that a point draws behind it
CLASSES_MAX = 10
BESIDE = 0.74  # of the width; the small plots stand right of it
EMBEDDINGS = "array:embeddings/*"


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What is drawn of one set of embeddings.

    steps (s,) · points (s, n, k): k = 3, or 2 when flat · ranks, likeness (s,): effective rank, and CKA to the last
    classes, labels: n texts, or none · map: axes and note of the projection
    things, snapshots: how many there were · left_out: snapshots of another shape, or with broken numbers
    """

    steps: Ints
    points: Floats
    ranks: Floats
    likeness: Floats
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    map: Projection
    things: int
    snapshots: int
    left_out: int


def _media_for(options: Mapping[str, Chosen]) -> tuple[str, ...]:
    which = options["which"]
    return (f"array:embeddings/{which}|array:{which}|{EMBEDDINGS}",) if which else (EMBEDDINGS,)


@figure(
    id="embedding_trajectory",
    title="Embedding trajectory",
    family="representation",
    needs=Needs(media=(EMBEDDINGS,)),
    media_for=_media_for,
    options={
        "view": ("3d", "2d"),
        "method": METHODS,
        "points": ("things", "snapshots"),
        "colour": ("class", "time"),
        "align": ("procrustes", "none"),
        "which": Word("", "the set of embeddings; the first one unless chosen"),
    },
    absent="No embeddings were recorded. Call bv.capture_embeddings(model, inputs, name=...) now and then.",
    scene=True,
    twin={"view": "2d"},
)
def embedding_trajectory(
    data: RunData, *, theme: Theme, view: str, method: str, points: str, colour: str, align: str, which: str
) -> Drawing:
    """Where the model puts the same things at each snapshot, in one map of all snapshots.

    What it shows: a point for each thing at the step under the slider, with a faint tail through its last 3 snapshots.
    All snapshots are projected together, so a thing that rests in the space rests in the picture. Before that each
    snapshot is turned onto the last one (orthogonal Procrustes; `align=none` leaves it): a turn of the whole space
    changes no distance and is no learning. `points=snapshots` draws the mean of each snapshot as one path. Beside it:
    the effective rank, how many directions are in use, and CKA, the likeness of each snapshot to the last.

    How to read it: classes that drift apart are being told apart. CKA near 1 early means that the rest of the training
    changed little here. A rank that falls while the loss stalls is a collapse; a rank of 1 is a line. Check the share
    of variance in the axis titles before you trust a distance: what the axes do not carry is not seen.

    What it does not show: with t-SNE and UMAP, distances between clusters and densities mean nothing, and neither does
    the path between far snapshots. At most 300 things and 24 snapshots are drawn (t-SNE and UMAP: 800 points of 8
    snapshots), evenly chosen; rank and CKA are of those things.
    """
    key = _key(data.media, which)
    if isinstance(key, Refused):
        return key
    try:
        found = trajectory_of(
            data.media[key], method=method, flat=view == "2d", means=points == "snapshots", turn=align == "procrustes"
        )  # fmt: skip
    except (UsageError, NotFound) as error:
        return Refused(sentence(str(error)))
    drawn = Canvas()
    if points == "snapshots":
        _add_mean_path(drawn, found, theme)
    else:
        _add_things(drawn, found, colour, theme)
    _lay_out(drawn, found, view, theme)
    _add_beside(drawn, found, theme)
    return Drawn(drawn, "model" if method != "pca" else "measured", _notes(key, found))


def trajectory_of(
    values: Sequence[Media], *, method: str = "pca", flat: bool = False, means: bool = False, turn: bool = True
) -> Trajectory:
    """Everything the drawing needs; UsageError or NotFound say why it cannot be had."""
    there = [(media, np.asarray(array(media), np.float64)) for media in values if media.content is not None]
    if not there:
        raise NotFound("the files of these embeddings are missing; copy the run's media folder too")
    shape = there[-1][1].shape
    alike = [(media, rows) for media, rows in there if rows.shape == shape and np.isfinite(rows).all()]
    if not alike or len(shape) != 2 or shape[0] < 2:
        raise UsageError(_why_no_cloud(shape))
    is_quick = method == "pca" or means
    kept = [alike[place] for place in evenly_chosen(len(alike), SNAPSHOTS_MAX if is_quick else NEIGHBOUR_SNAPSHOTS_MAX)]
    most = THINGS_MAX if is_quick else max(2, NEIGHBOUR_ROWS_MAX // len(kept))
    chosen = evenly_chosen(shape[0], min(THINGS_MAX, most))
    matrices = [rows[chosen] for _, rows in kept]
    compared = aligned(matrices) if turn else matrices
    if means:
        compared = [np.mean(rows, axis=0, keepdims=True) for rows in compared]
    dimensions = 2 if flat else 3
    found = projected(compared, method=method, dimensions=dimensions)
    told = about(kept[-1][0])
    return Trajectory(
        steps=np.array([media.step for media, _ in kept], np.int64),
        points=found.points,
        ranks=np.array([effective_rank(rows) for rows in matrices]),
        likeness=np.array([linear_cka(rows, matrices[-1]) for rows in matrices]),
        classes=_chosen_words(told.get("classes"), chosen, shape[0]),
        labels=_chosen_words(told.get("labels"), chosen, shape[0]),
        map=found,
        things=shape[0],
        snapshots=len(there),
        left_out=len(there) - len(alike),
    )


def _why_no_cloud(shape: tuple[int, ...]) -> str:
    if len(shape) == 2 and shape[0] > 1:
        return "every snapshot of these embeddings holds NaN or infinite numbers, which have no place in a picture"
    return f"embeddings of shape {shape} are no cloud of points; log matrices (things, width) of two things or more"


def _key(media: Mapping[str, Sequence[Media]], which: str) -> str | Refused:
    there = sorted(key for key, values in media.items() if values)
    fits = [key for key in there if which in ("", key, key.removeprefix("embeddings/"))]
    if fits:
        return fits[0]
    names = ", ".join(shortened(key.removeprefix("embeddings/")) for key in there[:8]) or "none"
    return Refused(f"No embeddings called {shortened(which)!r} were recorded; there are: {names}.")


def _chosen_words(told: object, chosen: Sequence[int], count: int) -> tuple[str, ...]:
    if not isinstance(told, list) or len(told) != count:
        return ()
    return tuple(shortened(str(told[place]), characters=40) for place in chosen)


def _add_things(drawn: Canvas, found: Trajectory, colour: str, theme: Theme) -> None:
    """The points of the last snapshot and their tails, and frames that move both."""
    names = tuple(dict.fromkeys(sorted(found.classes))) if colour == "class" else ()
    marker = _marker(found, names, theme)
    last = len(found.steps) - 1
    tail = _tail(found, last)
    line = {"color": theme.faint, "width": 1.5}
    add = drawn.add_scatter3d if found.points.shape[2] == 3 else drawn.add_scatter
    add(**tail, mode="lines", hoverinfo="skip", showlegend=False, line=line, opacity=0.55, name="tail")
    words = _words(found)
    add(
        **_at(found, last), mode="markers", showlegend=False, marker=marker, name="things", text=words,
        hovertemplate="%{text}<extra></extra>" if words else "%{pointNumber}<extra></extra>",
    )  # fmt: skip
    if 1 < len(names) <= CLASSES_MAX:
        for index, name in enumerate(names):
            nowhere = {axis: [None] for axis in "xyz"[: found.points.shape[2]]}
            add(**nowhere, mode="markers", name=name, marker={"color": _inks(theme)[index], "size": 8})
        drawn.update_layout(showlegend=True, legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "top"})
    if last > 0:
        frames: dict[int, list[dict[str, object]]] = {}
        for place, step in enumerate(found.steps.tolist()):
            now: dict[str, object] = dict(_at(found, place))
            if colour == "time":
                now["marker"] = {"color": np.full(found.points.shape[1], step, np.float32)}
            frames[step] = [dict(_tail(found, place)), now]
        with_frames(drawn, frames, [0, 1])


def _at(found: Trajectory, place: int) -> dict[str, NDArray[np.generic]]:
    return {axis: thin(found.points[place, :, index]) for index, axis in enumerate("xyz"[: found.points.shape[2]])}


def _tail(found: Trajectory, place: int) -> dict[str, NDArray[np.generic]]:
    """The last snapshots of every point up to `place`, with a gap behind each point."""
    stretch = found.points[max(0, place - TAIL) : place + 1].astype(np.float32)  # (t, n, k)
    gap = np.full((1, *stretch.shape[1:]), np.nan, np.float32)
    lines = np.concatenate([stretch, gap]).transpose(1, 0, 2).reshape(-1, stretch.shape[2])
    return {axis: np.ascontiguousarray(lines[:, index]) for index, axis in enumerate("xyz"[: stretch.shape[2]])}


def _marker(found: Trajectory, names: Sequence[str], theme: Theme) -> dict[str, object]:
    size = 4.5 if found.points.shape[2] == 3 else 7
    marker: dict[str, object] = {"size": size, "line": {"width": 0.5, "color": theme.ground}}
    if names:
        place = {name: index for index, name in enumerate(names)}
        codes = np.array([place[name] for name in found.classes], np.float32)
        if len(names) > CLASSES_MAX:
            return marker | {"color": codes, "colorscale": "Turbo", "showscale": False}
        inks = _inks(theme)[: len(names)]
        edges = np.linspace(0, 1, len(inks) + 1)
        scale = [(float(edge), ink) for index, ink in enumerate(inks) for edge in edges[index : index + 2]]
        return marker | {"color": codes, "colorscale": scale, "cmin": -0.5, "cmax": len(names) - 0.5}
    if len(found.steps) > 1:
        steps = np.full(found.points.shape[1], found.steps[-1], np.float32)
        return marker | {
            "color": steps, "colorscale": STEP_SCALE, "cmin": float(found.steps[0]), "cmax": float(found.steps[-1]),
        }  # fmt: skip
    return marker | {"color": theme.accent}


def _inks(theme: Theme) -> list[str]:
    return [*theme.lines, theme.critical, theme.healthy, theme.ink, theme.faint]


def _words(found: Trajectory) -> list[str] | None:
    labels = found.labels or [""] * len(found.classes)
    classes = found.classes or [""] * len(found.labels)
    words = [" · ".join(filter(None, pair)) for pair in zip(labels, classes)]
    return words if any(words) else None


def _add_mean_path(drawn: Canvas, found: Trajectory, theme: Theme) -> None:
    """One point for each snapshot, its mean, coloured by time."""
    path = found.points[:, 0, :]
    content = {axis: thin(path[:, index]) for index, axis in enumerate("xyz"[: path.shape[1]])}
    add = drawn.add_scatter3d if path.shape[1] == 3 else drawn.add_scatter
    steps = thin(found.steps)
    add(
        **content, mode="lines+markers", showlegend=False, customdata=steps, name="mean",
        hovertemplate="step %{customdata}<extra></extra>", line={"color": theme.faint, "width": 3},
        marker={
            "size": 6, "color": steps, "colorscale": "Rainbow", "line": {"width": 0},
            "colorbar": colour_bar(theme, "step") | {"x": BESIDE - 0.14},
        },
    )  # fmt: skip
    now = {"size": 11, "symbol": "circle-open", "color": theme.accent, "line": {"width": 3}}
    ends = {axis: values[-1:] for axis, values in content.items()}
    add(**ends, mode="markers", showlegend=False, hoverinfo="skip", marker=now, name="now")
    if len(steps) > 1:
        frames = {
            int(step): [{axis: values[[place]] for axis, values in content.items()}]
            for place, step in enumerate(found.steps)
        }
        with_frames(drawn, frames, [len(drawn.data) - 1])


def _lay_out(drawn: Canvas, found: Trajectory, view: str, theme: Theme) -> None:
    axes = [axis_of(name, found.points[..., index]) for index, name in enumerate(found.map.axes)]
    if view == "3d":
        lay_out(drawn, x=axes[0], y=axes[1], z=axes[2], camera=DYNAMICS_CAMERA, aspect=(1.2, 1.2, 1.0))
        drawn.update_layout(scene={"domain": {"x": [0.0, BESIDE - 0.04], "y": [0.0, 0.94]}}, margin={"r": 24, "b": 24})
        return
    drawn.update_layout(
        xaxis={"title": {"text": axes[0].title}, "domain": [0.0, BESIDE - 0.06]},
        yaxis={"title": {"text": axes[1].title}, "scaleanchor": "x", "constrain": "domain", "domain": [0.0, 0.92]},
    )  # fmt: skip


def _add_beside(drawn: Canvas, found: Trajectory, theme: Theme) -> None:
    """Effective rank and likeness to the last snapshot over the steps, small, at the right, with the current step."""
    width = [BESIDE + 0.05, 1.0]
    for number, (values, title, heights) in enumerate(
        [(found.ranks, "effective rank", [0.6, 0.95]), (found.likeness, "CKA to the last", [0.08, 0.43])], start=2
    ):
        drawn.add_scatter(
            x=thin(found.steps), y=thin(values), mode="lines+markers", showlegend=False, xaxis=f"x{number}",
            yaxis=f"y{number}", line={"color": theme.second, "width": LINE_PX}, marker={"size": 4},
            hovertemplate="step %{x} · %{y:.3f}<extra></extra>",
        )  # fmt: skip
        drawn.add_scatter(
            x=thin(found.steps[-1:]), y=thin(values[-1:]), mode="markers", showlegend=False, xaxis=f"x{number}",
            yaxis=f"y{number}", marker={"size": 9, "color": theme.accent}, hoverinfo="skip", name="now",
        )  # fmt: skip
        last = step_axis(int(found.steps[0]), int(found.steps[-1])) | {
            "domain": width,
            "anchor": f"y{number}",
            "nticks": 3,
        }
        drawn.update_layout({
            f"xaxis{number}": last if number == 3 else last | {"title": {"text": ""}},
            f"yaxis{number}": {
                "domain": heights, "anchor": f"x{number}", "title": {"text": title}, "nticks": 4, "rangemode": "tozero",
            },
        })  # fmt: skip
        if len(found.steps) > 1:
            frames = {
                int(step): [{"x": thin(found.steps[[place]]), "y": thin(values[[place]])}]
                for place, step in enumerate(found.steps)
            }
            with_frames(drawn, frames, [len(drawn.data) - 1])


def _notes(key: str, found: Trajectory) -> tuple[str, ...]:
    drawn = found.points.shape[1]
    things = counted(found.things, "thing") if drawn in (1, found.things) else f"{drawn:,} of {found.things:,} things"
    steps = len(found.steps)
    snapshots = counted(found.snapshots, "snapshot")
    snapshots = snapshots if steps == found.snapshots else f"{steps} of {snapshots}"
    notes = [f"{shortened(key)}: {things}, {snapshots} · effective rank {found.ranks[0]:.1f} → {found.ranks[-1]:.1f}"]
    if found.map.note:
        notes.append(found.map.note)
    if found.left_out:
        notes.append(f"Snapshots left out, of another shape or with NaN: {found.left_out}.")
    if steps == 1:
        notes.append("One snapshot is no trajectory: log the same things again at later steps.")
    return tuple(notes)
