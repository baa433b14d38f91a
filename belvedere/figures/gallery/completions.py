"""What the policy answered in reinforcement learning, what it was paid, and how it compares with its group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, Ints, Media, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_frames
from belvedere.figures.options import Chosen, Number, Word
from belvedere.figures.scene import thin
from belvedere.figures.tables import column_of, plain, readable_tables, text_table
from belvedere.figures.theme import LINE_PX, Theme, faded, step_axis
from belvedere.figures.words import counted

TABLES = "table:completions|table:*/completions|table:rollouts"
PROMPTS = ("prompt", "question", "input")
COMPLETIONS = ("completion", "output", "response")
ANSWERS = ("answer", "target", "correct")
HEADER = ("prompt", "completion", "answer", "reward", "advantage")
STEPS_MAX = 40
ROWS_MAX = 50
TABLE_TOP = 0.62  # of the height; the strip stands above


@dataclass(frozen=True)
class Completion:
    """One answer of the policy; reward and advantage NaN where they were not logged."""

    step: int
    prompt: object
    completion: object
    answer: object
    reward: float
    advantage: float


@dataclass(frozen=True, eq=False)
class RewardStrip:
    """How often each reward was given at each step: steps (p,) int64, rewards (p,) float64, counts (p,) int64; and the
    mean of each step: mean_steps (s,), means (s,)."""

    steps: Ints
    rewards: Floats
    counts: Ints
    mean_steps: Ints
    means: Floats


def _media_for(options: Mapping[str, Chosen]) -> tuple[str, ...]:
    return (f"table:{options['key']}",) if options["key"] else (TABLES,)


@figure(
    id="completions",
    title="Completions",
    family="rewards",
    needs=Needs(media=(TABLES,)),
    media_for=_media_for,
    options={
        "rows": Number(10, 1, ROWS_MAX, what="completions at a step"),
        "key": Word("", "the table of completions, when it has another name"),
    },
    absent="No completions were recorded. Log a Table with prompt, completion, answer, reward and advantage as "
    "completions.",
)
def completions(data: RunData, *, theme: Theme, rows: int, key: str) -> Drawing:
    """Answers of the policy at the step under the slider, with reward and advantage, over the rewards of all steps.

    What it shows: above, the rewards of the logged completions by step; the area of a point is how many had that
    reward, the line is their mean. Below, the completions of one step: those of one prompt together, the best first.
    The advantage is the reward against the mean of its group, as it was logged; blue is better than the group, red
    worse.

    How to read it: a group whose advantages are all 0 (all right, or all wrong) teaches nothing. Read what the highest
    rewards have in common: when it is not what you want, the reward is being gamed. Answers that grow long without
    ending, or that all become one letter, show here before they show in a curve.

    What it does not show: completions that were not logged. Few are kept of each step, so the line is noisier than the
    reward curve of the run.
    """
    found, reason = completions_of([media for values in data.media.values() for media in values])
    if not found:
        return Refused(reason or "The table of completions has no row.")
    steps = list(found)
    kept = [steps[place] for place in evenly_chosen(len(steps), STEPS_MAX)]
    drawn = Canvas()
    strip = reward_strip([one for samples in found.values() for one in samples])
    if len(strip.steps):
        _add_strip(drawn, strip, kept[-1], theme)
    _add_table(drawn, {step: ordered(found[step])[:rows] for step in kept}, theme, has_strip=bool(len(strip.steps)))
    return Drawn(drawn, "measured", _notes(found, kept, rows))


def completions_of(values: Sequence[Media]) -> tuple[dict[int, list[Completion]], str]:
    """step -> its completions, rising; then why a table could not be read, or ""."""
    tables, reason = readable_tables(values)
    found: dict[int, list[Completion]] = {}
    for logged_at, content in tables:
        names = (("step",), PROMPTS, COMPLETIONS, ANSWERS, ("reward", "score"), ("advantage",))
        told = [column_of(content, one) for one in names]
        if told[2] is None:
            reason = f"No column completion in the table of completions; it has: {', '.join(content.columns)}."
            continue
        cells = [column if column is not None else [None] * len(content.rows) for column in told]
        here: dict[int, list[Completion]] = {}
        for step, prompt, completion, answer, reward, advantage in zip(*cells):
            at = int(step) if isinstance(step, int | float) and step == step // 1 else logged_at
            row = Completion(at, prompt, completion, answer, _number(reward), _number(advantage))
            here.setdefault(at, []).append(row)
        found |= here
    return dict(sorted(found.items())), reason


def ordered(samples: Sequence[Completion]) -> list[Completion]:
    """Groups of one prompt in the order they were logged, in each the highest reward first."""
    groups = {prompt: place for place, prompt in enumerate(dict.fromkeys(str(one.prompt) for one in samples))}
    return sorted(
        samples, key=lambda one: (groups[str(one.prompt)], -one.reward if one.reward == one.reward else 1e308)
    )


def reward_strip(samples: Sequence[Completion]) -> RewardStrip:
    """Rewards counted by step; those that are not finite are left out."""
    pairs = np.array([(one.step, one.reward) for one in samples if np.isfinite(one.reward)], np.float64).reshape(-1, 2)
    places, counts = np.unique(pairs, axis=0, return_counts=True)
    steps, inverse = np.unique(pairs[:, 0], return_inverse=True)
    sums = np.bincount(inverse.ravel(), weights=pairs[:, 1], minlength=len(steps))
    totals = np.bincount(inverse.ravel(), minlength=len(steps))
    means = sums / np.maximum(totals, 1)
    return RewardStrip(places[:, 0].astype(np.int64), places[:, 1], counts, steps.astype(np.int64), means)


def _number(cell: object) -> float:
    return float(cell) if isinstance(cell, int | float) else float("nan")


def _add_strip(drawn: Canvas, strip: RewardStrip, now: int, theme: Theme) -> None:
    colour = theme.lines[0]
    drawn.add_scatter(
        x=thin(strip.steps), y=thin(strip.rewards), mode="markers", showlegend=False, customdata=thin(strip.counts),
        hovertemplate="step %{x} · reward %{y:.3~g} · %{customdata} completions<extra></extra>",
        marker={
            "color": faded(colour, 0.5), "size": thin(strip.counts.astype(np.float64)), "sizemode": "area",
            "sizeref": float(2.0 * strip.counts.max() / 14**2), "sizemin": 2, "line": {"width": 0},
        },
    )  # fmt: skip
    drawn.add_scatter(
        x=thin(strip.mean_steps), y=thin(strip.means), mode="lines", showlegend=False, hoverinfo="skip",
        line={"color": colour, "width": LINE_PX},
    )  # fmt: skip
    low, high = float(strip.rewards.min()), float(strip.rewards.max())
    margin = 0.08 * (high - low) or 0.5
    drawn.add_scatter(
        **_now(now, low - margin, high + margin), mode="lines", showlegend=False, hoverinfo="skip", name="now",
        line={"color": theme.accent, "width": 1.5},
    )  # fmt: skip
    drawn.update_layout(
        xaxis=step_axis(int(strip.steps[0]), int(strip.steps[-1])),
        yaxis={
            "title": {"text": "reward"}, "domain": [TABLE_TOP + 0.12, 1.0], "nticks": 3,
            "range": [low - margin, high + margin],
        },
    )  # fmt: skip


def _now(step: int, low: float, high: float) -> dict[str, NDArray[np.generic]]:
    return {"x": np.array([step, step]), "y": np.array([low, high])}


def _add_table(
    drawn: Canvas, found: Mapping[int, Sequence[Completion]], theme: Theme, *, has_strip: bool
) -> None:  # fmt: skip
    steps = list(found)
    cells = {step: {"values": _columns(found[step]), "font": {"color": _inks(found[step], theme)}} for step in steps}
    shown = text_table(
        HEADER, _columns(found[steps[-1]]), widths=[28, 34, 14, 9, 10], theme=theme,
        is_text=[True, True, True, False, False],
    )  # fmt: skip
    shown.cells.font.color = _inks(found[steps[-1]], theme)
    shown.domain = {"y": [0.0, TABLE_TOP if has_strip else 1.0]}
    drawn.add_trace(shown)
    if len(steps) > 1:
        strip = [len(drawn.data) - 2] if has_strip else []
        frames: dict[int, list[dict[str, object]]] = {}
        for step in steps:
            now: list[dict[str, object]] = [{"x": np.array([step, step])}] if has_strip else []
            frames[step] = [*now, {"cells": cells[step]}]
        with_frames(drawn, frames, [*strip, len(drawn.data) - 1])
    drawn.update_layout(margin={"l": 64, "r": 24, "b": 16})


def _columns(samples: Sequence[Completion]) -> list[list[str]]:
    return [
        [plain(one.prompt) for one in samples],
        [plain(one.completion) for one in samples],
        [plain(one.answer, characters=40) for one in samples],
        [_told(one.reward) for one in samples],
        [_told(one.advantage, sign="+") for one in samples],
    ]


def _told(number: float, *, sign: str = "") -> str:
    return f"{number:{sign}.3g}" if np.isfinite(number) else "–"


def _inks(samples: Sequence[Completion], theme: Theme) -> list[list[str]]:
    """The colour of each cell, by column: advantages better than the group are blue, worse ones red."""
    plain_ink = [theme.ink] * len(samples)
    signed = [
        theme.info if one.advantage > 0 else theme.critical if one.advantage < 0 else theme.second for one in samples
    ]
    return [plain_ink, plain_ink, plain_ink, plain_ink, signed]


def _notes(found: Mapping[int, Sequence[Completion]], kept: Sequence[int], rows: int) -> tuple[str, ...]:
    count = sum(len(samples) for samples in found.values())
    notes = [f"{counted(count, 'completion')} of {counted(len(found), 'step')}"]
    if len(kept) < len(found):
        notes.append(f"The slider stops at {len(kept)} of the {len(found):,} steps, evenly chosen.")
    if any(len(found[step]) > rows for step in kept):
        notes.append(f"The first {rows} of each step are shown.")
    return tuple(notes)
