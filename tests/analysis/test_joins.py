"""Series beside each other, and long ones reduced."""

import numpy as np
import pytest

from belvedere.analysis.joins import as_of, finite_rows, joined, last_of_each_step, nearest_place, reduced, thinned_rows
from tests.analysis.runs import INF, NAN, series

LOSS = series("loss", [4.0, 3.0, 2.0, 1.0], steps=[0, 10, 20, 30])


def test_only_common_steps_are_joined() -> None:
    found = joined(LOSS, series("reward", [0.1, 0.2, 0.3], steps=[10, 15, 30]))
    assert found.steps.tolist() == [10, 30]
    assert found.columns.tolist() == [[3.0, 1.0], [0.1, 0.3]]
    assert found.counts.tolist() == [1, 1]


def test_a_repeated_step_has_its_last_value() -> None:
    repeated = series("loss", [1.0, 2.0, 3.0], steps=[5, 5, 6])
    assert last_of_each_step(repeated)[1].tolist() == [2.0, 3.0]
    assert joined(repeated, series("lr", [7.0, 8.0], steps=[5, 6])).columns.tolist() == [[2.0, 3.0], [7.0, 8.0]]


def test_series_without_a_common_step_join_to_nothing() -> None:
    assert len(joined(LOSS, series("reward", [1.0], steps=[5]))) == 0


def test_the_last_value_known_at_a_step_is_not_invented_before_it() -> None:
    values, measured_at = as_of(np.array([0, 9, 10, 25]), series("accuracy", [0.5, 0.7], steps=[5, 20]))
    np.testing.assert_array_equal(values, [NAN, 0.5, 0.5, 0.7])
    assert measured_at.tolist() == [-1, 5, 5, 20]
    values, measured_at = as_of(np.array([1]), series("accuracy", []))
    assert np.isnan(values).all() and measured_at.tolist() == [-1]


def test_a_short_series_stays_exact() -> None:
    found = reduced(LOSS)
    assert found.is_exact and found.mean.tolist() == [4.0, 3.0, 2.0, 1.0]


def test_no_extreme_drops_out_of_a_reduced_series() -> None:
    values = [1.0, 2.0, 9.0, 2.0, NAN, INF]
    found = reduced(series("loss", values), points=2)
    assert found.steps.tolist() == [0, 3]
    assert found.mean.tolist() == [4.0, 2.0]
    assert found.low.tolist() == [1.0, 2.0] and found.high.tolist() == [9.0, 2.0]
    assert found.counts.tolist() == [3, 3] and found.nonfinite.tolist() == [0, 2]


def test_a_stretch_without_a_finite_number_has_no_mean() -> None:
    found = reduced(series("loss", [NAN, NAN, 1.0, 3.0]), points=2)
    np.testing.assert_array_equal(found.mean, [NAN, 2.0])
    np.testing.assert_array_equal(found.low, [NAN, 1.0])


def test_thinned_rows_average_the_same_steps_of_every_series() -> None:
    rows = joined(series("a", [1.0, 3.0, 5.0, NAN]), series("b", [10.0, 30.0, 50.0, 70.0]))
    found = thinned_rows(rows, points=2)
    assert found.columns.tolist() == [[2.0, 5.0], [20.0, 50.0]]
    assert found.counts.tolist() == [2, 1]
    assert finite_rows(rows).steps.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("step", "place"), [(-5, 0), (0, 0), (9, 0), (10, 1), (99, 2)])
def test_the_frame_of_a_step_is_the_last_one_not_after_it(step: int, place: int) -> None:
    assert nearest_place([0, 10, 20], step) == place
