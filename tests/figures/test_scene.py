"""Numbers as figures send them: short, unless that would change what they say."""

import numpy as np
import pytest

from belvedere.figures.scene import axis_of, floor_of, thin


def test_ordinary_numbers_travel_in_four_bytes() -> None:
    assert thin(np.array([0.0, -1.5, np.nan, np.inf])).dtype == np.float32


@pytest.mark.parametrize("value", [1e300, -1e39, 1e-300])
def test_a_number_that_four_bytes_cannot_hold_stays_what_it_is(value: float) -> None:
    assert thin(np.array([value, 1.0])).tolist() == [value, 1.0]


def test_steps_stay_whole_and_large_ones_stay_right() -> None:
    assert thin(np.array([1, 2])).dtype == np.int32
    assert thin(np.array([2**40, 2**40 + 1])).tolist() == [2.0**40, 2.0**40 + 1]


def test_the_floor_lies_under_the_lowest_point() -> None:
    assert floor_of(axis_of("loss", np.array([1.0, 2.0]))) == pytest.approx(0.96)
