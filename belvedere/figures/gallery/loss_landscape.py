"""Loss over step and learning rate, drawn as what was measured: a curve, several curves, or counterfactual steps."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.analysis.facts import varying
from belvedere.analysis.loss_sheets import (
    PROBE_RATE,
    Probes,
    Sweep,
    Trail,
    filled_inside,
    probes,
    sweep,
    trail,
    windows,
)
from belvedere.analysis.measures import LOSS, RATE
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, comparison
from belvedere.figures.moving import with_now
from belvedere.figures.options import Choice, Number
from belvedere.figures.scene import Axis, add_path, axis_of, floor_of, lay_out, thin
from belvedere.figures.theme import (
    LANDSCAPE_CAMERA,
    LOSS_SCALE,
    MONO_FONT,
    SPREAD_SCALE,
    Theme,
    colour_bar,
    shortened,
    step_axis,
)
from belvedere.figures.words import counted, listed

WINDOW_SIZE = 50
ASPECT = (1.25, 1.1, 0.8)  # the seat of this camera is nearer than the others
WINDOWED_MIN = 50
RIBBON_OPACITY = 0.55
SHEET_OPACITY = 0.82
HOVER = "step %{x:,}<br>learning rate %{y:.3~g}<br>loss %{z:.4~g}"


@comparison(
    id="loss_landscape",
    title="Loss landscape",
    family="loss",
    needs=Needs(series=(LOSS, RATE), optional=("probe/loss@*x", PROBE_RATE)),
    options={
        "mode": Choice(("trajectory", "sweep", "probe", "windowed"), "where the surface comes from"),
        "view": ("3d", "flat"),
        "window_size": Number(WINDOW_SIZE, 4, 1000, what="steps of a row of the decorative surface"),
    },
    scene=True,
    twin={"view": "flat"},
    alone={"mode": ("trajectory", "probe", "windowed")},
    absent="Loss and learning rate were not both recorded. Log them as train/loss and train/lr.",
)
def loss_landscape(runs: tuple[RunData, ...], *, theme: Theme, mode: str, view: str, window_size: int) -> Drawing:
    """The loss over training step and learning rate, as far as it was measured. Dark is a high loss.

    What it shows: `mode=trajectory` draws the one curve that a run measured, as a ribbon that stands on the floor.
    `mode=sweep` draws the runs of the group, or of the project, as rows by their highest rate; the lines are measured,
    the surface between them is interpolated. `mode=probe` draws the losses after single steps at ¼ to 4 times the rate,
    taken on one fixed batch and taken back (`bv.probe_learning_rates`): measured at the nodes, interpolated between.
    `mode=windowed` is decorative: overlapping windows of the one curve laid side by side.

    How to read it: a ribbon that falls smoothly is a stable run; a sharp ridge at high rates says the rate is too high,
    a plateau that it is too low or that training has ended. In a sweep look for the valley: the rate below which the
    loss stops falling and above which it rises. In a probe the ring on each step's best rate tells whether the schedule
    was too timid (rings above 1×) or too bold (rings below).

    What it does not show: the loss at weights the training never visited; for that see `loss_surface`. Nothing is drawn
    before a run began, after it ended, or at rates that nobody tried.
    """
    if not runs:
        return Refused("There is no run to draw. Record one with train/loss and train/lr.")
    draw: Mapping[str, Callable[[], Drawing]] = {
        "trajectory": lambda: _trajectory(trail(runs[0]), theme, view),
        "sweep": lambda: _sweep(runs, theme, view),
        "probe": lambda: _probe(probes(runs[0]), theme, view),
        "windowed": lambda: _windowed(trail(runs[0]), theme, view, window_size),
    }
    drawing = draw[mode]()
    if mode == "sweep" or len(runs) == 1 or isinstance(drawing, Refused):
        return drawing
    name = shortened(runs[0].name or runs[0].run_id)
    return replace(drawing, notes=(*drawing.notes, f"Drawn: {name}, the first of {len(runs)} runs."))


# ---- one curve ----------------------------------------------------------------------------------------------------


def _trajectory(found: Trail, theme: Theme, view: str) -> Drawing:
    known = np.isfinite(found.losses) & np.isfinite(found.rates)
    if known.sum() < 2:
        return Refused(f"{_points(int(known.sum()))} of loss and rate: a curve takes two. Train for another step.")
    notes = _trail_notes(found, view)
    if view == "flat":
        return Drawn(_flat_trail(found, theme), "measured", notes)
    x, y = axis_of("step", found.steps.astype(np.float64)), axis_of("learning rate", found.rates, tick_format="~g")
    z = axis_of("loss", found.losses)
    floor, drawn = floor_of(z), Canvas()
    drawn.add_surface(
        x=thin(np.stack([found.steps] * 2)), y=thin(np.stack([found.rates] * 2)), colorscale=LOSS_SCALE,
        z=thin(np.stack([found.losses, np.where(known, floor, np.nan)])), opacity=RIBBON_OPACITY, showscale=False,
        surfacecolor=thin(np.stack([found.losses] * 2)), hoverinfo="skip", contours=_no_lines(),
        lighting={"ambient": 0.9, "diffuse": 0.2, "specular": 0.0},
    )  # fmt: skip
    add_path(
        drawn, found.steps, found.rates, found.losses, colour=found.losses, theme=theme, floor=floor, scale=LOSS_SCALE,
        bar="loss", hover=HOVER, marker_px=2.5,
    )  # fmt: skip
    with_now(drawn, found.steps, found.steps, found.rates, found.losses, theme=theme)
    lay_out(drawn, x=x, y=y, z=z, camera=LANDSCAPE_CAMERA, aspect=ASPECT)
    return Drawn(drawn, "measured", notes)


def _flat_trail(found: Trail, theme: Theme) -> Canvas:
    drawn = Canvas()
    marker = {
        "color": thin(found.rates), "colorscale": SPREAD_SCALE, "size": 4,
        "colorbar": colour_bar(theme, "learning rate") | {"tickformat": "~g"},
    }  # fmt: skip
    drawn.add_scatter(
        x=thin(found.steps), y=thin(found.losses), mode="lines+markers", line={"color": theme.faint, "width": 1},
        marker=marker, customdata=thin(found.rates), showlegend=False,
        hovertemplate="step %{x:,}<br>loss %{y:.4~g}<br>learning rate %{customdata:.3~g}<extra></extra>",
    )  # fmt: skip
    drawn.update_layout(xaxis=step_axis(int(found.steps[0]), int(found.steps[-1])), yaxis={"title": {"text": "loss"}})
    return drawn


def _trail_notes(found: Trail, view: str) -> tuple[str, ...]:
    notes = ["the one curve that this run went along" + "; the ribbon only shows its height" * (view == "3d")]
    if found.most > 1:
        notes.append(f"Each point is the mean of up to {found.most:,} steps.")
    if found.nonfinite:
        notes.append(f"Left out, NaN or infinite: {counted(found.nonfinite, 'loss', 'losses')}.")
    return tuple(notes)


# ---- several runs -------------------------------------------------------------------------------------------------


def _sweep(runs: tuple[RunData, ...], theme: Theme, view: str) -> Drawing:
    found = sweep(runs)
    if len(found.rates) < 2:
        return Refused(
            f"{counted(len(runs), 'run')} of one learning rate: a sweep takes two. "
            "Run the training again with another rate in the same group, or choose mode=trajectory."
        )
    notes = _sweep_notes(found, runs, view)
    if view == "flat":
        labels = [f"{rate:.3g}" for rate in found.rates.tolist()]
        return Drawn(_heat(found.steps, found.losses, labels, "learning rate", theme), "measured", notes)
    drawn, z = Canvas(), axis_of("loss", found.losses)
    _add_sheet(drawn, found.steps, found.rates, filled_inside(found.losses), theme)
    for rate, row in zip(found.rates.tolist(), found.losses):
        known = np.isfinite(row)
        drawn.add_scatter3d(
            x=thin(found.steps[known]), y=thin(np.full(int(known.sum()), rate)), z=thin(row[known]), mode="lines",
            line={"color": theme.ink, "width": 3}, showlegend=False, hovertemplate=HOVER + "<extra></extra>",
        )  # fmt: skip
    mine = found.losses[found.asked]
    steps = found.steps.astype(np.int64)
    with_now(drawn, steps, steps, np.full(len(steps), found.rates[found.asked]), mine, theme=theme)
    y = axis_of("highest learning rate", found.rates, is_log=True)
    lay_out(drawn, x=axis_of("step", found.steps), y=y, z=z, camera=LANDSCAPE_CAMERA, aspect=ASPECT)
    return Drawn(drawn, "interpolated", notes)


def _sweep_notes(found: Sweep, runs: tuple[RunData, ...], view: str) -> tuple[str, ...]:
    count = sum(found.runs)
    notes = [f"{counted(count, 'run')} at {counted(len(found.rates), 'rate')}"]
    if view == "3d":
        notes[0] += ": measured along the lines, the surface between them is not"
    ends = np.array([row[np.isfinite(row)][-1] for row in found.losses])
    best = int(np.argmin(ends))
    notes.append(f"Lowest last loss: {ends[best]:.4g} at a rate of {found.rates[best]:.3g}.")
    if max(found.runs) > 1:
        notes.append("Runs of the same rate are averaged.")
    if count < len(runs):
        notes.append(f"Left out, without a positive rate or a finite loss: {counted(len(runs) - count, 'run')}.")
    others = [name for name in varying(runs) if name.split(".")[-1] not in ("lr", "learning_rate", "seed", "name")]
    if others:
        notes.append(f"The runs differ in more than the rate: {listed(others)}.")
    return tuple(notes)


# ---- counterfactual steps -----------------------------------------------------------------------------------------


def _probe(found: Probes | None, theme: Theme, view: str) -> Drawing:
    if found is None or not np.isfinite(found.losses).any():
        return Refused(
            "No step was tried at other learning rates. Add bv.probe_learning_rates(…) to the training loop, or choose "
            "mode=trajectory."
        )
    notes = _probe_notes(found, view)
    steps = found.steps.astype(np.float64)
    if view == "flat":
        labels = [f"{multiple:g}×" for multiple in found.multiples.tolist()]
        return Drawn(_heat(steps, found.losses, labels, "multiple of the rate", theme), "measured", notes)
    drawn = Canvas()
    if min(found.losses.shape) > 1:
        _add_sheet(drawn, steps, found.multiples, found.losses, theme)
    rows, columns = np.nonzero(np.isfinite(found.losses))
    rates = found.multiples[rows] * found.rates[columns]
    drawn.add_scatter3d(
        x=thin(steps[columns]), y=thin(found.multiples[rows]), z=thin(found.losses[rows, columns]), mode="markers",
        marker={"size": 2.5, "color": theme.ink}, showlegend=False, customdata=thin(rates),
        hovertemplate="step %{x:,}<br>%{y:g}× the rate, %{customdata:.3~g}<br>loss after it %{z:.4~g}<extra></extra>",
    )  # fmt: skip
    best, probed = _best(found), np.isfinite(found.losses).any(axis=0)
    drawn.add_scatter3d(
        x=thin(steps[probed]), y=thin(found.multiples[best[probed]]), mode="markers", hoverinfo="skip",
        z=thin(found.losses[best, np.arange(len(best))][probed]), showlegend=False,
        marker={"size": 8, "symbol": "circle-open", "color": theme.lines[1], "line": {"width": 2}},
    )  # fmt: skip
    real = int(np.argmin(np.abs(np.log(found.multiples))))
    with_now(
        drawn, found.steps, steps, np.full(len(steps), found.multiples[real]), found.losses[real], theme=theme
    )  # fmt: skip
    y = Axis("multiple of the learning rate", True, (float(found.multiples[0]), float(found.multiples[-1])))
    z = axis_of("loss after one step", found.losses)
    lay_out(drawn, x=axis_of("step", steps), y=y, z=z, camera=LANDSCAPE_CAMERA, aspect=ASPECT)
    ticks = {"tickvals": found.multiples.tolist(), "ticktext": [f"{one:g}×" for one in found.multiples.tolist()]}
    drawn.update_layout(scene={"yaxis": ticks})
    return Drawn(drawn, "interpolated", notes)


def _best(found: Probes) -> NDArray[np.intp]:
    """(p,): the row of the lowest loss of each probed step."""
    return np.asarray(np.argmin(np.where(np.isfinite(found.losses), found.losses, np.inf), axis=0), np.intp)


def _probe_notes(found: Probes, view: str) -> tuple[str, ...]:
    probed = np.isfinite(found.losses).any(axis=0)
    best = found.multiples[_best(found)[probed]]
    higher, lower = int((best > 1).sum()), int((best < 1).sum())
    trials = counted(int(np.isfinite(found.losses).sum()), "trial step")
    trials += f" on one fixed batch, at {counted(int(probed.sum()), 'step')} of the run"
    trials += f" ({len(found.steps):,} of {found.probed:,} probed ones)" if len(found.steps) < found.probed else ""
    between, ringed = (": measured at the dots, not between", "Ringed: best rate. ") if view == "3d" else ("", "")
    told = f"A higher rate was best at {higher:,}, a lower one at {lower:,} of {counted(int(probed.sum()), 'step')}."
    return trials + between, ringed + told


# ---- the decorative surface ---------------------------------------------------------------------------------------


def _windowed(found: Trail, theme: Theme, view: str, window_size: int) -> Drawing:
    known = np.isfinite(found.losses) & np.isfinite(found.rates)
    if known.sum() < WINDOWED_MIN:
        return Refused(
            f"The decorative surface takes {WINDOWED_MIN} recorded steps, this run has {int(known.sum())}. "
            "Choose mode=trajectory."
        )
    if view == "flat":
        return Drawn(_flat_trail(found, theme), "measured", _trail_notes(found, view))
    places, drawn = windows(found, window_size), Canvas()
    drawn.add_surface(
        x=thin(found.steps[places]), y=thin(found.rates[places]), z=thin(found.losses[places]), colorscale=LOSS_SCALE,
        colorbar=colour_bar(theme, "loss"), hovertemplate=HOVER + "<extra></extra>",
    )  # fmt: skip
    with_now(drawn, found.steps, found.steps, found.rates, found.losses, theme=theme)
    lay_out(
        drawn, x=axis_of("step", found.steps.astype(np.float64)), y=axis_of("learning rate", found.rates),
        z=axis_of("loss", found.losses), camera=LANDSCAPE_CAMERA, aspect=ASPECT,
    )  # fmt: skip
    notes = (
        f"{len(places)} overlapping windows of {places.shape[1]} points of the one curve, laid side by side",
        "Every corner was measured; the faces between the windows were not, and say nothing about other rates.",
    )
    return Drawn(drawn, "decorative", notes)


# ---- shared -------------------------------------------------------------------------------------------------------


def _add_sheet(drawn: Canvas, x: Floats, y: Floats, z: Floats, theme: Theme) -> None:
    drawn.add_surface(
        x=thin(x), y=thin(y), z=thin(z), colorscale=LOSS_SCALE, opacity=SHEET_OPACITY,
        hovertemplate=HOVER + "<extra></extra>", colorbar=colour_bar(theme, "loss"),
        lighting={"ambient": 0.75, "diffuse": 0.5, "specular": 0.05},
    )  # fmt: skip


def _heat(x: Floats, z: Floats, labels: list[str], title: str, theme: Theme) -> Canvas:
    drawn = Canvas(
        go.Heatmap(
            x=thin(x), y=np.arange(len(labels)), z=thin(z), colorscale=LOSS_SCALE, hoverongaps=False,
            colorbar=colour_bar(theme, "loss") | {"len": 1.0},
            hovertemplate="step %{x:,}<br>%{y}<br>loss %{z:.4~g}<extra></extra>",
        )
    )  # fmt: skip
    axis = {"tickvals": list(range(len(labels))), "ticktext": labels, "showgrid": False}
    drawn.update_layout(
        plot_bgcolor=theme.sunken,
        xaxis=step_axis(float(x[0]), float(x[-1])),
        yaxis=axis | {"title": {"text": title}, "tickfont": {"family": MONO_FONT}},
    )
    return drawn


def _no_lines() -> dict[str, dict[str, bool]]:
    return {side: {"highlight": False} for side in "xyz"}


def _points(count: int) -> str:
    return "One point" if count == 1 else f"{count} points" if count else "No finite point"
