"""Runs as points in the space of their hyper-parameters, coloured by how well they did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from belvedere.analysis.columns import Column, column
from belvedere.analysis.facts import varying
from belvedere.analysis.outcomes import NEEDED, Outcome, outcomes, usual_outcomes
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, comparison
from belvedere.figures.options import Word
from belvedere.figures.scene import Axis, axis_of, floor_of, lay_out, thin
from belvedere.figures.theme import DYNAMICS_CAMERA, LINE_PX, SCORE_SCALE, Theme, colour_bar, shortened
from belvedere.figures.words import counted, listed

USUAL = (
    ("depth", "n_layer", "layers", "num_layers", "n_layers"),
    ("model_dim", "d_model", "n_embd", "width", "hidden_size", "dim"),
    ("batch_size", "total_batch_size", "device_batch_size", "batch", "examples_per_step"),
)
RATES = ("lr", "learning_rate", "max_lr", "peak_lr", "matrix_lr", "init_lr")
UNTOLD = ("seed", "name", "run", "run_name", "notes", "device", "host")  # what runs differ in without it being a choice
STEMS_MAX = 300
SIZES = (6.0, 16.0)  # px
ENOUGH = 0.5  # of the runs that have the other axes
SIZE_WITHOUT_RATE = 8.0


@dataclass(frozen=True, eq=False)
class Space:
    """Up to three columns as axes, the rates behind the sizes and the outcome behind the colours, all (r,)."""

    axes: tuple[Column, ...]
    rates: Column | None
    outcome: Outcome | None
    notes: tuple[str, ...]

    @property
    def placed(self) -> NDArray[np.bool_]:
        """(r,): runs that have all of them."""
        known: NDArray[np.bool_] = np.logical_and.reduce([np.isfinite(axis.values) for axis in self.axes])
        return known


@comparison(
    id="hyperparameter_space",
    title="Hyper-parameter space",
    family="runs",
    needs=Needs(optional=NEEDED),
    options={
        "x": Word("", "config entry of the first axis"),
        "y": Word("", "config entry of the second axis"),
        "z": Word("", "config entry of the third axis"),
        "size": Word("", "config entry behind the size, by its square root; the learning rate"),
        "colour": Word("", "summary or config value behind the colour; the best accuracy, else the last loss"),
        "view": ("3d", "flat"),
    },
    scene=True,
    twin={"view": "flat"},
    absent="No run has a config. Give one to bv.init(config={…}).",
)
def hyperparameter_space(
    runs: tuple[RunData, ...], *, theme: Theme, x: str, y: str, z: str, size: str, colour: str, view: str
) -> Drawing:  # fmt: skip
    """Every run of the group or project as one point: where it was tried, and how well that went.

    What it shows: three hyper-parameters as axes (depth, width and batch size where the runs differ in them), the
    learning rate as size of the marker (its area), and the best accuracy as colour, bright being good. A hollow marker
    is a run that was not evaluated.

    How to read it: look for the bright corner and the direction in which brightness grows. Neighbours of different
    brightness differ by chance, or by something that is no axis: choose it as one. A corner without points was not
    tried.

    What it does not show: anything between the points. With few runs that differ in many entries at once, no direction
    can be told from another; `parallel_coordinates` says how much each explains.
    """
    if not any(run.config for run in runs):
        return Refused("No run has a config. Give one to bv.init(config={…}).")
    asked = {axis: column(runs, name) for axis, name in zip("xyz", (x, y, z)) if name}
    unknown = [one.name for one in asked.values() if not np.isfinite(one.values).any()]
    if unknown:
        return Refused(f"No run has {shortened(unknown[0])!r} in its config or summary. Choose another entry.")
    if colour and outcomes(runs, colour) is None:
        return Refused(f"No run has a number called {shortened(colour)!r}. Choose another entry for the colour.")
    found = space(runs, asked=tuple(asked.get(axis) for axis in "xyz"), size=size, colour=colour)
    if len(found.axes) < (2 if view == "flat" else 3):
        names = listed([one.name for one in found.axes]) or "nothing"
        return Refused(
            f"{counted(len(runs), 'run')}, and too little to tell them apart by: {names}. "
            "Record more runs with other configs, log an accuracy, or choose view=flat, which takes two."
        )
    drawn = _flat(found, runs, theme) if view == "flat" else _scene(found, runs, theme)
    return Drawn(drawn, "measured", found.notes)


def space(
    runs: Sequence[RunData], *, asked: tuple[Column | None, ...] = (None, None, None), size: str = "", colour: str = ""
) -> Space:  # fmt: skip
    """The axes that were asked for, filled up with what the runs differ in, then with how well they did, then with what
    they have in common; fewer than three where that is all."""
    differing = [name for name in varying(runs) if name.split(".")[-1] not in UNTOLD]
    outcome = outcomes(runs, colour)
    rate = column(runs, size) if size else _rate(runs, differing)
    free = [name for name in _preferred(differing) if not _is(rate, name)]
    notes = []
    candidates = [one for name in free if (one := column(runs, name)).varies]
    taken = {one.name for one in asked if one is not None}
    candidates = [one for one in candidates if one.name not in taken]
    differing_axes = len(taken) + len(candidates)
    if rate is not None and rate.varies and rate.name not in taken:
        candidates.append(rate)
    ends = [outcome] if colour and outcome is not None else usual_outcomes(runs)
    candidates += [Column(one.title, one.values) for one in ends]
    candidates += [one for group in USUAL for name in group if _usable(one := column(runs, name), [*taken, *free])]
    axes = _filled(asked, candidates)
    if axes and differing_axes < 3:
        names = listed([one.name for one in axes])
        notes.append(f"Entries in which the runs differ beside the rate: {differing_axes}. The axes are {names}.")
    found = Space(axes, rate, outcome, ())
    return Space(axes, rate, outcome, (*_counted(found, runs), *notes)) if axes else found


def _filled(asked: Sequence[Column | None], candidates: Sequence[Column]) -> tuple[Column, ...]:
    """The axes that were asked for, the others taken from the candidates in their order; one that most of the runs that
    are left do not have comes last, because runs of different kinds have different entries."""
    left, axes = list(candidates), list(asked)
    placed = np.array([True])
    for one in asked:
        if one is not None:
            placed = placed & np.isfinite(one.values)
    for place, one in enumerate(axes):
        if one is None and left:
            kept = [(placed & np.isfinite(candidate.values)).mean() for candidate in left]
            enough = [index for index, share in enumerate(kept) if share >= ENOUGH * placed.mean()]
            axes[place] = chosen = left.pop(enough[0] if enough else int(np.argmax(kept)))
            placed = placed & np.isfinite(chosen.values)
    return tuple(one for one in axes if one is not None)


def _preferred(differing: Sequence[str]) -> list[str]:
    """Depth, width and batch size first, then the others by name."""
    usual = [name for group in USUAL for word in group for name in differing if name.split(".")[-1] == word]
    return list(dict.fromkeys([*usual, *differing]))


def _rate(runs: Sequence[RunData], differing: Sequence[str]) -> Column | None:
    names = [name for word in RATES for name in (*differing, word) if name.split(".")[-1] == word]
    found = [one for name in names if np.isfinite((one := column(runs, name)).values).any() and not one.categories]
    return found[0] if found else None


def _is(rate: Column | None, name: str) -> bool:
    return rate is not None and rate.name == name


def _usable(one: Column, taken: Sequence[str]) -> bool:
    return bool(np.isfinite(one.values).any()) and one.name not in taken


def _counted(found: Space, runs: Sequence[RunData]) -> tuple[str, ...]:
    placed = int(found.placed.sum())
    notes = [f"{placed} of {counted(len(runs), 'run')}"]
    if found.outcome is not None:
        notes[0] += f", colour: {shortened(found.outcome.title, characters=40)}"
        best = found.outcome.best
        if best is not None:
            name = shortened(runs[best].name or runs[best].run_id)
            notes.append(f"Best: {name} with {found.outcome.values[best]:.4g}.")
        hollow = int((found.placed & ~np.isfinite(found.outcome.values)).sum())
        if hollow:
            notes.append(f"{hollow} not evaluated, hollow.")
    if placed < len(runs):
        notes.append(f"Not drawn, lack one of the axes: {len(runs) - placed}.")
    places = np.unique(np.stack([axis.values[found.placed] for axis in found.axes]), axis=1)
    if places.shape[1] < placed:
        notes.append(f"Some runs share a place: {placed} runs stand at {places.shape[1]} places.")
    return tuple(notes)


def sizes(rates: Floats) -> Floats:
    """(r,) px: proportional to the square root of the rate, the largest one given the largest marker."""
    top = float(np.nanmax(rates, initial=0.0, where=np.isfinite(rates)))
    if top <= 0:
        return np.full(len(rates), SIZE_WITHOUT_RATE)
    root = np.sqrt(np.clip(rates / top, 0, 1))
    return np.where(np.isfinite(root), SIZES[0] + (SIZES[1] - SIZES[0]) * root, SIZES[0])


def _marks(found: Space, theme: Theme) -> list[tuple[NDArray[np.bool_], dict[str, object]]]:
    """Which runs are drawn how: evaluated ones filled and coloured, others hollow."""
    px = sizes(found.rates.values) if found.rates is not None else np.full(len(found.placed), SIZE_WITHOUT_RATE)
    if found.outcome is None:
        return [(found.placed, {"size": thin(px[found.placed]), "color": theme.faint, "symbol": "circle-open"})]
    known = np.isfinite(found.outcome.values)
    filled, hollow = found.placed & known, found.placed & ~known
    bar = colour_bar(theme, shortened(found.outcome.title, characters=18))
    marks: list[tuple[NDArray[np.bool_], dict[str, object]]] = []
    if filled.any():
        marks.append((filled, {
            "size": thin(px[filled]), "color": thin(found.outcome.values[filled]), "colorbar": bar, "showscale": True,
            "colorscale": f"{SCORE_SCALE}_r" if found.outcome.is_less_better else SCORE_SCALE, "opacity": 0.9,
            "line": {"width": 0.5, "color": theme.ground},
        }))  # fmt: skip
    if hollow.any():
        marks.append((hollow, {"size": thin(px[hollow]), "color": theme.second, "symbol": "circle-open"}))
    return marks


def _scene(found: Space, runs: Sequence[RunData], theme: Theme) -> Canvas:
    drawn = Canvas()
    names = [shortened(axis.name) for axis in found.axes]
    for which, marker in _marks(found, theme):
        x, y, z = (thin(axis.values[which]) for axis in found.axes)
        drawn.add_scatter3d(
            x=x, y=y, z=z, mode="markers", marker=marker, text=_texts(found, runs, which), showlegend=False,
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    _add_stems(drawn, found, theme)
    _add_size_legend(drawn, found, theme)
    box = [_axis(axis, name, found.placed) for axis, name in zip(found.axes, names)]
    lay_out(drawn, x=box[0], y=box[1], z=box[2], camera=DYNAMICS_CAMERA, aspect=(1.15, 1.15, 0.85))
    for letter, axis in zip("xyz", found.axes):
        if axis.categories:
            drawn.update_layout(scene={f"{letter}axis": _ticks(axis)})
    return drawn


def _add_stems(drawn: Canvas, found: Space, theme: Theme) -> None:
    """A hairline from each point to the floor, so that its place can be read."""
    x, y, z = (axis.values[found.placed] for axis in found.axes)
    if not 0 < len(x) <= STEMS_MAX:
        return
    floor, gap = np.full(len(x), floor_of(_axis(found.axes[2], "", found.placed))), np.full(len(x), np.nan)
    drawn.add_scatter3d(
        x=thin(np.stack([x, x, gap], axis=1).ravel()), y=thin(np.stack([y, y, gap], axis=1).ravel()), mode="lines",
        z=thin(np.stack([z, floor, gap], axis=1).ravel()), line={"color": theme.strong_line, "width": LINE_PX},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def _axis(one: Column, name: str, placed: NDArray[np.bool_]) -> Axis:
    return axis_of(name, one.values[placed], is_log=one.is_log)


def _ticks(one: Column) -> dict[str, object]:
    return {
        "tickmode": "array", "tickvals": list(range(len(one.categories))),
        "ticktext": [shortened(name, characters=14) for name in one.categories],
    }  # fmt: skip


def _add_size_legend(drawn: Canvas, found: Space, theme: Theme) -> None:
    """Three sizes and what they stand for; one where all runs have the same rate."""
    if found.rates is None:
        return
    known = found.rates.values[found.placed & np.isfinite(found.rates.values)]
    if not len(known):
        return
    shown = np.unique([known.min(), np.median(known), known.max()])
    px = sizes(np.append(shown, np.nanmax(found.rates.values)))[:-1]
    for rate, size in zip(shown.tolist(), px.tolist()):
        drawn.add_scatter3d(
            x=[None], y=[None], z=[None], mode="markers", name=f"{rate:.3g}", hoverinfo="skip",
            marker={"size": size, "color": theme.second},
        )  # fmt: skip
    drawn.update_layout(
        showlegend=True, legend={"title": {"text": shortened(found.rates.name)}, "x": 0, "y": 0.98, "itemclick": False}
    )  # fmt: skip


def _texts(found: Space, runs: Sequence[RunData], which: NDArray[np.bool_]) -> list[str]:
    columns = [*found.axes, *([found.rates] if found.rates is not None and found.rates not in found.axes else [])]
    texts = []
    for place in np.flatnonzero(which).tolist():
        lines = [shortened(runs[place].name or runs[place].run_id)]
        lines += [f"{shortened(one.name)} {_value(one, place)}" for one in columns]
        if found.outcome is not None and found.outcome.title not in {one.name for one in columns}:
            lines.append(f"{shortened(found.outcome.title)} {found.outcome.values[place]:.4g}")
        texts.append("<br>".join(lines))
    return texts


def _value(one: Column, place: int) -> str:
    value = float(one.values[place])
    if not np.isfinite(value):
        return "–"
    return shortened(one.categories[int(value)]) if one.categories else f"{value:.4g}"


def _flat(found: Space, runs: Sequence[RunData], theme: Theme) -> go.Figure:
    """The outcome over each axis; without an outcome the second axis over the first."""
    others = [axis for axis in found.axes if found.outcome is None or axis.name != found.outcome.title]
    if found.outcome is None or not others:
        pairs = [(found.axes[0], found.axes[1])]
    else:
        pairs = [(axis, Column(found.outcome.title, found.outcome.values)) for axis in others]
    drawn = make_subplots(rows=1, cols=len(pairs), shared_yaxes=True, horizontal_spacing=0.04)
    for place, (across, up) in enumerate(pairs, start=1):
        for which, marker in _marks(found, theme):
            drawn.add_scatter(
                x=thin(across.values[which]), y=thin(up.values[which]), mode="markers", showlegend=False,
                row=1, col=place, marker=marker | {"showscale": False}, text=_texts(found, runs, which),
                hovertemplate="%{text}<extra></extra>",
            )  # fmt: skip
        drawn.update_xaxes(title={"text": shortened(across.name)}, row=1, col=place)
        if across.is_log:
            drawn.update_xaxes(type="log", row=1, col=place)
        if across.categories:
            drawn.update_xaxes(**_ticks(across), row=1, col=place)
    drawn.update_yaxes(title={"text": shortened(pairs[0][1].name)}, row=1, col=1)
    return drawn
