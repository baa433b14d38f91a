"""Step, loss and accuracy over all stages of a pipeline, with accuracies only where they were measured."""

from collections.abc import Callable, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from belvedere.analysis.measures import ACCURACY, LOSS, TOKENS
from belvedere.analysis.trajectories import Leg, legs
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, comparison
from belvedere.figures.moving import with_now
from belvedere.figures.options import Choice, SeriesName
from belvedere.figures.scene import axis_of, lay_out, thin
from belvedere.figures.stage_marks import in_order, stage_symbol
from belvedere.figures.theme import DYNAMICS_CAMERA, LINE_PX, Theme, shortened, stage_colour, stage_dash
from belvedere.figures.words import counted, named, shown_of

TITLES = {"step": "step", "tokens": "tokens", "cumulative": "step, stages end to end"}
MARKER_PX = 6
GAP = np.array([np.nan])


@comparison(
    id="training_trajectory",
    title="Training trajectory",
    family="stages",
    needs=Needs(series=(LOSS,), optional=(TOKENS,)),
    somewhere=Needs(series=(ACCURACY,)),
    options={
        "x": Choice(("step", "cumulative", "tokens"), "cumulative lays later stages behind earlier ones"),
        "accuracy": SeriesName(ACCURACY, "the score that is the height"),
        "view": ("3d", "flat"),
    },
    scene=True,
    twin={"view": "flat"},
    absent="Loss and accuracy are not both there. Log train/loss and val/accuracy.",
)
def training_trajectory(runs: tuple[RunData, ...], *, theme: Theme, x: str, accuracy: str, view: str) -> Drawing:
    """Where training went, through step, loss and accuracy, from pretraining to reinforcement learning.

    What it shows: every stage of every run of the group (or of the project, when the run is in no group), in the colour
    and with the marker of the stage. A marker is an evaluation: its accuracy was measured at that step. The line is the
    loss at each step, at the height of the last accuracy known by then, so it goes up in stairs.

    How to read it: each stage should carry on where the one before it ended and climb towards low loss. A stage that
    falls in height has unlearned something; one whose loss falls while its height stays the same learns what the
    evaluation does not ask. `x=cumulative` shows the whole pipeline as one way.

    What it does not show: accuracy where nobody measured it. Steps before the first evaluation of a stage have no
    height and are drawn only flat; stages without any evaluation are hollow there, and counted. Losses of different
    stages are measured on different data and do not compare.
    """
    found = legs(runs, x=x, accuracy=accuracy)
    known = [leg for leg in found if np.isfinite(leg.x).any()]
    if x == "tokens" and not known:
        return Refused("No run counted its tokens. Log them as train/tokens, or choose x=step.")
    has_score = any(len(leg.evaluated_at) for leg in known)
    if not any(np.isfinite(leg.losses).any() for leg in known):
        return Refused("No run has a finite loss. Run `belvedere doctor` to see where it broke.")
    if view == "3d" and not has_score:
        return Refused(
            f"No accuracy was recorded: {named(accuracy)}, and none is made up. "
            "Log one as val/accuracy, or choose view=flat."
        )
    drawn = _flat(known, theme, x) if view == "flat" else _scene(known, theme, x)
    return Drawn(drawn, "measured", _notes(known, len(found) - len(known), view))


def _notes(known: Sequence[Leg], unplaced: int, view: str) -> tuple[str, ...]:
    evaluations = shown_of(
        sum(len(leg.evaluated_at) for leg in known), sum(leg.evaluations for leg in known), "evaluation"
    )
    names = {leg.run for leg in known}
    notes = [f"{evaluations} in {counted(len(known), 'stage')} of {counted(len(names), 'run')}"]
    if silent := sum(not len(leg.evaluated_at) for leg in known):
        notes.append(
            f"{'Hollow' if view == 'flat' else 'Only in the flat view'}, never evaluated: {counted(silent, 'stage')}."
        )
    early = sum(int(np.isnan(leg.accuracies).sum()) for leg in known if len(leg.evaluated_at))
    if early and view == "3d":
        notes.append(f"No height, before the first evaluation of their stage: {counted(early, 'point')}.")
    if unplaced:
        notes.append(f"Left out, counted no tokens: {counted(unplaced, 'stage')}.")
    return tuple(notes)


def _scene(known: Sequence[Leg], theme: Theme, x: str) -> Canvas:
    drawn = Canvas()
    for stage in in_order(leg.stage for leg in known if len(leg.evaluated_at)):
        mine = [leg for leg in known if leg.stage == stage]
        shared = {"legendgroup": stage, "name": shortened(stage)}
        drawn.add_scatter3d(
            x=_strung(mine, lambda leg: leg.x), y=_strung(mine, lambda leg: leg.losses), mode="lines",
            z=_strung(mine, lambda leg: leg.accuracies), showlegend=False, hoverinfo="skip", opacity=0.55,
            line={"color": stage_colour(stage), "width": 2}, **shared,
        )  # fmt: skip
        drawn.add_scatter3d(
            x=_joined(mine, lambda leg: leg.evaluated_x), y=_joined(mine, lambda leg: leg.evaluated_losses),
            z=_joined(mine, lambda leg: leg.evaluated_accuracies), mode="markers", text=_texts(mine), opacity=0.95,
            marker={"size": MARKER_PX, "color": stage_colour(stage), "symbol": stage_symbol(stage)},
            hovertemplate=_hover(stage, x, "%{y:.4f}", "%{z:.4f}"), **shared,
        )  # fmt: skip
    first = next((leg for leg in known if leg.run == known[0].run and len(leg.evaluated_at)), None)
    if first is not None:
        path = (first.evaluated_x, first.evaluated_losses, first.evaluated_accuracies)
        with_now(drawn, first.evaluated_at, *path, theme=theme)
    scored = [leg for leg in known if len(leg.evaluated_at)]
    lay_out(
        drawn, camera=DYNAMICS_CAMERA,
        x=axis_of(TITLES[x], *(np.append(leg.x[leg.has_height], leg.evaluated_x) for leg in scored)),
        y=axis_of("loss", *(np.append(leg.losses[leg.has_height], leg.evaluated_losses) for leg in scored)),
        z=axis_of("accuracy", *(leg.evaluated_accuracies for leg in scored)),
    )  # fmt: skip
    drawn.update_layout(showlegend=True, legend={"itemsizing": "constant", "x": 0, "y": 0.98})
    return drawn


def _flat(known: Sequence[Leg], theme: Theme, x: str) -> go.Figure:
    drawn = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    for stage in in_order(leg.stage for leg in known):
        mine = [leg for leg in known if leg.stage == stage]
        shared = {"legendgroup": stage, "name": shortened(stage)}
        line = {"color": stage_colour(stage), "dash": stage_dash(stage), "width": LINE_PX}
        drawn.add_scatter(
            x=_strung(mine, lambda leg: leg.x), y=_strung(mine, lambda leg: leg.losses), mode="lines", line=line,
            hovertemplate=f"{shortened(stage)}<br>{TITLES[x]} %{{x:,}}<br>loss %{{y:.4~g}}<extra></extra>",
            row=1, col=1, **shared,
        )  # fmt: skip
        marker = {"size": MARKER_PX, "color": stage_colour(stage), "symbol": stage_symbol(stage)}
        drawn.add_scatter(
            x=_strung(mine, lambda leg: leg.evaluated_x), y=_strung(mine, lambda leg: leg.evaluated_accuracies), row=2,
            col=1, mode="lines+markers", line=line | {"width": 1}, marker=marker, showlegend=False,
            hovertemplate=f"{shortened(stage)}<br>{TITLES[x]} %{{x:,}}<br>accuracy %{{y:.4f}}<extra></extra>", **shared,
        )  # fmt: skip
        silent = [leg for leg in mine if not len(leg.evaluated_at)]
        if silent:
            hollow = marker | {"symbol": stage_symbol(stage, is_hollow=True), "size": MARKER_PX + 3}
            drawn.add_scatter(
                x=thin(np.array([leg.x[-1] for leg in silent])), y=thin(np.array([leg.losses[-1] for leg in silent])),
                mode="markers", marker=hollow, row=1, col=1, showlegend=False,
                text=[shortened(leg.run) for leg in silent],
                hovertemplate="%{text}: no evaluation<extra></extra>", **shared,
            )  # fmt: skip
    drawn.update_yaxes(title={"text": "loss"}, row=1, col=1)
    drawn.update_yaxes(title={"text": "accuracy"}, row=2, col=1)
    drawn.update_xaxes(title={"text": TITLES[x]}, row=2, col=1)
    drawn.update_layout(showlegend=True)
    return drawn


def _strung(known: Sequence[Leg], part: Callable[[Leg], Floats]) -> NDArray[np.generic]:
    """One column of several legs, with a gap after each."""
    return thin(np.concatenate([piece for leg in known for piece in (part(leg), GAP)])) if known else GAP


def _joined(known: Sequence[Leg], part: Callable[[Leg], Floats]) -> NDArray[np.generic]:
    return thin(np.concatenate([part(leg) for leg in known]))


def _texts(known: Sequence[Leg]) -> list[str]:
    return [shortened(leg.run) for leg in known for _ in leg.evaluated_at]


def _hover(stage: str, x: str, loss: str, accuracy: str) -> str:
    return (
        f"%{{text}} · {shortened(stage)}<br>{TITLES[x]} %{{x:,}}<br>loss {loss}<br>accuracy {accuracy}<extra></extra>"
    )
