"""A score and its interval against known values."""

import pytest

from belvedere.recipes.tasks.score import Score, described, scalars, wilson


def test_the_interval_is_wilsons_and_stays_within_0_and_1() -> None:
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(1, 10) == pytest.approx((0.7225, 1), abs=1e-4)


def test_a_score_is_logged_with_its_bounds_and_read_with_its_chance() -> None:
    found = {"aqua": Score(69, 254, 0.2), "mmlu": Score(1, 4, 0.25, left_out=2)}
    low, high = found["aqua"].interval
    row = scalars(found)
    assert list(row) == [f"evaluation/{name}{bound}" for name in found for bound in ("", "/low", "/high")]
    assert (row["evaluation/aqua"], row["evaluation/aqua/low"], row["evaluation/aqua/high"]) == (69 / 254, low, high)
    assert described(found) == (
        "  aqua  0.272 [0.221, 0.329] of 254, chance 0.200\n  mmlu  0.250 [0.046, 0.699] of 4, 2 too long, chance 0.250"
    )
    assert described({}) == ""
