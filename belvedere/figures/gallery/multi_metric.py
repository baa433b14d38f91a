"""Three evaluation scores as axes and a fourth as size: where a model is good, and what a stage traded for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import joined, last_of_each_step
from belvedere.analysis.stages import stretches
from belvedere.analysis.trajectories import EVALUATIONS_MAX, evaluations_of_each
from belvedere.core.names import matcher
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, Ints, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, comparison
from belvedere.figures.options import SeriesName
from belvedere.figures.scene import axis_of, lay_out, thin
from belvedere.figures.stage_marks import in_order, stage_symbol
from belvedere.figures.theme import DYNAMICS_CAMERA, Theme, shortened, stage_colour, stage_dash
from belvedere.figures.words import counted, shown_of

ANY_SCORE = "evaluation/*|*_acc|*accuracy"
AXES = {
    "x": f"evaluation/mmlu_normalized|*mmlu*|{ANY_SCORE}",
    "y": f"evaluation/arc_easy_normalized|*arc_easy*|*arc-easy*|{ANY_SCORE}",
    "z": f"evaluation/gsm8k_normalized|*gsm8k*|{ANY_SCORE}",
    "size": f"evaluation/humaneval_normalized|*humaneval*|{ANY_SCORE}",
}
BOUNDS = ("/low", "/high")  # behind the name of a score: its interval
SIZES = (5.0, 14.0)  # px
SIZE_WITHOUT = 7.0


@dataclass(frozen=True, eq=False)
class Scores:
    """The evaluations of one stage of one run, rising by step: scores (e, 3) and size (e,) float64, NaN where the
    fourth score was not measured. Of many `evaluations` evenly chosen ones."""

    run: str
    stage: str
    steps: Ints
    scores: Floats
    size: Floats
    evaluations: int


@comparison(
    id="multi_metric",
    title="Three scores",
    family="evaluation",
    needs=Needs(optional=(ANY_SCORE,)),
    somewhere=Needs(several=((ANY_SCORE, 3),)),
    options={
        "x": SeriesName(AXES["x"], "first score; MMLU, else the first that there is"),
        "y": SeriesName(AXES["y"], "second score; ARC-Easy, else the next"),
        "z": SeriesName(AXES["z"], "third score; GSM8K, else the next"),
        "size": SeriesName(AXES["size"], "score behind the size; HumanEval, else the next"),
        "view": ("3d", "flat"),
    },
    scene=True,
    twin={"view": "flat"},
    absent="No three scores were logged together. Log them in one row, or name them with x=, y= and z=.",
)
def multi_metric(
    runs: tuple[RunData, ...], *, theme: Theme, x: str, y: str, z: str, size: str, view: str
) -> Drawing:  # fmt: skip
    """Evaluations of every stage of every run in the space of three scores; the size is a fourth.

    What it shows: one point for every step at which all three scores were measured, coloured and shaped by stage, with
    a thin line from each evaluation of a stage to the next. The marker grows with the fourth score; where that was not
    measured it is hollow. The flat view shows the last evaluation of each stage, one line through its scores.

    How to read it: a stage should move away from the origin along all axes. A path that turns towards one axis learns
    one task at the cost of others; a later stage that begins further back has forgotten something.

    What it does not show: evaluations that lack one of the three; nothing is set to 0. Scores have different chance
    levels and different errors, so equal distances do not mean equal progress.
    """
    keys = chosen_keys(runs, (x, y, z, size))
    if len(keys) < 3:
        known = ", ".join(shortened(key) for key in keys) or "none"
        return Refused(
            f"There are {len(keys)} different scores ({known}); the figure takes three. Log them in one row, such as "
            "evaluation/mmlu, or name them with x=, y= and z=."
        )
    most = evaluations_of_each(sum(len(stretches(run)) for run in runs))
    found = [one for run in runs for one in scores(run, keys, most)]
    if not found:
        listed = ", ".join(shortened(key) for key in keys[:3])
        return Refused(f"No step has a finite {listed} together. Evaluate them at the same steps.")
    drawn = _flat(found, keys, theme) if view == "flat" else _scene(found, keys, theme)
    return Drawn(drawn, "measured", _notes(found, keys, runs))


def chosen_keys(runs: Sequence[RunData], entries: Sequence[str]) -> tuple[str, ...]:
    """The key of each entry: the first that any run has and no entry before it took; what is absent is left out, and
    the bounds of an interval are no scores of their own."""
    logged = {key for run in runs for key, series in run.series.items() if len(series)}
    there = sorted(key for key in logged if not (key.endswith(BOUNDS) and key.rpartition("/")[0] in logged))
    taken: list[str] = []
    for entry in entries:
        patterns = [matcher(alternative) for alternative in entry.split("|")]
        free = (key for fits in patterns for key in there if fits(key) and key not in taken)
        if (key := next(free, None)) is not None:
            taken.append(key)
    return tuple(taken)


def scores(run: RunData, keys: Sequence[str], most: int = EVALUATIONS_MAX) -> list[Scores]:
    """The evaluations of each stage that has any, at most `most` evenly chosen ones."""
    series = [run.series[key] for key in keys[:3] if key in run.series]
    if len(series) < 3:
        return []
    together = joined(*series)
    rows, steps = together.columns.T, together.steps
    keep = np.isfinite(rows).all(axis=1)
    rows, steps = rows[keep], steps[keep]
    size = np.full(len(steps), np.nan)
    if len(keys) > 3 and keys[3] in run.series:
        own, values = last_of_each_step(run.series[keys[3]])
        _, here, there = np.intersect1d(steps, own, assume_unique=True, return_indices=True)
        size[here] = np.where(np.isfinite(values[there]), values[there], np.nan)
    found = []
    for stretch in stretches(run):
        every = np.flatnonzero(stretch.holds(steps))
        inside = every[evenly_chosen(len(every), most)]
        if len(inside):
            name = run.name or run.run_id
            found.append(Scores(name, stretch.name, steps[inside], rows[inside], size[inside], len(every)))
    return found


def _notes(found: Sequence[Scores], keys: Sequence[str], runs: Sequence[RunData]) -> tuple[str, ...]:
    names = {one.run for one in found}
    evaluations = shown_of(sum(len(one.steps) for one in found), sum(one.evaluations for one in found), "evaluation")
    notes = [f"{evaluations} of {counted(len(names), 'run')}"]
    if len(keys) > 3 and any(np.isfinite(one.size).any() for one in found):
        notes[0] += f", size: {shortened(keys[3])}"
        if hollow := sum(int(np.isnan(one.size).sum()) for one in found):
            notes.append(f"{hollow:,} have no {shortened(keys[3])}, hollow.")
    if without := len(runs) - len(names):
        notes.append(f"Left out, never measured all three: {without} of {counted(len(runs), 'run')}.")
    return tuple(notes)


def _scene(found: Sequence[Scores], keys: Sequence[str], theme: Theme) -> Canvas:
    drawn = Canvas()
    names = [shortened(key) for key in keys]
    top = max((float(np.nanmax(one.size)) for one in found if np.isfinite(one.size).any()), default=1.0)
    for stage in in_order(one.stage for one in found):
        mine = [one for one in found if one.stage == stage]
        strung = np.concatenate([np.vstack([one.scores, np.full((1, 3), np.nan)]) for one in mine])
        line = {"color": stage_colour(stage), "width": 2}
        drawn.add_scatter3d(
            x=thin(strung[:, 0]), y=thin(strung[:, 1]), z=thin(strung[:, 2]), mode="lines", line=line, opacity=0.5,
            hoverinfo="skip", showlegend=False, legendgroup=stage,
        )  # fmt: skip
        size = np.concatenate([one.size for one in mine])
        rows, texts = np.concatenate([one.scores for one in mine]), _texts(mine)
        for is_hollow in (False, True):
            which = np.isnan(size) == is_hollow
            if not which.any():
                continue
            px = np.full(int(which.sum()), SIZE_WITHOUT) if is_hollow else _px(size[which], top)
            drawn.add_scatter3d(
                x=thin(rows[which, 0]), y=thin(rows[which, 1]), z=thin(rows[which, 2]), mode="markers",
                name=shortened(stage), legendgroup=stage, showlegend=bool(not is_hollow or np.isnan(size).all()),
                marker={"size": px, "color": stage_colour(stage), "symbol": stage_symbol(stage, is_hollow=is_hollow)},
                text=[text for text, is_in in zip(texts, which) if is_in],
                hovertemplate=f"%{{text}}<br>{names[0]} %{{x:.4~g}}<br>{names[1]} %{{y:.4~g}}<br>"
                f"{names[2]} %{{z:.4~g}}<extra></extra>",
            )  # fmt: skip
    columns = np.concatenate([one.scores for one in found]).T
    x, y, z = (axis_of(name, column) for name, column in zip(names, columns))
    lay_out(drawn, x=x, y=y, z=z, camera=DYNAMICS_CAMERA, aspect=(1.15, 1.15, 0.85))
    drawn.update_layout(showlegend=True, legend={"itemsizing": "constant", "x": 0, "y": 0.98})
    return drawn


def _px(values: Floats, top: float) -> Floats:
    """The area grows with the score."""
    share = np.sqrt(np.clip(values / top, 0, 1)) if top > 0 else np.zeros(len(values))
    return SIZES[0] + (SIZES[1] - SIZES[0]) * share


def _texts(found: Sequence[Scores]) -> list[str]:
    return [
        f"{shortened(one.run)} · step {step:,}" + ("" if np.isnan(size) else f" · size {size:.4g}")
        for one in found
        for step, size in zip(one.steps.tolist(), one.size.tolist())
    ]


def _flat(found: Sequence[Scores], keys: Sequence[str], theme: Theme) -> Canvas:
    drawn = Canvas()
    names = [shortened(key, characters=22) for key in keys]
    seen: set[str] = set()
    for one in sorted(found, key=lambda one: in_order(each.stage for each in found).index(one.stage)):
        last = [*one.scores[-1].tolist(), *([float(one.size[-1])] if len(keys) > 3 else [])]
        drawn.add_scatter(
            x=names, y=np.array(last), mode="lines+markers", name=shortened(one.stage), legendgroup=one.stage,
            showlegend=one.stage not in seen, line={"color": stage_colour(one.stage), "dash": stage_dash(one.stage)},
            marker={"size": 9, "symbol": stage_symbol(one.stage)},
            hovertemplate=f"{shortened(one.run)} · step {one.steps[-1]:,}<br>%{{x}} %{{y:.4~g}}<extra></extra>",
        )  # fmt: skip
        seen.add(one.stage)
    drawn.update_layout(showlegend=True, yaxis={"title": {"text": "score at the last evaluation"}})
    return drawn
