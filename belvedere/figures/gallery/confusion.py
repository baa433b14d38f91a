"""Which classes are taken for which, counted."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.analysis.classification import Predictions, confusion_counts
from belvedere.core.query import Needs, evenly_chosen
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.classes import ABSENT, PREDICTIONS, media_for, snapshots
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.moving import with_frames
from belvedere.figures.options import Word
from belvedere.figures.theme import SPREAD_SCALE, Theme, colour_bar, shortened
from belvedere.figures.words import counted

CLASSES_MAX = 100
WRITTEN_CLASSES_MAX = 20  # more cells are too small for their numbers
FRAMES_MAX = 30
SENT_CELLS = 40_000


@figure(
    id="confusion",
    title="Confusion matrix",
    family="evaluation",
    needs=Needs(media=(PREDICTIONS,)),
    media_for=media_for,
    options={"cells": ("counts", "shares"), "key": Word("", "the table of predictions, when it has another name")},
    absent=ABSENT,
)
def confusion(data: RunData, *, theme: Theme, cells: str, key: str) -> Drawing:
    """How often each true class was taken for each other one.

    What it shows: a row for each true class, a column for each predicted one. `counts` are examples; `shares` divide
    each row by its sum, so that a row says what becomes of one class. The slider goes through the logged evaluations.

    How to read it: the diagonal is right. A bright cell off it is one confusion to look at: print those examples. A
    bright column is a class that is predicted for everything; a dark diagonal cell with a row spread evenly is a class
    that was not learned. Two bright cells that mirror each other are a pair the model cannot tell apart.

    What it does not show: how sure the model was. Rare classes hardly show in `counts`: look at `shares`, and at how
    many examples the row rests on.
    """
    found = snapshots(data)
    if isinstance(found, Refused):
        return found
    classes = found[-1][1].classes
    if len(classes) > CLASSES_MAX:
        return Refused(f"{len(classes):,} classes are more than a matrix can show; {CLASSES_MAX} at most can be drawn.")
    alike = [snapshot for snapshot in found if snapshot[1].classes == classes]
    kept = [alike[place] for place in evenly_chosen(len(alike), _frames_that_fit(len(classes)))]
    counts = {step: confusion_counts(predictions) for step, predictions in kept}
    last_step, last = next(reversed(counts.items()))
    shares = {step: row_shares(matrix) for step, matrix in counts.items()}
    shown: dict[int, NDArray[np.generic]] = dict(shares if cells == "shares" else counts)
    drawn = _matrix(shown, counts, shares, classes, cells, theme)
    return Drawn(drawn, "measured", _notes(last_step, last, kept[-1][1], len(found) - len(alike)))


def row_shares(counts: NDArray[np.int64]) -> Floats:
    """Each row divided by its sum; NaN for a class without examples."""
    sums = counts.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(counts, sums, out=np.full(counts.shape, np.nan), where=sums > 0)
    return shares


def _frames_that_fit(classes: int) -> int:
    return max(2, min(FRAMES_MAX, SENT_CELLS // max(1, classes * classes)))


def _matrix(
    shown: dict[int, NDArray[np.generic]], counts: dict[int, NDArray[np.int64]], shares: dict[int, Floats],
    classes: Sequence[str], cells: str, theme: Theme,
) -> Canvas:  # fmt: skip
    names = [shortened(name, characters=20) for name in classes]
    places = np.arange(len(names))
    highest = 1.0 if cells == "shares" else float(max(matrix.max(initial=1) for matrix in counts.values()))
    is_written = len(names) <= WRITTEN_CLASSES_MAX
    steps = list(shown)
    content = {step: _content(shown[step], counts[step], shares[step], cells, is_written) for step in steps}
    drawn = Canvas(
        go.Heatmap(
            x=places, y=places, **content[steps[-1]], colorscale=SPREAD_SCALE, zmin=0, zmax=highest, xgap=1, ygap=1,
            texttemplate="%{text}" if is_written else None,
            colorbar=colour_bar(theme, "share" if cells == "shares" else "examples") | {"len": 1.0},
            hovertemplate="%{y} taken for %{x} · %{customdata[0]:,} examples, %{customdata[1]:.1%}<extra></extra>",
        )
    )  # fmt: skip
    if len(steps) > 1:
        with_frames(drawn, {step: [content[step]] for step in steps}, [0])
    axis = {"tickmode": "array", "tickvals": places, "ticktext": names, "showgrid": False, "constrain": "domain"}
    drawn.update_xaxes(axis | {"title": {"text": "predicted"}})
    drawn.update_yaxes(axis | {"title": {"text": "true"}, "autorange": "reversed", "scaleanchor": "x"})
    return drawn


def _content(
    shown: NDArray[np.generic], counts: NDArray[np.int64], shares: Floats, cells: str, is_written: bool
) -> dict[str, object]:  # fmt: skip
    """What changes with the step; empty cells carry no number, so that the others are seen."""
    told = np.stack([counts.astype(np.float32), shares.astype(np.float32)], axis=-1)
    content: dict[str, object] = {"z": shown.astype(np.float32), "customdata": told}
    if is_written:
        rows = zip(counts.tolist(), shares.tolist())
        content["text"] = [
            [("" if not count else f"{share:.0%}" if cells == "shares" else f"{count:,}") for count, share in zip(*row)]
            for row in rows
        ]
    return content


def _notes(step: int, counts: NDArray[np.int64], found: Predictions, unlike: int) -> tuple[str, ...]:
    total = int(counts.sum())
    accuracy = f", {np.trace(counts) / total:.1%} right" if total else ""
    notes = [f"step {step:,}, {counted(total, 'example')}{accuracy}"]
    off = counts - np.diag(np.diag(counts))
    if off.any():
        row, column = np.unravel_index(int(off.argmax()), off.shape)
        truth, guess = (shortened(found.classes[int(place)], characters=20) for place in (row, column))
        notes.append(f"Most often mistaken: {truth} for {guess}, {int(off.max()):,} of {int(counts[row].sum()):,}.")
    if len(found.labels) > total:
        notes.append(f"Examples without a prediction, in no cell: {len(found.labels) - total:,}.")
    if unlike:
        notes.append(f"Evaluations left out, with other classes: {unlike}.")
    return tuple(notes)
