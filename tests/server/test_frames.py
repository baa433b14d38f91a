"""Binary frames hold exactly what the store returned, or what contains it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from belvedere.core.series import Buckets, Floats, Series, VectorSeries
from belvedere.server.frames import Exact, series_frame, thinned, vectors_frame
from tests.server.frame_reading import read_frame


def buckets_of(low: Floats, high: Floats) -> Buckets:
    n = len(low)
    ones, none = np.ones(n, np.int64), np.zeros(n, np.int64)
    x = np.arange(n, dtype=float)
    return Buckets("k", x, x, low, high, (low + high) / 2, high, 2 * ones, none, none, none, 2 * n, "s")


def series_of(values: list[float]) -> Series:
    steps = np.arange(len(values), dtype=np.int64)
    return Series("k", steps, steps / 2 + 1.7e9, np.array(values), "nats")


def test_an_exact_frame_gives_back_every_bit() -> None:
    series = series_of([0.1, np.nan, -np.inf, 1e300])
    (entry,) = read_frame(series_frame([("k", Exact(series, series.times))], x="time"))
    assert entry.facts["exact"]
    assert entry.facts["unit"] == "nats"
    assert entry.facts["n"] == entry.facts["total"] == 4
    assert entry.arrays["values"].tobytes() == series.values.tobytes()
    assert entry.arrays["x"].tobytes() == entry.arrays["times"].tobytes() == series.times.tobytes()
    assert entry.arrays["steps"].tolist() == [0, 1, 2, 3]


def test_a_missing_key_says_why_and_leaves_the_others_alone() -> None:
    series = series_of([1.0])
    first, second = read_frame(series_frame([("a", "no series 'a'"), ("k", Exact(series, series.times))], x="step"))
    assert first.facts["error"] == "no series 'a'"
    assert not first.arrays
    assert "error" not in second.facts
    assert second.arrays["values"].tolist() == [1.0]


finite = st.floats(-1e38, 1e38)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20))
def test_the_envelope_in_float32_contains_the_true_one(pairs: list[tuple[float, float]]) -> None:
    low, high = np.array([min(pair) for pair in pairs]), np.array([max(pair) for pair in pairs])
    (entry,) = read_frame(series_frame([("k", buckets_of(low, high))], x="step"))
    assert (entry.arrays["min"] <= low).all()
    assert (entry.arrays["max"] >= high).all()


def test_ordinary_numbers_travel_as_float32_and_all_digits_on_demand() -> None:
    buckets = buckets_of(np.array([0.1, 0.2]), np.array([0.3, 2.5]))
    (short,) = read_frame(series_frame([("k", buckets)], x="step"))
    (full,) = read_frame(series_frame([("k", buckets)], x="step", float64=True))
    assert short.arrays["min"].dtype == np.float32
    assert full.arrays["min"].tolist() == [0.1, 0.2]
    assert short.arrays["count"].dtype == np.uint32
    assert short.arrays["x"].dtype == np.float64


@pytest.mark.parametrize(
    "values", [[1e300, 2e300], [1.7e9 + 0.25, 1.7e9 + 0.5], [123456789.0, 123456790.0], [0.001, 0.001]]
)
def test_float32_is_not_used_where_it_would_show(values: list[float]) -> None:
    numbers = np.array(values)
    (entry,) = read_frame(series_frame([("k", buckets_of(numbers, numbers))], x="step"))
    assert entry.arrays["min"].tolist() == values


def test_a_bucket_without_a_finite_point_stays_nan() -> None:
    nan = np.array([np.nan, 1.0])
    (entry,) = read_frame(series_frame([("k", buckets_of(nan, nan))], x="step"))
    assert np.isnan(entry.arrays["min"][0])
    assert entry.arrays["max"][1] == 1.0


def vectors_of(values: list[list[float]]) -> VectorSeries:
    steps = np.arange(len(values), dtype=np.int64) * 10
    return VectorSeries("grad_norm", steps, steps / 1.0, ("a", "b"), np.array(values, np.float32), None)


def test_thinning_keeps_the_spike_and_says_so() -> None:
    vectors = vectors_of([[1, 1]] * 50 + [[900, 1]] + [[1, 1]] * 49)
    (entry,) = read_frame(vectors_frame(vectors, max_steps=10))
    assert entry.facts["thinned"]
    assert entry.facts["total"] == 100
    assert entry.facts["n"] == 10
    assert entry.arrays["values"].reshape(-1, 2).max() == 900
    assert 500 in entry.arrays["steps"]


def test_few_rows_are_not_thinned() -> None:
    vectors = vectors_of([[1, 2], [3, np.nan]])
    (entry,) = read_frame(vectors_frame(vectors, max_steps=400))
    assert not entry.facts["thinned"]
    assert entry.facts["names"] == ["a", "b"]
    assert np.array_equal(entry.arrays["values"], [1, 2, 3, np.nan], equal_nan=True)


def test_a_row_of_nan_does_not_hide_its_neighbours() -> None:
    kept = thinned(vectors_of([[np.nan, np.nan], [5, 5], [np.inf, 1], [1, 1]]), 2)
    assert len(kept) == 2
    assert 1 in kept
