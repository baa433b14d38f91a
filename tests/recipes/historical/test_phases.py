"""Phases are shares of the plan, and their bands shares of ln V."""

import pytest

from belvedere.recipes.historical.phases import PHASES, expected_losses, is_comparable, judged, phase_at


def test_the_phases_of_the_known_plan_end_at_2000_20000_and_60000() -> None:
    names = [phase_at(step / 60_000).name for step in (0, 1_999, 2_000, 19_999, 20_000, 59_999, 60_000)]
    assert names == ["early", "early", "mid", "mid", "late", "late", "late"]


def test_the_bands_are_the_known_ones_at_30000_words_and_scale_with_ln_v() -> None:
    assert expected_losses(30_000) == {"early": [6.0, 7.0], "mid": [4.0, 5.0], "late": [2.0, 4.0]}
    assert expected_losses(256)["early"] == [pytest.approx(3.227, abs=1e-3), pytest.approx(3.765, abs=1e-3)]


def test_a_phase_is_judged_by_its_band_where_the_plan_is_long_enough() -> None:
    assert judged(PHASES[0], 7.5, 30_000) == "phase early is over: loss 7.500, above the band 6.00 to 7.00"
    assert "inside the band" in judged(PHASES[1], 4.4, 30_000)
    assert "below the band" in judged(PHASES[2], 1.9, 30_000)
    assert is_comparable(60_000 * 20 * 1024)
    assert not is_comparable(250 * 2048)
