"""How well scores tell classes apart: exact curves and counts, ties counted as what they are.

A table of predictions has the columns "label", "prediction", and one column "score:<class>" for each class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.contents import TableContent
from belvedere.core.errors import UsageError
from belvedere.core.series import Floats

SCORE = "score:"
LABELS = ("label", "target", "true", "y_true")
PREDICTIONS = ("prediction", "predicted", "output", "y_pred")


@dataclass(frozen=True, eq=False)
class Predictions:
    """classes (c,): as texts, in order · labels (n,), predicted (n,) int64: places in `classes`; predicted −1 where
    nothing was predicted · scores (n, c) float64, NaN for a class without scores"""

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    scores: Floats


@dataclass(frozen=True, eq=False)
class Curve:
    """x, y (m,) float64: one point for each distinct score, from the strictest threshold to the mildest
    thresholds (m,): at or above which an example counts as positive; inf at the first point
    area: under the ROC curve, or the average precision · positives, negatives: examples of each"""

    x: Floats
    y: Floats
    thresholds: Floats
    area: float
    positives: int
    negatives: int


def predictions_of(table: TableContent) -> Predictions:
    """What a table of predictions holds; UsageError says which column it lacks."""
    told = _texts(table.column(_present(table, LABELS, "label")))
    named = [name[len(SCORE) :] for name in table.columns if name.startswith(SCORE)]
    guesses = [name for name in PREDICTIONS if name in table.columns]
    guessed = _texts(table.column(guesses[0])) if guesses else [""] * len(told)
    seen = {*told, *named, *guessed} - {""}
    classes = tuple(sorted(seen, key=lambda name: (_number(name), name)))
    place = {name: index for index, name in enumerate(classes)}
    scores = np.full((len(told), len(classes)), np.nan)
    for name in named:
        scores[:, place[name]] = [_score(cell) for cell in table.column(SCORE + name)]
    if not guesses and named:  # who is scored highest is predicted
        best = np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1)
        guessed = [classes[index] for index in best]
    labels = np.array([place.get(name, -1) for name in told], dtype=np.int64)
    predicted = np.array([place.get(name, -1) for name in guessed], dtype=np.int64)
    kept = labels >= 0  # an example without a label tells nothing
    return Predictions(classes, labels[kept], predicted[kept], scores[kept])


def confusion_counts(found: Predictions) -> NDArray[np.int64]:
    """(c, c) int64: row = true class, column = predicted class; examples without a prediction are in no cell."""
    count = len(found.classes)
    kept = found.predicted >= 0
    cells = found.labels[kept] * count + found.predicted[kept]
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def roc(is_positive: NDArray[np.bool_], scores: Floats) -> Curve:
    """False positive rate (x) and true positive rate (y) at every distinct score, from (0, 0) to (1, 1). The area is
    the chance that a positive scores higher than a negative, ties counted half; NaN where one kind is missing."""
    thresholds, hits, misses, positives, negatives = _cumulated(is_positive, scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.append(0.0, misses) / negatives
        y = np.append(0.0, hits) / positives
    area = float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2)) if positives and negatives else float("nan")
    return Curve(x, y, np.append(np.inf, thresholds), area, positives, negatives)


def precision_recall(is_positive: NDArray[np.bool_], scores: Floats) -> Curve:
    """Recall (x) and precision (y) at every distinct score. The area is the average precision Σ (Rₙ − Rₙ₋₁)·Pₙ, a sum
    of steps that promises nothing between measured points; NaN without positives."""
    thresholds, hits, misses, positives, negatives = _cumulated(is_positive, scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = hits / positives, hits / (hits + misses)
    area = float(np.sum(np.diff(x, prepend=0.0) * y)) if positives else float("nan")
    return Curve(x, y, thresholds, area, positives, negatives)


def _cumulated(
    is_positive: NDArray[np.bool_], scores: Floats
) -> tuple[Floats, Floats, Floats, int, int]:  # fmt: skip
    """Distinct scores, highest first, and how many positives and negatives score at least that; then how many there
    are. Examples without a score are left out."""
    known = ~np.isnan(scores)
    order = np.argsort(-scores[known], kind="stable")
    ordered, hits = scores[known][order], np.cumsum(is_positive[known][order], dtype=np.float64)
    is_last = np.append(ordered[1:] != ordered[:-1], True) if len(ordered) else np.zeros(0, bool)
    positives = int(hits[-1]) if len(hits) else 0
    misses = np.arange(1, len(ordered) + 1) - hits
    return ordered[is_last], hits[is_last], misses[is_last], positives, len(ordered) - positives


def _present(table: TableContent, names: Sequence[str], what: str) -> str:
    found = [name for name in names if name in table.columns]
    if not found:
        raise UsageError(f"no column {what!r} in the table of predictions; it has: {', '.join(table.columns)}")
    return found[0]


def _texts(cells: Sequence[object]) -> list[str]:
    """1 and 1.0 and "1" are the same class."""
    return ["" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in cells]


def _number(name: str) -> float:
    """Classes called 2 and 10 stand in the order of their numbers, before those with names."""
    try:
        number = float(name)
    except ValueError:
        return float("inf")
    return float("inf") if np.isnan(number) else number


def _score(cell: object) -> float:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else float("nan")
