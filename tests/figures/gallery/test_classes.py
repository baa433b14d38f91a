"""Confusion, ROC and precision-recall figures of one small table."""

import numpy as np
import pytest

from belvedere.core.series import RunData
from belvedere.core.values import Table
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.confusion import confusion
from belvedere.figures.gallery.pr_curve import pr_curve
from belvedere.figures.gallery.roc import roc
from tests.figures.logged import logged

COLUMNS = ["label", "prediction", "score:cat", "score:dog"]
EARLY = Table(COLUMNS, [["dog", "cat", 0.9, 0.1], ["cat", "cat", 0.8, 0.2]])
LATE = Table(
    COLUMNS,
    [["dog", "dog", 0.1, 0.9], ["cat", "dog", 0.2, 0.8], ["dog", "cat", 0.3, 0.7], ["cat", "cat", 0.9, 0.1]],
)
RUN = RunData("a", media={"evaluation/predictions": (logged(1, EARLY), logged(5, LATE))})


def test_the_matrix_counts_and_its_frames_are_the_evaluations() -> None:
    drawing = confusion(RUN)
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[0].z.tolist() == [[1, 1], [1, 1]]
    assert np.asarray(drawing.figure.frames[0].data[0].z).tolist() == [[1, 0], [1, 0]]
    assert drawing.notes == ("step 5, 4 examples, 50.0% right", "Most often mistaken: cat for dog, 1 of 2.")


def test_shares_of_a_row_add_up_to_one() -> None:
    drawing = confusion(RUN, cells="shares")
    assert isinstance(drawing, Drawn)
    np.testing.assert_allclose(np.sum(drawing.figure.data[0].z, axis=1), 1)


def test_of_two_classes_one_curve_is_drawn_with_its_area() -> None:
    drawing = roc(RUN)
    assert isinstance(drawing, Drawn)
    assert [trace.name for trace in drawing.figure.data] == ["guessing  AUC 0.500", "dog  AUC 0.750"]
    assert drawing.figure.data[1].x.tolist() == [0, 0, 0.5, 0.5, 1]
    assert drawing.notes == ("step 5, 4 examples, 2 classes",)


def test_an_earlier_evaluation_can_be_asked_for() -> None:
    drawing = roc(RUN, step=4)
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[1].name == "dog  AUC 0.000"


def test_precision_and_recall_are_steps_with_the_level_of_guessing() -> None:
    drawing = pr_curve(RUN)
    assert isinstance(drawing, Drawn)
    assert [trace.name for trace in drawing.figure.data] == ["guessing  AP 0.500", "dog  AP 0.833"]
    assert drawing.figure.data[1].line.shape == "vh"


@pytest.mark.parametrize("draw", [roc, pr_curve])
def test_predictions_without_scores_have_no_curve(draw: type) -> None:
    run = RunData("a", media={"evaluation/predictions": (logged(0, Table(["label", "prediction"], [["a", "b"]])),)})
    drawing = draw(run)
    assert isinstance(drawing, Refused)
    assert "Log a column score:<class> for each class." in drawing.reason


def test_a_table_of_something_else_is_refused_with_its_columns() -> None:
    run = RunData("a", media={"evaluation/predictions": (logged(0, Table(["word"], [["a"]])),)})
    drawing = confusion(run)
    assert isinstance(drawing, Refused)
    assert drawing.reason == "No column 'label' in the table of predictions; it has: word."
