"""Means and extremes over stretches, with what is not finite kept out of them and counted."""

import numpy as np

from belvedere.analysis.stretches import over_stretches, starts_of
from tests.analysis.runs import INF, NAN


def test_stretches_are_equally_long() -> None:
    assert starts_of(10, 3).tolist() == [0, 3, 6]
    assert starts_of(2, 5).tolist() == [0, 1] and starts_of(0, 5).tolist() == []


def test_every_stretch_has_its_mean_and_extremes() -> None:
    found = over_stretches(np.array([[1.0, 3.0, 5.0, -1.0]]), np.array([0, 2]))
    assert found.mean.tolist() == [[2.0, 2.0]] and found.low.tolist() == [[1.0, -1.0]]
    assert found.high.tolist() == [[3.0, 5.0]] and found.known.tolist() == [2, 2] and not len(found.odd)


def test_a_place_counts_only_where_every_column_is_finite() -> None:
    columns = np.array([[1.0, NAN, 3.0, 5.0, 7.0], [1.0, 2.0, INF, 4.0, 6.0]])
    found = over_stretches(columns, np.array([0, 1, 3]))
    np.testing.assert_array_equal(found.mean, [[1.0, NAN, 6.0], [1.0, NAN, 5.0]])
    assert found.known.tolist() == [1, 0, 2] and found.counts.tolist() == [1, 2, 2]
    assert found.odd.tolist() == [1, 2]
    np.testing.assert_array_equal(found.low[0], [1.0, NAN, 5.0])


def test_what_a_logarithmic_axis_cannot_show_is_odd_too() -> None:
    found = over_stretches(np.array([[0.0, -1.0, 4.0, 2.0]]), np.array([0, 2]), above=0.0)
    np.testing.assert_array_equal(found.mean, [[NAN, 3.0]])
    assert found.odd.tolist() == [0, 1]


def test_infinities_of_both_signs_in_one_stretch_are_found() -> None:
    found = over_stretches(np.array([[INF, -INF, 1.0]]), np.array([0]))
    assert found.mean.tolist() == [[1.0]] and found.odd.tolist() == [0, 1]


def test_it_equals_the_plain_way() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((2, 1000))
    values[0, rng.integers(0, 1000, 30)] = NAN
    starts = starts_of(1000, 37)
    found = over_stretches(values, starts)
    for place, (start, end) in enumerate(zip(starts, [*starts[1:], 1000])):
        part = values[:, start:end]
        part = part[:, np.isfinite(part).all(axis=0)]
        np.testing.assert_allclose(found.mean[:, place], part.mean(axis=1))
        np.testing.assert_array_equal(found.low[:, place], part.min(axis=1))
