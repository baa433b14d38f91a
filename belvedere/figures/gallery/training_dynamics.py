"""Three quantities of training in one picture: loss, gradient norm, and the reward or the step."""

from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from belvedere.analysis.joins import Joined, finite_rows, joined, thinned_rows
from belvedere.analysis.measures import GRADIENT_NORM, LOSS, REWARD
from belvedere.analysis.readable import first_series
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_now
from belvedere.figures.options import Choice
from belvedere.figures.scene import add_path, axis_of, floor_of, lay_out, thin
from belvedere.figures.theme import DYNAMICS_CAMERA, LOSS_SCALE, STEP_SCALE, Theme, colour_bar, shortened, step_axis
from belvedere.figures.words import counted

POINTS = 2000
RL_LOSS = f"rl/nll|rl/loss|policy_loss|*/policy_loss|{LOSS}"
PATH_COLOUR = 5  # of theme.lines: the sky blue that stands for the seed's cyan


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The joined points of one form. columns of `rows`: loss, gradient norm and, in the form "rl", reward.

    left_out: series name -> its steps that another series does not have · nonfinite: joined steps with a NaN or Inf
    """

    form: str
    names: tuple[str, ...]
    rows: Joined
    left_out: dict[str, int]
    nonfinite: int


@figure(
    id="training_dynamics",
    title="Training dynamics",
    family="loss",
    needs=Needs(series=(LOSS, GRADIENT_NORM), optional=(REWARD, RL_LOSS)),
    options={
        "form": Choice(("auto", "sft", "rl"), "rl has the reward as height; auto takes it where there is a reward"),
        "view": ("3d", "flat"),
    },
    scene=True,
    twin={"view": "flat"},
    absent="Loss and gradient norm are not both there. Log train/loss and train/grad_norm, or use run.watch(model).",
)
def training_dynamics(data: RunData, *, theme: Theme, form: str, view: str) -> Drawing:
    """The state of training as one moving point: loss, gradient norm and step, or with a reward loss, gradient norm and
    reward.

    What it shows: one point per step at which all three were measured. In the form `sft` the axes are step, loss and
    gradient norm, and dark points have a high loss. In the form `rl` they are loss, gradient norm and reward, and the
    colour is the step (blue early, red late). Its loss is the likelihood of the sampled tokens where that was recorded,
    because the policy's own loss is near 0 by construction. Long runs are drawn as means of 2,000 stretches.

    How to read it: a healthy run draws one smooth sweep towards low loss and small gradients. Loops say that learning
    goes back and forth, gradient norms that climb while the loss stands still announce a spike, a cloud without any
    direction is noise: more samples or a lower rate.

    What it does not show: steps at which one of the three is missing; how many those are is said under the title.
    """
    found = dynamics(data, form)
    if found is None:
        return Refused("There is no reward for the form rl. Log it as reward, or choose form=sft.")
    if not len(found.rows):
        listed = " and ".join(shortened(name) for name in found.names)
        return Refused(f"No step has a finite {listed} together. Log them in the same row.")
    drawn = _flat(found, theme) if view == "flat" else _scene(found, theme)
    return Drawn(drawn, "measured", _notes(found))


def dynamics(data: RunData, form: str) -> Dynamics | None:
    """The points of a form; None where it needs a reward and there is none."""
    reward = first_series(data, REWARD)
    if form == "rl" and reward is None:
        return None
    is_rl = form == "rl" or (form == "auto" and reward is not None)
    wanted: list[Series | None] = [first_series(data, RL_LOSS if is_rl else LOSS), first_series(data, GRADIENT_NORM)]
    series = [one for one in [*wanted, reward if is_rl else None] if one is not None]
    together = joined(*series)
    rows = finite_rows(together)
    left_out = {one.key: len(one) - len(together) for one in series if len(one) > len(together)}
    few = finite_rows(thinned_rows(rows, POINTS))
    return Dynamics(
        "rl" if is_rl else "sft", tuple(one.key for one in series), few, left_out, len(together) - len(rows)
    )  # fmt: skip


def _notes(found: Dynamics) -> tuple[str, ...]:
    most = int(found.rows.counts.max())
    notes = [counted(len(found.rows), "point") + f", each the mean of up to {most:,} steps" * (most > 1)]
    if found.left_out:
        listed = ", ".join(f"{count:,} of {shortened(name)}" for name, count in found.left_out.items())
        notes.append(f"Left out, because not all were logged at their step: {listed}.")
    if found.nonfinite:
        notes.append(f"Left out, with a NaN or infinite value: {counted(found.nonfinite, 'step')}.")
    return tuple(notes)


def _scene(found: Dynamics, theme: Theme) -> Canvas:
    steps, columns = found.rows.steps, found.rows.columns
    names = [shortened(name) for name in found.names]
    drawn = Canvas()
    if found.form == "rl":
        places = (columns[0], columns[1], columns[2])
        titles, colour, scale, bar = names, steps, STEP_SCALE, "step"
    else:
        places = (steps.astype(float), columns[0], columns[1])
        titles, colour, scale, bar = ["step", *names], columns[0], LOSS_SCALE, names[0]
    x, y, z = (axis_of(title, place) for title, place in zip(titles, places))
    known = "<br>".join(f"{title} %{{{axis}:.4~g}}" for title, axis in zip(titles, "xyz"))
    hover = f"step %{{customdata:,}}<br>{known}" if found.form == "rl" else known
    path = add_path(
        drawn, *places, colour=colour, theme=theme, floor=floor_of(z), scale=scale, bar=bar, hover=hover,
        marker_px=5 if found.form == "rl" else 4,
    )  # fmt: skip
    if found.form == "sft":
        drawn.data[path]["line"]["color"] = theme.lines[PATH_COLOUR]
    with_now(drawn, steps, *places, theme=theme)
    lay_out(drawn, x=x, y=y, z=z, camera=DYNAMICS_CAMERA)
    return drawn


def _flat(found: Dynamics, theme: Theme) -> go.Figure:
    """The form rl: reward over loss, coloured by step; the form sft: loss and gradient norm over the step."""
    steps, columns = found.rows.steps, found.rows.columns
    names = [shortened(name) for name in found.names]
    if found.form == "rl":
        drawn = Canvas()
        marker = {"color": thin(steps), "colorscale": STEP_SCALE, "size": 6, "colorbar": colour_bar(theme, "step")}
        drawn.add_scatter(
            x=thin(columns[0]), y=thin(columns[2]), mode="lines+markers", marker=marker, showlegend=False,
            line={"color": theme.faint, "width": 0.8}, customdata=thin(columns[1]),
            hovertemplate=f"step %{{marker.color:,}}<br>{names[0]} %{{x:.4~g}}<br>{names[2]} %{{y:.4~g}}<br>"
            f"{names[1]} %{{customdata:.4~g}}<extra></extra>",
        )  # fmt: skip
        drawn.update_layout(xaxis={"title": {"text": names[0]}}, yaxis={"title": {"text": names[2]}})
        return drawn
    drawn = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for row, (name, column) in enumerate(zip(names, columns), start=1):
        drawn.add_scatter(
            x=thin(steps), y=thin(column), mode="lines+markers", marker={"size": 3},
            line={"color": theme.lines[row - 1]}, showlegend=False,
            hovertemplate=f"step %{{x:,}}<br>{name} %{{y:.4~g}}<extra></extra>", row=row, col=1,
        )  # fmt: skip
        drawn.update_yaxes(title={"text": name}, row=row, col=1)
    drawn.update_xaxes(step_axis(int(steps[0]), int(steps[-1])), row=2, col=1)
    return drawn
