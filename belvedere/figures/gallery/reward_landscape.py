"""Reward over two quantities that mean something to a policy, with a surface only where points carry it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import Joined, finite_rows, joined, thinned_rows
from belvedere.analysis.measures import LOSS, REWARD
from belvedere.analysis.readable import first_series
from belvedere.analysis.surface import Surface, surface
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_now
from belvedere.figures.options import Choice, SeriesName
from belvedere.figures.scene import add_path, axis_of, floor_of, lay_out, thin
from belvedere.figures.theme import REWARD_CAMERA, SCORE_SCALE, STEP_SCALE, Theme, colour_bar, shortened
from belvedere.figures.words import counted

CURVE_POINTS = 1000
ASPECT = (1.7, 1.5, 1.1)  # the seat of this camera is further away than the others
MEANT = ("rl/nll|nll|*/nll", "rl/entropy|entropy|*/entropy", "rl/kl|kl|*/kl", "pass@1|*/pass@1", LOSS)
STEP = "step"
SHEET_OPACITY = 0.8
ERROR_OPACITY = 0.09


@dataclass(frozen=True, eq=False)
class Landscape:
    """The joined points, and the surface through them. columns of `rows`: x, y, reward."""

    names: tuple[str, str, str]
    rows: Joined
    surface: Surface
    joined_steps: int
    reward_steps: int


@figure(
    id="reward_landscape",
    title="Reward landscape",
    family="rewards",
    needs=Needs(series=(REWARD,), optional=MEANT),
    options={
        "x": SeriesName(STEP, "first axis: the step, rl/kl, rl/entropy or another series"),
        "y": SeriesName("|".join(MEANT), "second axis: rl/nll, else the first of what else means something"),
        "surface": Choice(("band", "mean", "none"), "mean with standard errors, mean alone, or points alone"),
        "view": ("3d", "flat"),
    },
    scene=True,
    twin={"view": "flat"},
    absent="No reward was recorded. Log it as reward.",
)
def reward_landscape(data: RunData, *, theme: Theme, x: str, y: str, surface: str, view: str) -> Drawing:
    """The way of a policy through reward and what it costs: entropy, likelihood of its samples, distance from where it
    began.

    What it shows: one point per step, at the reward of that step and two quantities measured at the same step, coloured
    by the step (blue early, red late). The surface is a local linear fit through these points, the thin sheets one
    standard error above and below it; both are models, and are drawn only where at least three points carry them.

    How to read it: a healthy run climbs while entropy falls slowly and the distance from the reference (`rl/kl`) grows
    slowly. Reward that rises while entropy drops to nothing is a policy that has settled on one answer; a path that
    moves far in `rl/kl` without climbing pays for nothing; wide sheets ask for more samples per question.

    What it does not show: rewards the policy never visited. The surface stops where the points stop, a hole in it stays
    open, and points on one line carry none, which is then said. The loss of a policy gradient is near 0 by construction
    and tells little; it is offered last.
    """
    reward = first_series(data, REWARD)
    first = None if x == STEP else first_series(data, x)
    second = _other(data, y, (reward, first))
    if reward is None or second is None or (x != STEP and first is None):
        wanted = shortened(x if x != STEP and first is None else y, characters=60)
        return Refused(f"There is nothing to hold the reward against: no series {wanted}. Log it or choose another.")
    found = landscape(reward, first, second, has_surface=surface != "none")
    if not len(found.rows):
        return Refused(f"No step has a finite {' and '.join(shortened(name) for name in found.names)} together.")
    drawn = _flat(found, theme) if view == "flat" else _scene(found, theme, surface)
    is_model = bool(found.surface.z.size)
    return Drawn(drawn, "model" if is_model else "measured", _notes(found, is_model, surface != "none"))


def landscape(reward: Series, first: Series | None, second: Series, *, has_surface: bool) -> Landscape:
    """Points at the steps that all series have; `first` is None for the step itself."""
    columns = [one for one in (first, second, reward) if one is not None]
    together = joined(*columns)
    if first is None:
        together = Joined(together.steps, np.vstack([together.steps, together.columns]), together.counts)
    rows = finite_rows(thinned_rows(together, CURVE_POINTS))
    nothing = np.zeros((0, 0))
    none = Surface(np.zeros(0), np.zeros(0), nothing, nothing, 0, np.nan, np.nan)
    carried = surface(*rows.columns) if has_surface and len(rows) else none
    names = ("step" if first is None else first.key, second.key, reward.key)
    return Landscape(names, rows, carried, len(together), len(reward))


def _other(data: RunData, entry: str, taken: Sequence[Series | None]) -> Series | None:
    """The first series of an entry that is on no other axis."""
    keys = {one.key for one in taken if one is not None}
    found = (first_series(data, alternative) for alternative in entry.split("|"))
    return next((one for one in found if one is not None and one.key not in keys), None)


def _notes(found: Landscape, is_model: bool, was_wanted: bool) -> tuple[str, ...]:
    most = int(found.rows.counts.max())
    notes = [counted(len(found.rows), "measured point") + f", each the mean of up to {most:,} steps" * (most > 1)]
    if is_model:
        notes[0] += f"; the surface is a local linear fit, {found.surface.noise:.2g} noise, sheets ± 1 standard error"
    elif was_wanted and found.surface.reason:
        notes.append(found.surface.reason)
    if found.joined_steps < found.reward_steps:
        alone = counted(found.reward_steps - found.joined_steps, "reward")
        notes.append(f"Left out, for no other value was logged at their step: {alone}.")
    return tuple(notes)


def _scene(found: Landscape, theme: Theme, surface: str) -> Canvas:
    x, y, reward = found.rows.columns
    names = [shortened(name) for name in found.names]
    z = axis_of(names[2], reward)
    drawn = Canvas()
    hover = f"step %{{customdata:,}}<br>{names[0]} %{{x:.4~g}}<br>{names[1]} %{{y:.4f}}<br>{names[2]} %{{z:.4f}}"
    if found.surface.z.size:
        _add_sheets(drawn, found.surface, theme, has_errors=surface == "band")
    add_path(
        drawn, x, y, reward, colour=found.rows.steps, theme=theme, floor=floor_of(z), hover=hover,
        scale=STEP_SCALE, marker_px=3,
    )  # fmt: skip
    with_now(drawn, found.rows.steps, x, y, reward, theme=theme)
    lay_out(drawn, x=axis_of(names[0], x), y=axis_of(names[1], y), z=z, camera=REWARD_CAMERA, aspect=ASPECT)
    return drawn


def _add_sheets(drawn: Canvas, found: Surface, theme: Theme, *, has_errors: bool) -> None:
    shape = {"x": thin(found.x), "y": thin(found.y), "showscale": False}
    light = {"ambient": 0.85, "diffuse": 0.3, "specular": 0.0}
    drawn.add_surface(
        z=thin(found.z), colorscale=SCORE_SCALE, opacity=SHEET_OPACITY, lighting=light,
        customdata=thin(found.error), hovertemplate="fit %{z:.3f} ± %{customdata:.3f}<extra></extra>", **shape,
    )  # fmt: skip
    for sign in (-1, 1) * has_errors:
        drawn.add_surface(
            z=thin(found.z + sign * found.error), colorscale=[[0, theme.second], [1, theme.second]], hoverinfo="skip",
            opacity=ERROR_OPACITY, lighting=light, **shape,
        )  # fmt: skip


def _flat(found: Landscape, theme: Theme) -> Canvas:
    x, y, reward = found.rows.columns
    names = [shortened(name) for name in found.names]
    drawn = Canvas()
    scale = {"colorscale": SCORE_SCALE}
    low, high = float(reward.min()), float(reward.max())
    if found.surface.z.size:
        drawn.add_heatmap(
            x=thin(found.surface.x), y=thin(found.surface.y), z=thin(found.surface.z), zmin=low, zmax=high, opacity=0.5,
            showscale=False, hoverinfo="skip", **scale,
        )  # fmt: skip
    drawn.add_scatter(
        x=thin(x), y=thin(y), mode="lines+markers", line={"color": theme.faint, "width": 0.8}, showlegend=False,
        marker={
            "color": thin(reward), "cmin": low, "cmax": high, "size": 6, "colorbar": colour_bar(theme, names[2]),
            "line": {"width": 0.5, "color": theme.ground}, **scale,
        },
        customdata=thin(found.rows.steps),
        hovertemplate=f"step %{{customdata:,}}<br>{names[0]} %{{x:.4~g}}<br>{names[1]} %{{y:.4f}}<br>"
        f"{names[2]} %{{marker.color:.4f}}<extra></extra>",
    )  # fmt: skip
    drawn.update_layout(xaxis={"title": {"text": names[0]}}, yaxis={"title": {"text": names[1]}})
    return drawn
