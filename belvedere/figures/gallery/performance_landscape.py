"""What a run cost and what it reached: MFU, tokens per second and accuracy, at its evaluations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import as_of, last_of_each_step
from belvedere.analysis.measures import ACCURACY, TOKENS_PER_SECOND, UTILISATION
from belvedere.analysis.readable import first_series
from belvedere.analysis.stages import stretches
from belvedere.analysis.trajectories import EVALUATIONS_MAX, evaluations_of_each
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, Ints, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, comparison
from belvedere.figures.gallery.mfu import in_percent
from belvedere.figures.options import SeriesName
from belvedere.figures.scene import axis_of, lay_out, thin
from belvedere.figures.stage_marks import in_order, stage_symbol
from belvedere.figures.theme import DYNAMICS_CAMERA, Theme, shortened, stage_colour
from belvedere.figures.words import counted, named, shown_of

LAST_PX, EARLIER_PX = 8, 4


@dataclass(frozen=True, eq=False)
class Efforts:
    """The evaluations of one stage of one run, rising by step; all but the steps (e,) float64.

    utilisation: MFU in per cent, last known at the step, NaN where none was · speed: tokens per second, likewise
    evaluations: how many there were, of which those with a known speed are here, of many evenly chosen ones
    """

    run: str
    stage: str
    steps: Ints
    utilisation: Floats
    speed: Floats
    accuracy: Floats
    evaluations: int


@comparison(
    id="performance_landscape",
    title="Performance landscape",
    family="efficiency",
    needs=Needs(series=(TOKENS_PER_SECOND,), optional=(UTILISATION,)),
    somewhere=Needs(series=(ACCURACY,)),
    options={"accuracy": SeriesName(ACCURACY, "the score that is the height"), "view": ("3d", "flat")},
    scene=True,
    twin={"view": "flat"},
    absent="Throughput and accuracy are not both there. Use run.throughput(…), and log val/accuracy.",
)
def performance_landscape(runs: tuple[RunData, ...], *, theme: Theme, accuracy: str, view: str) -> Drawing:
    """Model FLOP utilisation, tokens per second and accuracy of every stage of every run.

    What it shows: one point for each evaluation, at the utilisation and speed last measured before it; the last
    evaluation of each stage is the large one. Colour and shape say which stage it was.

    How to read it: up is better, right is faster, and far along the MFU axis the device is well used. A run that is
    fast and low gave up quality for speed, one that is high and slow may afford a smaller model; a stage whose points
    lie at low MFU and low speed waits for something, see `step_time`.

    What it does not show: points whose MFU is not known, because nobody knows the peak of their device; they are
    counted, drawn hollow in the flat view, and never set to 0. Speeds of different models or devices do not compare.
    """
    most = evaluations_of_each(sum(len(stretches(run)) for run in runs))
    found = [one for run in runs for one in efforts(run, accuracy, most)]
    if not found:
        return Refused(
            f"No evaluation was recorded beside the throughput: {named(accuracy)}. Log an accuracy as val/accuracy."
        )
    has_peak = [np.isfinite(one.utilisation) for one in found]
    if view == "3d" and not any(known.any() for known in has_peak):
        return Refused(
            "No MFU was recorded, and none is made up. Use run.throughput(model=…, seq_len=…) on a device whose peak "
            "is known, log train/mfu, or choose view=flat."
        )
    drawn = _flat(found, theme) if view == "flat" else _scene(found, theme)
    return Drawn(drawn, "measured", _notes(found, view))


def efforts(run: RunData, accuracy: str, most: int = EVALUATIONS_MAX) -> list[Efforts]:
    """The evaluations of each stage that has any, at most `most` evenly chosen ones."""
    score, speed = first_series(run, accuracy), first_series(run, TOKENS_PER_SECOND)
    if score is None or speed is None:
        return []
    utilisation = first_series(run, UTILISATION)
    steps, values = last_of_each_step(score)
    keep = np.isfinite(values)
    steps, values = steps[keep], values[keep]
    found = []
    for stretch in stretches(run):
        every = np.flatnonzero(stretch.holds(steps))
        inside = every[evenly_chosen(len(every), most)]
        at = steps[inside]
        used = as_of(at, in_percent(utilisation)[0])[0] if utilisation is not None else np.full(len(at), np.nan)
        fast = as_of(at, speed)[0]
        known = np.isfinite(fast)
        if known.any():
            used = np.where(np.isfinite(used), used, np.nan)
            found.append(
                Efforts(
                    run.name or run.run_id,
                    stretch.name,
                    at[known],
                    used[known],
                    fast[known],
                    values[inside][known],
                    len(every),
                )
            )
    return found


def _notes(found: Sequence[Efforts], view: str) -> tuple[str, ...]:
    points = sum(len(one.steps) for one in found)
    without = sum(int(np.isnan(one.utilisation).sum()) for one in found)
    names = {one.run for one in found}
    shown = shown_of(points - without * (view == "3d"), sum(one.evaluations for one in found), "evaluation")
    notes = [f"{shown} of {counted(len(names), 'run')}"]
    if without:
        notes.append(f"{'Hollow' if view == 'flat' else 'Not drawn'}, without a known MFU: {without:,}.")
    return tuple(notes)


def _scene(found: Sequence[Efforts], theme: Theme) -> Canvas:
    drawn = Canvas()
    known = [one for one in found if np.isfinite(one.utilisation).any()]
    for stage in in_order(one.stage for one in known):
        mine = [one for one in known if one.stage == stage]
        drawn.add_scatter3d(
            x=thin(np.concatenate([one.utilisation for one in mine])),
            y=thin(np.concatenate([one.speed for one in mine])),
            z=thin(np.concatenate([one.accuracy for one in mine])), mode="markers", name=shortened(stage),
            customdata=np.concatenate([one.steps for one in mine]).astype(np.float64), text=_texts(mine),
            marker={
                "size": np.concatenate([_sizes(one) for one in mine]), "color": stage_colour(stage), "opacity": 0.9,
                "symbol": stage_symbol(stage), "line": {"width": 0},
            },
            hovertemplate="%{text} · step %{customdata:,}<br>MFU %{x:.1f} %<br>%{y:,.4~s} tokens/s<br>"
            "accuracy %{z:.4f}<extra></extra>",
        )  # fmt: skip
    lay_out(
        drawn, x=axis_of("MFU, %", *(one.utilisation for one in known)), camera=DYNAMICS_CAMERA,
        y=axis_of("tokens/s", *(one.speed[np.isfinite(one.utilisation)] for one in known), tick_format="~s"),
        z=axis_of("accuracy", *(one.accuracy[np.isfinite(one.utilisation)] for one in known)),
    )  # fmt: skip
    drawn.update_layout(showlegend=True, legend={"itemsizing": "constant", "x": 0, "y": 0.98})
    return drawn


def _flat(found: Sequence[Efforts], theme: Theme) -> Canvas:
    drawn = Canvas()
    for stage in in_order(one.stage for one in found):
        mine = [one for one in found if one.stage == stage]
        used = np.concatenate([one.utilisation for one in mine])
        symbols = [stage_symbol(stage, is_hollow=bool(hollow)) for hollow in np.isnan(used)]
        drawn.add_scatter(
            x=thin(np.concatenate([one.speed for one in mine])), y=thin(np.concatenate([one.accuracy for one in mine])),
            mode="markers", name=shortened(stage), text=_texts(mine), customdata=thin(used),
            marker={
                "size": 1.4 * np.concatenate([_sizes(one) for one in mine]), "color": stage_colour(stage),
                "symbol": symbols, "line": {"width": 0.5, "color": theme.ground},
            },
            hovertemplate="%{text}<br>%{x:,.4~s} tokens/s<br>accuracy %{y:.4f}<br>MFU %{customdata:.1f} %"
            "<extra></extra>",
        )  # fmt: skip
    drawn.update_layout(
        showlegend=True,
        xaxis={"title": {"text": "tokens/s"}, "tickformat": "~s"},
        yaxis={"title": {"text": "accuracy"}},
    )
    return drawn


def _sizes(one: Efforts) -> Floats:
    px = np.full(len(one.steps), float(EARLIER_PX))
    px[-1] = LAST_PX
    return px


def _texts(found: Sequence[Efforts]) -> list[str]:
    return [shortened(one.run) for one in found for _ in one.steps]
