"""Runs as lines through their hyper-parameters, with how much each of those explains of the outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.columns import NOT_SET, Column, column
from belvedere.analysis.facts import varying
from belvedere.analysis.importance import Importance, importances
from belvedere.analysis.outcomes import NEEDED, Outcome, outcomes
from belvedere.core.query import Needs
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, comparison
from belvedere.figures.options import Word
from belvedere.figures.scene import thin
from belvedere.figures.theme import MONO_FONT, SMALL_PX, Theme, colour_bar, faded, shortened
from belvedere.figures.words import counted

AXES_MAX = 9
CATEGORIES_MAX = 12  # with more, such an entry names the run instead of describing it
BARS_MAX = 9
TICKS = 5
VIRIDIS = ("#440154", "#414487", "#2A788E", "#22A884", "#7AD151", "#FDE725")
SURE = 0.05  # a bar is filled when chance does as well less often


@dataclass(frozen=True, eq=False)
class Comparison:
    """Columns of the runs (r,) that have an outcome, the most important first."""

    columns: tuple[Column, ...]
    outcome: Outcome
    importances: tuple[Importance, ...]
    why_none: str
    runs: int
    left_out: int
    dropped: int


@comparison(
    id="parallel_coordinates",
    title="Hyper-parameters and outcome",
    family="runs",
    needs=Needs(optional=NEEDED),
    options={"objective": Word("", "config, summary or series; the best accuracy, else the last loss")},
    absent="No two runs differ in their config. Give each run one: bv.init(config={…}).",
)
def parallel_coordinates(runs: tuple[RunData, ...], *, theme: Theme, objective: str) -> Drawing:
    """Every run as one line through the hyper-parameters in which the runs differ, coloured by the outcome.

    What it shows: one axis for each config entry that differs, the most important at the left, the outcome at the
    right; bright lines did well. Below, how much of the outcome's spread each entry explains alone: the share of the
    spread of ranks that lies between the entry's values, less what chance explains, which is found by 999 shuffles. The
    sign is that of the rank correlation. A filled bar is one that chance reaches in less than 5 % of the shuffles.

    How to read it: drag along an axis to keep the lines that pass there; drag an axis sideways to move it. An entry
    matters when its bright lines come together. With ten entries, one bar in twenty fills by chance alone.

    What it does not show: what entries do only together, and causes: entries that were changed together share their
    bars. With fewer than 8 runs there are no bars, because too few runs say nothing.
    """
    if len(runs) < 2:
        return Refused("It takes two runs to compare. Record another one in the same group or project.")
    found = compared(runs, objective)
    if isinstance(found, str):
        return Refused(found)
    drawn = Canvas()
    has_bars = bool(found.importances)
    _add_lines(drawn, found, theme, low=0.42 if has_bars else 0.04)
    if has_bars:
        _add_bars(drawn, found.importances, theme)
    drawn.update_layout(margin={"l": 72, "r": 72, "b": 64})
    return Drawn(drawn, "measured", _notes(found))


def compared(runs: Sequence[RunData], objective: str) -> Comparison | str:
    """What the runs differ in, sorted by importance for the outcome; a sentence where that cannot be drawn."""
    outcome = outcomes(runs, objective)
    if outcome is None:
        named = f"a number called {shortened(objective)!r}" if objective else "an accuracy or a loss"
        return f"No run has {named}, so there is no outcome to compare by. Log one, or name another objective."
    known = np.flatnonzero(np.isfinite(outcome.values)).tolist()
    kept = [runs[place] for place in known]
    if len(kept) < 2:
        return f"{len(kept)} of {counted(len(runs), 'run')} with a {shortened(outcome.title)}; it takes two to compare."
    result = Outcome(outcome.title, outcome.values[known], outcome.is_less_better)
    every = [column(kept, name) for name in varying(kept) if name != objective]
    columns = {one.name: one for one in every if 0 < len(_told(one)) <= _most(one, len(kept))}
    if not columns:
        return f"The {len(kept)} runs do not differ in their config. Give each one its own: bv.init(config={{…}})."
    rows, why = importances({name: _cells(one) for name, one in columns.items()}, result.values)
    order = [row.name for row in rows] + [name for name in columns if name not in {row.name for row in rows}]
    shown = tuple(columns[name] for name in order[:AXES_MAX])
    return Comparison(
        shown, result, tuple(rows), why, len(kept), len(runs) - len(kept), len(every) - len(shown)
    )  # fmt: skip


def _told(one: Column) -> Floats:
    """The different values there are."""
    return np.unique(one.values[np.isfinite(one.values)])


def _most(one: Column, runs: int) -> int:
    """How many different values a column may have: names of runs are no hyper-parameters."""
    return max(CATEGORIES_MAX, runs // 2) if one.categories else runs


def _cells(one: Column) -> list[object]:
    if one.categories:
        return [one.categories[int(value)] if np.isfinite(value) else None for value in one.values.tolist()]
    return [value if np.isfinite(value) else None for value in one.values.tolist()]


def _notes(found: Comparison) -> tuple[str, ...]:
    notes = [f"{found.runs} runs, outcome: {shortened(found.outcome.title, characters=40)}, bright is good"]
    if found.left_out:
        notes.append(f"Left out, because they have no finite outcome: {found.left_out}.")
    if found.dropped:
        notes.append(f"{found.dropped} more entries differ: less important ones, or names of single runs.")
    if found.why_none:
        notes.append(f"No importances: {found.why_none}")
    if tied := [row for row in found.importances[:AXES_MAX] if row.same_as]:
        names = " and ".join(shortened(name) for name in (tied[0].name, *tied[0].same_as[:2]))
        notes.append(f"{names} were always changed together: nobody can tell which of them matters.")
    return tuple(notes)


# ---- lines --------------------------------------------------------------------------------------------------------


def _add_lines(drawn: Canvas, found: Comparison, theme: Theme, *, low: float) -> None:
    last = Column(found.outcome.title, found.outcome.values)
    scale = line_scale(theme, is_less_better=found.outcome.is_less_better)
    font = {"color": theme.second, "size": SMALL_PX}
    drawn.add_parcoords(
        dimensions=[_dimension(one) for one in (*found.columns, last)],
        line={
            "color": thin(found.outcome.values), "colorscale": scale, "showscale": True,
            "colorbar": colour_bar(theme) | {"len": 1 - low, "y": (1 + low) / 2, "x": 1.03},
        },
        domain={"x": [0.0, 1.0], "y": [low, 0.93]}, labelfont={"color": theme.ink, "size": SMALL_PX}, tickfont=font,
        rangefont=font | {"color": "rgba(0,0,0,0)"}, unselected={"line": {"color": faded(theme.faint, 0.15)}},
        labelangle=-12 if len(found.columns) > 5 else 0,
    )  # fmt: skip


def line_scale(theme: Theme, *, is_less_better: bool) -> list[list[object]]:
    """Viridis for thin lines, bright being good: on a dark ground without its dark end, on a light one without its
    bright end."""
    colours = VIRIDIS[1:] if theme.name == "dark" else VIRIDIS[:-1]
    ordered = colours[::-1] if is_less_better else colours
    return [[place / (len(ordered) - 1), colour] for place, colour in enumerate(ordered)]


def _dimension(one: Column) -> dict[str, object]:
    """An axis: logarithmic where the column is, with a place of its own below for runs that have no such entry."""
    values = np.log10(one.values) if one.is_log else one.values
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    ticks, texts = _ticks(one, low, high)
    span = (high - low) or 1.0
    if high == low:
        low, high = low - 0.5, high + 0.5
    is_absent = ~np.isfinite(values)
    if is_absent.any():
        low -= 0.2 * span
        ticks, texts = [low, *ticks], [NOT_SET, *texts]
    filled: NDArray[np.float64] = np.where(is_absent, low, values)
    return {
        "label": shortened(one.name, characters=18), "values": thin(filled), "range": [low, high], "tickvals": ticks,
        "ticktext": texts,
    }  # fmt: skip


def _ticks(one: Column, low: float, high: float) -> tuple[list[float], list[str]]:
    if one.categories:
        return [float(place) for place in range(len(one.categories))], [
            shortened(name, characters=14) for name in one.categories
        ]
    different = _told(one)
    shown = np.log10(different) if one.is_log else different
    if len(different) > TICKS:
        shown = np.linspace(low, high, TICKS)
        different = 10.0**shown if one.is_log else shown
    return shown.tolist(), [f"{value:.3g}" for value in different.tolist()]


# ---- bars ---------------------------------------------------------------------------------------------------------


def _add_bars(drawn: Canvas, rows: Sequence[Importance], theme: Theme) -> None:
    shown = list(reversed(rows[:BARS_MAX]))
    names = [shortened(row.name, characters=22) for row in shown]
    colours = [theme.accent if row.p < SURE else "rgba(0,0,0,0)" for row in shown]
    drawn.add_bar(
        x=thin(np.array([row.importance for row in shown])), y=np.arange(len(shown)), orientation="h", showlegend=False,
        marker={"color": colours, "line": {"color": theme.accent, "width": 1}}, width=0.62,
        text=[f"{row.importance:.0%}  {_sign(row)}  p = {row.p:.3f}" for row in shown], textposition="outside",
        cliponaxis=False, hovertemplate="%{text}<extra></extra>", textfont={"color": theme.second, "size": SMALL_PX},
    )  # fmt: skip
    drawn.update_layout(
        xaxis={"domain": [0.12, 0.95], "range": [0, 1.12], "tickformat": ".0%", "tickvals": [0, 0.5, 1],
               "title": {"text": "share of the outcome's spread that it explains alone"}},
        yaxis={"domain": [0.0, 0.30], "tickvals": list(range(len(names))), "ticktext": names, "showgrid": False,
               "tickfont": {"family": MONO_FONT}, "range": [-0.6, max(len(names), 3) - 0.4]},
    )  # fmt: skip


def _sign(row: Importance) -> str:
    if not np.isfinite(row.correlation):
        return "category"
    return "↑ rises with it" if row.correlation > 0 else "↓ falls with it"
