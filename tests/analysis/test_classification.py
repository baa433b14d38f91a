"""Curves and counts against examples that can be done by hand."""

import numpy as np
import pytest

from belvedere.analysis.classification import confusion_counts, precision_recall, predictions_of, roc
from belvedere.analysis.contents import TableContent
from belvedere.core.errors import UsageError
from tests.analysis.runs import NAN

POSITIVE = np.array([True, False, True, False])
SCORES = np.array([0.9, 0.8, 0.7, 0.1])


def test_the_roc_curve_of_four_examples() -> None:
    curve = roc(POSITIVE, SCORES)
    assert (curve.x.tolist(), curve.y.tolist()) == ([0, 0, 0.5, 0.5, 1], [0, 0.5, 0.5, 1, 1])
    assert curve.area == 0.75  # three of the four pairs are in order
    assert (curve.positives, curve.negatives) == (2, 2)
    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.8, 0.7, 0.1]


def test_the_average_precision_of_four_examples() -> None:
    curve = precision_recall(POSITIVE, SCORES)
    assert curve.x.tolist() == [0.5, 0.5, 1, 1]
    np.testing.assert_allclose(curve.y, [1, 1 / 2, 2 / 3, 1 / 2])
    assert curve.area == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_a_tie_is_one_point_and_counts_half() -> None:
    curve = roc(np.array([True, False]), np.array([0.5, 0.5]))
    assert (curve.x.tolist(), curve.y.tolist(), curve.area) == ([0, 1], [0, 1], 0.5)
    assert precision_recall(np.array([True, False]), np.array([0.5, 0.5])).area == 0.5


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    drawn = np.random.default_rng(0)
    is_positive, scores = drawn.random(200) < 0.3, drawn.integers(0, 20, 200).astype(float)
    high, low = scores[is_positive][:, None], scores[~is_positive][None]
    assert roc(is_positive, scores).area == pytest.approx(((high > low) + 0.5 * (high == low)).mean())


def test_one_kind_alone_has_no_area_and_no_scores_no_points() -> None:
    assert np.isnan(roc(np.array([True, True]), np.array([0.1, 0.2])).area)
    assert np.isnan(precision_recall(np.array([False]), np.array([0.1])).area)
    assert len(precision_recall(np.array([True]), np.array([NAN])).x) == 0


def test_a_table_is_read_with_classes_in_order_of_their_numbers() -> None:
    table = TableContent(
        ("label", "prediction", "score:10", "score:2"), ((10, "2", 0.4, 0.6), (2.0, 2, 0.1, 0.9), (None, 10, 0.5, 0.5))
    )
    found = predictions_of(table)
    assert found.classes == ("2", "10")
    assert (found.labels.tolist(), found.predicted.tolist()) == ([1, 0], [0, 0])
    assert found.scores.tolist() == [[0.6, 0.4], [0.9, 0.1]]
    assert confusion_counts(found).tolist() == [[1, 0], [1, 0]]


def test_the_highest_score_is_the_prediction_where_none_was_logged() -> None:
    table = TableContent(("label", "score:a", "score:b"), (("a", 0.2, 0.8), ("b", None, 0.1)))
    assert predictions_of(table).predicted.tolist() == [1, 1]


def test_a_table_without_labels_is_refused() -> None:
    with pytest.raises(UsageError, match="no column 'label' in the table of predictions; it has: prediction"):
        predictions_of(TableContent(("prediction",), ()))
