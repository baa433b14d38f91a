"""ROC curves of a classifier, one class against the rest."""

import numpy as np

from belvedere.analysis.classification import roc as roc_curve
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
    id="roc",
    title="ROC curves",
    family="evaluation",
    needs=Needs(media=(PREDICTIONS,)),
    media_for=media_for,
    options=STEP_AND_TABLE,
    absent=ABSENT,
)
def roc(data: RunData, *, theme: Theme, step: int | None, key: str) -> Drawing:
    """Share of the positives found against share of the negatives mistaken, at every threshold of the score.

    What it shows: for each class against the rest, one corner for every distinct score, joined by straight lines; equal
    scores are one slanted piece. The number in the legend is the area under the curve. Of two classes one is drawn, the
    other one's curve is its mirror image.

    How to read it: the area is the chance that a positive example scores higher than a negative one, ties counted half:
    0.5 is the diagonal, guessing; 1 is perfect; under 0.5 the score points the wrong way. Read the left end: how many
    are found before the first mistakes. A curve with few corners comes from few examples.

    What it does not show: whether the scores are probabilities, and what happens when positives are rare: a tiny rate
    of false positives can still be more mistakes than hits. Look at the precision-recall curves then.
    """
    found = snapshots(data)
    if isinstance(found, Refused):
        return found
    at, predictions = at_step(found, step)
    curves = class_curves(predictions, roc_curve)
    if not curves:
        return Refused(
            f"The {len(predictions.labels):,} examples at step {at:,} have no scores, or none of both kinds, so there "
            "is no curve. Log a column score:<class> for each class."
        )
    drawn = Canvas()
    ends = np.array([0.0, 1.0])
    drawn.add_scatter(
        x=ends, y=ends, mode="lines", name="guessing  AUC 0.500", hoverinfo="skip",
        line={"color": theme.strong_line, "width": 1, "dash": "dot"},
    )  # fmt: skip
    hover = "%{y:.1%} found, %{x:.1%} mistaken"
    add_class_curves(drawn, curves, theme=theme, shape="linear", measure="AUC", hover=hover)
    lay_out_unit_square(drawn, x="false positive rate", y="true positive rate")
    return Drawn(drawn, "measured", curve_notes(at, predictions, curves, "mean AUC"))
