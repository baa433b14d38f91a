"""Buckets hide nothing: whatever the data, the cut between columns and log, and the window, they equal the
reference."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from belvedere.core.series import Floats, Ints
from belvedere.store import pyramid
from belvedere.store.axes import RegularAxis, Unit, axis_of
from belvedere.store.cache import ByteCache
from belvedere.store.column_reader import ColumnFile
from belvedere.store.columns import ColumnWriter
from belvedere.store.conformance import assert_same_buckets
from belvedere.store.downsample import Line, Window, reduce
from belvedere.store.engines.memory import naive_buckets
from belvedere.store.parts import ArrayValues, Exact, Part, in_memory

NUMBERS = st.one_of(
    st.floats(width=64),
    st.floats(width=32),
    st.just(float("nan")),
    st.just(float("inf")),
    st.integers(-5, 5).map(float),
)


def with_levels(steps: Ints, values: Floats) -> Part:
    """A part with its pyramid, however short."""
    return Part(len(steps), axis_of(steps), axis_of(steps), ArrayValues(values, tuple(pyramid.build(values))))


def check(parts: list[Part], steps: Ints, values: Floats, window: Window) -> None:
    got = reduce("k", Line(parts, "steps", Unit()), window, unit=None, total=len(steps))
    points = Exact(steps, steps, values)
    wanted = naive_buckets("k", points, window, x="step", origin_us=0, unit=None)
    assert_same_buckets(got, wanted, window)
    if window.lo is None and window.hi is None and window.scale == "linear":
        assert got.count.sum() == len(steps)
        assert (got.nan + got.posinf + got.neginf).sum() == np.sum(~np.isfinite(values))


@given(
    data=st.data(), count=st.integers(0, 1200), buckets=st.integers(1, 50), cut=st.floats(0, 1), seed=st.integers(0, 99)
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_cells_and_raw_edges_equal_the_reference(
    data: st.DataObject, count: int, buckets: int, cut: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    steps = np.cumsum(random.integers(0, data.draw(st.sampled_from([2, 3, 50])), count))
    values = random.standard_normal(count)
    for place, value in data.draw(st.lists(st.tuples(st.floats(0, 1), NUMBERS), max_size=6)):
        if count:
            values[int(place * (count - 1))] = value
    top = float(steps[-1]) if count else 1.0
    lo, hi = data.draw(st.tuples(*[st.one_of(st.none(), st.floats(-5, top + 5))] * 2))
    window = Window(buckets, lo, hi, data.draw(st.sampled_from(["linear", "log"])))
    middle = int(cut * count)
    parts = [with_levels(steps[:middle], values[:middle]), in_memory(steps[middle:], steps[middle:], values[middle:])]
    check(parts, steps, values, window)


def test_two_levels_of_cells_equal_the_reference() -> None:
    random = np.random.default_rng(3)
    count = 300_001
    steps, values = np.arange(count), random.standard_normal(count).astype(np.float32).astype(np.float64)
    values[[5, 64, 4096, 70_000, count - 1]] = [np.nan, np.inf, -np.inf, 99.0, -99.0]
    part = with_levels(steps, values)
    for window in (Window(3), Window(7, 1.0, 299_999.0), Window(2, 64.0, 200_000.5), Window(10), Window(1)):
        check([part], steps, values, window)
        check([part.head(250_017)], steps[:250_017], values[:250_017], window)


def test_a_column_file_gives_the_same_buckets_from_disk(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    steps = np.arange(0, 60_000, 3)
    for kind, values in {
        "f4": random.standard_normal(20_000).astype(np.float32).astype(np.float64),
        "f8": random.standard_normal(20_000),
        "i8": (random.integers(-(2**62), 2**62, 20_000)),
        "bool": random.integers(0, 2, 20_000).astype(bool),
    }.items():
        writer = ColumnWriter(tmp_path / kind, ["w"])
        writer.numbers("w", "k", writer.axis(steps, steps), values, (0, 59_997))
        writer.close()
        column = ColumnFile(tmp_path / kind, ByteCache()).find("w", "n", "k")
        assert column is not None
        assert isinstance(column.steps, RegularAxis)
        assert np.array_equal(column.part().numbers().astype(np.float64), values.astype(np.float64))
        for window in (Window(10), Window(1500), Window(5, 100.5, 59_000.0)):
            check([column.part()], steps, values.astype(np.float64), window)


def test_the_mean_of_numbers_near_the_limit_does_not_overflow() -> None:
    values = np.full(1000, 1.5e308)
    got = reduce("k", Line([with_levels(np.arange(1000), values)], "steps", Unit()), Window(2), unit=None, total=1000)
    assert np.allclose(got.mean, 1.5e308, rtol=1e-12)


@given(st.lists(st.integers(-(2**62), 2**62), max_size=50), st.integers(0, 3000), st.integers(1, 10**7))
@settings(max_examples=60, deadline=None)
def test_axes_come_back_as_they_were_packed(wild: list[int], count: int, stride: int) -> None:
    from belvedere.store.axes import pack, unpack

    numbers = np.array([*wild, *range(0, count * stride, stride)], np.int64)
    assert np.array_equal(unpack(pack(numbers), len(numbers)), numbers)


@given(
    st.lists(st.floats(allow_nan=False, min_value=-1e15, max_value=1e15), min_size=1, max_size=30),
    st.sampled_from([1, 10**6]),
)
@settings(max_examples=100, deadline=None)
def test_a_threshold_is_the_first_number_at_or_above_the_edge(edges: list[float], per_unit: int) -> None:
    unit = Unit(17 if per_unit > 1 else 0, per_unit)
    thresholds = unit.thresholds(np.array(edges) / per_unit)
    assert np.all(unit.x(thresholds) >= np.array(edges) / per_unit)
    assert np.all(unit.x(thresholds - 1) < np.array(edges) / per_unit)
