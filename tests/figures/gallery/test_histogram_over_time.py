"""Histograms in common bins: no value is lost, none is invented."""

import numpy as np
import pytest

from belvedere.core.series import RunData
from belvedere.core.values import Histogram
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.histogram_over_time import histogram_over_time, rebinned, ridges_of
from tests.figures.logged import logged


def test_a_bin_is_divided_by_how_much_of_it_lies_where() -> None:
    counts = rebinned(np.array([4.0, 2.0]), np.array([0.0, 1.0, 2.0]), np.array([-1.0, 0.25, 1.5, 3.0]))
    np.testing.assert_allclose(counts, [1, 4, 1])


def test_every_row_keeps_its_sum() -> None:
    drawn = np.random.default_rng(0)
    values = [logged(step, Histogram(drawn.standard_normal(1000) * (1 + step))) for step in range(5)]
    found = ridges_of(values, 64)
    np.testing.assert_allclose(found.counts.sum(axis=1), 1000, rtol=1e-12)
    assert found.edges[0] == min(float(np.asarray(one.record["edges"])[0]) for one in values)


def test_the_ridge_under_the_slider_is_that_of_its_step() -> None:
    one, other = (
        [logged(step, Histogram(counts=counts, edges=range(9)))] for step, counts in ((0, [8] + [0] * 7), (5, [1] * 8))
    )
    drawing = histogram_over_time(RunData("a", media={"weights/h.0": (*one, *other)}), bins=8)
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[0].z.tolist() == [[1, 0, 0, 0, 0, 0, 0, 0], [0.125] * 8]
    assert drawing.figure.layout.meta["steps"] == [0, 5]
    assert set(drawing.figure.frames[0].data[0].y) == {0}
    np.testing.assert_allclose(drawing.figure.frames[0].data[0].z[:2], [1.004, 0.004], rtol=1e-5)
    assert drawing.notes == ("weights/h.0: 2 snapshots of 8 values in 8 common bins",)


def test_an_empty_histogram_is_left_out_and_said() -> None:
    values = (
        logged(0, Histogram(counts=[0, 0], edges=[0, 1, 2])),
        logged(1, Histogram(counts=[1, 1], edges=[0, 1, 2])),
    )
    drawing = histogram_over_time(RunData("a", media={"h": values}), view="heatmap")
    assert isinstance(drawing, Drawn)
    assert drawing.notes[1] == "Histograms left out, empty or with edges that do not rise: 1."
    assert isinstance(histogram_over_time(RunData("a", media={"h": values[:1]})), Refused)


@pytest.mark.parametrize("key", ["gradients/h.1"])
def test_a_histogram_that_is_not_there_is_answered_with_those_that_are(key: str) -> None:
    run = RunData("a", media={"weights/h.0": (logged(0, Histogram([1.0, 2.0])),)})
    drawing = histogram_over_time(run, key=key)
    assert isinstance(drawing, Refused)
    assert drawing.reason == "No histogram 'gradients/h.1' was recorded; there is: weights/h.0."
