"""Precision-recall curves of a classifier, one class against the rest."""

import numpy as np

from belvedere.analysis.classification import precision_recall
from belvedere.core.query import Needs
from belvedere.core.series import RunData
from belvedere.figures.canvas import Canvas
from belvedere.figures.classes import (
    ABSENT,
    PREDICTIONS,
    STEP_AND_TABLE,
    add_class_curves,
    at_step,
    class_curves,
    curve_notes,
    lay_out_unit_square,
    media_for,
    snapshots,
)
from belvedere.figures.figure import Drawing, Drawn, Refused, figure
from belvedere.figures.theme import Theme


@figure(
    id="pr_curve",
    title="Precision and recall",
    family="evaluation",
    needs=Needs(media=(PREDICTIONS,)),
    media_for=media_for,
    options=STEP_AND_TABLE,
    absent=ABSENT,
)
def pr_curve(data: RunData, *, theme: Theme, step: int | None, key: str) -> Drawing:
    """How many of those called positive are positive, against how many of the positives are found.

    What it shows: for each class against the rest, one step for every distinct score, the strictest threshold at the
    left. Nothing is interpolated: between two thresholds no other operating point exists. The number in the legend is
    the average precision, the sum of the steps. The dotted line is the share of positives, which guessing reaches.

    How to read it: choose the recall you need and read what it costs. A curve that falls at once has its highest scores
    on the wrong examples; one that holds until the end separates the class. Compare a class with its own dotted level,
    never with another class: rare classes start lower.

    What it does not show: the negatives that were rightly left alone, and whether scores are probabilities. The first
    steps rest on few examples and jump.
    """
    found = snapshots(data)
    if isinstance(found, Refused):
        return found
    at, predictions = at_step(found, step)
    curves = class_curves(predictions, precision_recall)
    if not curves:
        return Refused(
            f"The {len(predictions.labels):,} examples at step {at:,} have no scores, or no positive ones, so there is "
            "no curve. Log a column score:<class> for each class."
        )
    shares = [one.curve.positives / (one.curve.positives + one.curve.negatives) for one in curves]
    drawn = Canvas()
    level = np.array([np.mean(shares)] * 2)
    drawn.add_scatter(
        x=np.array([0.0, 1.0]), y=level, mode="lines", name=f"guessing  AP {level[0]:.3f}", hoverinfo="skip",
        line={"color": theme.strong_line, "width": 1, "dash": "dot"},
    )  # fmt: skip
    hover = "recall %{x:.1%}, precision %{y:.1%}"
    # The step stands left of its point: to gain recall, the precision of the milder threshold is what is had.
    add_class_curves(drawn, curves, theme=theme, shape="vh", measure="AP", hover=hover)
    lay_out_unit_square(drawn, x="recall", y="precision")
    return Drawn(drawn, "measured", curve_notes(at, predictions, curves, "mean AP"))
