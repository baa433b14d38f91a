"""The loss between two checkpoints."""

import numpy as np
import pytest

from belvedere.core.arrays import Array
from belvedere.core.series import RunData
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.interpolation import KEY, interpolation
from tests.analysis.landscape.surveys import line, run_with
from tests.analysis.runs import INF


def test_the_barrier_is_the_rise_above_the_straight_line() -> None:
    drawing = interpolation(run_with(line([2.0, 4.0, 1.0]).array(), key=KEY))
    assert isinstance(drawing, Drawn)
    losses, chord, barrier = drawing.figure.data
    assert list(losses.y) == [2.0, 4.0, 1.0]
    assert list(chord.y) == [2.0, 1.5, 1.0]
    assert list(barrier.y) == [1.5, 4.0]
    assert barrier.text[0] == "barrier 2.5"
    assert drawing.figure.layout.xaxis.ticktext[0] == "0<br>step 0"


def test_no_rise_has_no_barrier_and_a_gap_stays_a_gap() -> None:
    drawing = interpolation(run_with(line([3.0, 1.0, 1.0]).array(), key=KEY))
    assert isinstance(drawing, Drawn)
    assert len(drawing.figure.data) == 2
    drawing = interpolation(run_with(line([3.0, INF, 1.0]).array(), key=KEY))
    assert isinstance(drawing, Drawn)
    assert np.isnan(drawing.figure.data[0].y[1])
    assert "Gaps, not finite: 1 loss." in drawing.notes


@pytest.mark.parametrize(
    "data", [RunData("abcd1234"), run_with(line([INF, INF]).array(), key=KEY), run_with(Array(np.zeros(3)), key=KEY)]
)
def test_nothing_to_draw_is_said_in_a_sentence(data: RunData) -> None:
    drawing = interpolation(data)
    assert isinstance(drawing, Refused)
    assert drawing.reason.endswith(".")
