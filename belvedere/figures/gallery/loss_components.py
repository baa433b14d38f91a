"""What the loss is made of: its components one above the other, or their shares."""

from dataclasses import dataclass

import numpy as np

from belvedere.analysis.joins import finite_rows, joined, thinned_rows
from belvedere.analysis.losses import is_evaluation
from belvedere.core.query import Needs
from belvedere.core.series import Floats, Ints, RunData, Series
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.lines import add_curve, add_stages, curve_notes, curve_of, lay_out_lines
from belvedere.figures.scene import thin
from belvedere.figures.theme import LINE_PX, Theme, faded, shortened, step_axis
from belvedere.figures.words import counted

COMPONENTS = "loss/*|loss_*|train/loss/*|train/loss_*|train_loss_*|*/loss_*|*_loss"
TOTALS = ("total", "sum", "all", "loss")
POINTS = 1000
DOMINANT = 0.8  # share of the whole from which on one component drowns the others


@dataclass(frozen=True, eq=False)
class Components:
    """keys (k,) · steps (n,) that all of them have · values (k, n) float64, means where there were more than POINTS
    counts (n,): the steps that each column stands for
    left_out: keys that are sometimes negative, and so cannot be stacked"""

    keys: tuple[str, ...]
    steps: Ints
    values: Floats
    counts: Ints
    left_out: tuple[str, ...]


@figure(
    id="loss_components",
    title="Loss components",
    family="loss",
    needs=Needs(series=(COMPONENTS,)),
    options={"view": ("area", "shares", "lines")},
    absent="No components of the loss were recorded. Log each under loss/, such as loss/image.",
)
def loss_components(data: RunData, *, theme: Theme, view: str) -> Drawing:
    """The components of the loss, stacked, as shares of their sum, or as lines.

    What it shows: every series loss/… or loss_… that is not the total, at the steps that all of them have, as they were
    logged (weights included when they were logged weighted). Over 1,000 steps each point is a mean of its stretch.

    How to read it: in `shares` a component that fills over 80 % drowns the others: the note names it. Lower its weight,
    or raise the weight of what should be learned. A component that stays flat while the sum falls is not being learned.

    What it does not show: which component moves the weights. A small loss can have a large gradient; compare the
    gradient norms of the components for that. Components that are sometimes negative cannot be stacked and are only
    drawn in `lines`.
    """
    parts = [series for key, series in data.series.items() if len(series) and _is_component(key)]
    if len(parts) < 2:
        return Refused(
            "One component of the loss is no composition. Log at least two, such as loss/image and loss/caption."
        )
    if view == "lines":
        return _lines(parts, data, theme)
    found = components_of(parts)
    if len(found.keys) < 2 or not len(found.steps):
        return Refused(
            "Fewer than two components are non-negative and share a step, so they cannot be stacked. Choose view=lines."
        )
    whole = found.values.sum(axis=0)
    shares = np.divide(found.values, whole, out=np.full_like(found.values, np.nan), where=whole > 0)
    heights = 100 * shares if view == "shares" else found.values
    drawn = Canvas()
    for index, (key, row) in enumerate(zip(found.keys, heights)):
        colour = theme.lines[index % len(theme.lines)]
        drawn.add_scatter(
            x=thin(found.steps), y=thin(row), name=shortened(key), stackgroup="loss", mode="lines",
            line={"color": colour, "width": LINE_PX}, fillcolor=faded(colour, 0.5),
            hovertemplate=f"{shortened(key)} %{{y:.4~g}}{' %' if view == 'shares' else ''}<extra></extra>",
        )  # fmt: skip
    add_stages(drawn, data.stages, theme)
    y_axis: dict[str, object] = {
        "title": {"text": "share of the loss" if view == "shares" else "loss"},
        "rangemode": "tozero",
    }
    y_axis |= {"ticksuffix": " %", "range": [0, 100]} if view == "shares" else {"tickformat": ".4~g"}
    lay_out_lines(drawn, x_axis=step_axis(int(found.steps[0]), int(found.steps[-1])), y_axis=y_axis)
    return Drawn(drawn, "measured", _notes(found, shares))


def components_of(parts: list[Series]) -> Components:
    """The components at their common finite steps, without those that are ever negative."""
    rows = finite_rows(joined(*parts))
    stackable = [bool((row >= 0).all()) for row in rows.columns]
    kept = [series for series, is_kept in zip(parts, stackable) if is_kept]
    left_out = tuple(series.key for series, is_kept in zip(parts, stackable) if not is_kept)
    if len(kept) < 2:
        nothing = np.zeros((len(kept), 0))
        return Components(tuple(one.key for one in kept), rows.steps[:0], nothing, rows.counts[:0], left_out)
    thinned = finite_rows(thinned_rows(finite_rows(joined(*kept)), POINTS))
    return Components(tuple(one.key for one in kept), thinned.steps, thinned.columns, thinned.counts, left_out)


def _is_component(key: str) -> bool:
    last = key.replace("_", "/").rpartition("/")[2]
    return not (is_evaluation(key) or last in TOTALS) or (key.endswith("_loss") and not is_evaluation(key))


def _lines(parts: list[Series], data: RunData, theme: Theme) -> Drawing:
    curves = [curve_of(series) for series in parts]
    drawn = Canvas()
    for index, curve in enumerate(curves):
        add_curve(drawn, curve, colour=theme.lines[index % len(theme.lines)], theme=theme)
    add_stages(drawn, data.stages, theme)
    first, last = min(int(one.steps[0]) for one in parts), max(int(one.steps[-1]) for one in parts)
    y_axis: dict[str, object] = {"title": {"text": "loss"}, "tickformat": ".4~g"}
    lay_out_lines(drawn, x_axis=step_axis(first, last), y_axis=y_axis)
    return Drawn(drawn, "measured", curve_notes(curves))


def _notes(found: Components, shares: Floats) -> tuple[str, ...]:
    most = int(found.counts.max(initial=1))
    each = f", each point the mean of up to {most:,} steps" if most > 1 else ""
    notes = [f"{len(found.keys)} components at {counted(int(found.counts.sum()), 'common step')}{each}"]
    if found.left_out:
        names = ", ".join(shortened(key) for key in found.left_out)
        notes.append(f"Not stacked, because sometimes negative: {names}.")
    usual = np.nanmedian(shares, axis=1) if np.isfinite(shares).any() else np.zeros(len(found.keys))
    if usual.max() > DOMINANT:
        key = found.keys[int(usual.argmax())]
        notes.append(f"{shortened(key)} is {100 * usual.max():.0f} % of the loss in the median: it drowns the others.")
    return tuple(notes)
