"""What figures of predictions share: which table is meant, which snapshot of it, and one curve for each class."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.classification import Curve, Predictions, predictions_of
from belvedere.analysis.contents import table
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.query import evenly_chosen
from belvedere.core.series import Floats, RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.figure import Refused
from belvedere.figures.options import Chosen, Number, Option, Word
from belvedere.figures.scene import thin
from belvedere.figures.theme import LINE_PX, Theme, shortened
from belvedere.figures.words import counted, sentence

STEP_AND_TABLE: Mapping[str, Option] = {
    "step": Number(None, 0, 2**53, what="the evaluation at or before this step; the last one unless chosen"),
    "key": Word("", "the table of predictions, when it has another name"),
}
PREDICTIONS = "table:evaluation/predictions|table:predictions|table:*/predictions"
ABSENT = "No predictions were recorded. Log a Table with label, prediction and score:<class> as evaluation/predictions."
CLASSES_MAX = 12  # curves that can be told apart
CURVE_POINTS_MAX = 2000

CurveOf = Callable[[NDArray[np.bool_], Floats], Curve]


@dataclass(frozen=True, eq=False)
class ClassCurve:
    """The curve of one class against all others."""

    name: str
    curve: Curve


def media_for(options: Mapping[str, Chosen]) -> tuple[str, ...]:
    """The table that the option `key` names, or the usual ones."""
    return (f"table:{options['key']}",) if options["key"] else (PREDICTIONS,)


def snapshots(data: RunData) -> list[tuple[int, Predictions]] | Refused:
    """(step, predictions) of each table that can be read; the reason where none can."""
    found, reasons = [], []
    for media in next(iter(data.media.values()), ()):
        try:
            read = predictions_of(table(media))
        except (NotFound, UsageError) as error:
            reasons.append(sentence(str(error)))
            continue
        if len(read.labels):
            found.append((media.step, read))
    return found or Refused(reasons[-1] if reasons else "The table of predictions has no row with a label.")


def at_step(found: Sequence[tuple[int, Predictions]], step: int | None) -> tuple[int, Predictions]:
    """The snapshot of that step or the last one before it; the last of all where none was asked for."""
    before = [snapshot for snapshot in found if step is None or snapshot[0] <= step]
    return before[-1] if before else found[0]


def class_curves(found: Predictions, curve_of: CurveOf) -> list[ClassCurve]:
    """One curve for each class that has scores and both kinds of examples; of two classes the second one's only, which
    says all."""
    places = [place for place in range(len(found.classes)) if np.isfinite(found.scores[:, place]).any()]
    if len(found.classes) == 2 and len(places) == 2:
        places = places[1:]
    curves = [
        ClassCurve(found.classes[place], curve_of(found.labels == place, found.scores[:, place])) for place in places
    ]
    return [one for one in curves if np.isfinite(one.curve.area) and one.curve.positives]


def add_class_curves(
    drawn: Canvas, curves: Sequence[ClassCurve], *, theme: Theme, shape: str, measure: str, hover: str
) -> None:  # fmt: skip
    """The curves, the smallest areas first: they are the ones to look at. `shape` is Plotly's line shape."""
    ordered = sorted(curves, key=lambda one: one.curve.area)[:CLASSES_MAX]
    dashes = ("solid", "dash", "dot")
    for index, one in enumerate(ordered):
        places = evenly_chosen(len(one.curve.x), CURVE_POINTS_MAX)
        name = shortened(one.name, characters=20)
        drawn.add_scatter(
            x=thin(one.curve.x[places]), y=thin(one.curve.y[places]), mode="lines",
            customdata=thin(one.curve.thresholds[places]), name=f"{name}  {measure} {one.curve.area:.3f}",
            hovertemplate=f"{name} · {hover} · score ≥ %{{customdata:.4~g}}<extra></extra>",
            line={
                "shape": shape, "width": LINE_PX + 0.5, "color": theme.lines[index % len(theme.lines)],
                "dash": dashes[index // len(theme.lines) % len(dashes)],
            },
        )  # fmt: skip


def lay_out_unit_square(drawn: Canvas, *, x: str, y: str) -> None:
    """Both axes from 0 to 1, and a legend beside them."""
    ends = {"range": [-0.01, 1.01], "tickformat": ".1f", "constrain": "domain"}
    drawn.update_layout(
        xaxis=ends | {"title": {"text": x}}, yaxis=ends | {"title": {"text": y}, "scaleanchor": "x"},
        legend={"x": 1.02, "y": 1.0, "yanchor": "top"}, showlegend=True,
    )  # fmt: skip


def curve_notes(step: int, found: Predictions, curves: Sequence[ClassCurve], mean: str) -> tuple[str, ...]:
    """Of what the curves are made, and what was not drawn."""
    areas = [one.curve.area for one in curves]
    notes = [
        f"step {step:,}, {counted(len(found.labels), 'example')}, {counted(len(found.classes), 'class', 'classes')}"
    ]
    if len(curves) > 1:
        notes[0] += f" · {mean} over classes {np.mean(areas):.3f}"
    if len(curves) > CLASSES_MAX:
        notes.append(f"The {CLASSES_MAX} classes with the smallest areas of {len(curves)} are drawn.")
    if any(len(one.curve.x) > CURVE_POINTS_MAX for one in curves):
        notes.append(f"Drawn with {CURVE_POINTS_MAX:,} points of each curve; areas are of all.")
    skipped = len(found.classes) - len(curves) if len(found.classes) > 2 else 0
    if skipped:
        notes.append(f"Classes without a curve, for want of scores or of examples of both kinds: {skipped}.")
    return tuple(notes)
