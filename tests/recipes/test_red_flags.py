"""Red flags: a healthy training raises none, each trouble raises its own."""

from dataclasses import replace

import numpy as np
import pytest

from belvedere.recipes.red_flags import Flag, Observed, noise, red_flags

POINTS, EVERY = 100, 10
GIB = float(2**30)


def healthy(seed: int = 0, *, points: int = POINTS) -> Observed:
    """A loss that falls from 7 to about 3.4 with the noise of small batches, on a machine that shakes by 5 %."""
    random = np.random.default_rng(seed)
    steps = EVERY * np.arange(points)
    losses = 3.0 + 4.0 / (1 + steps / 100) + random.normal(0, 0.08, points)
    dt_ms = random.normal(200, 10, points)
    dt_ms[0] = np.nan  # compilation
    return Observed(steps, losses, dt_ms, np.full(points, 2 * GIB), 50, float(EVERY * POINTS))


def all_said(seen: Observed) -> dict[str, Flag]:
    """What is said for the first time when the points come one by one."""
    said: dict[str, Flag] = {}
    for missing in reversed(range(len(seen.steps))):
        for flag in red_flags(seen.without_newest(missing)):
            said.setdefault(flag.id, flag)
    return said


@pytest.mark.parametrize("seed", range(3))
def test_a_healthy_run_raises_none(seed: int) -> None:
    assert all_said(healthy(seed)) == {}


def test_a_loss_that_is_no_number_is_critical() -> None:
    seen = healthy()
    seen.losses[40] = np.nan
    flag = all_said(seen)["not_finite"]
    assert (flag.level, flag.first_step) == ("critical", 400)


def test_a_spike_is_told_with_its_step() -> None:
    seen = healthy()
    seen.losses[60] += 2.0
    said = all_said(seen)
    assert list(said) == ["spike"]
    assert said["spike"].first_step == 600


def test_a_loss_that_climbs_is_critical_and_names_its_best() -> None:
    seen = healthy()
    seen.losses[50:] += np.linspace(0, 3, 50)
    flag = all_said(seen)["rising"]
    assert flag.level == "critical"
    assert 350 <= flag.first_step <= 550


def test_a_loss_that_stands_still_is_a_plateau_but_not_in_the_last_tenth() -> None:
    seen = healthy()
    flat = np.where(seen.steps < 300, seen.losses, 4.0) + np.random.default_rng(1).normal(0, 0.03, POINTS)
    said = all_said(replace(seen, losses=flat))
    assert list(said) == ["plateau"]
    assert 200 <= said["plateau"].first_step <= 500
    assert all_said(replace(seen, losses=flat, planned_steps=570.0)) == {}


@pytest.mark.parametrize("seed", range(1))
def test_steps_that_become_slower_at_once_are_an_mfu_drop(seed: int) -> None:
    seen = healthy(seed)
    seen.dt_ms[60:] *= 2
    said = all_said(seen)
    assert list(said) == ["mfu_drop"]
    assert said["mfu_drop"].first_step == 600
    assert "since step 600, so the hardware is used" in said["mfu_drop"].text


def test_a_newest_step_that_is_fast_again_is_no_fault() -> None:
    seen = healthy()
    seen.dt_ms[60:] *= 2
    seen.dt_ms[-1] /= 2
    assert [flag.id for flag in red_flags(seen)] == ["mfu_drop"]


@pytest.mark.parametrize("seed", range(1))
def test_steps_that_take_longer_and_longer_are_a_drift(seed: int) -> None:
    seen = healthy(seed)
    seen.dt_ms[:] *= np.linspace(1, 2.5, POINTS)
    assert list(all_said(seen)) == ["dt_drift"]


def test_memory_that_climbs_is_told_and_a_cache_that_fills_is_not() -> None:
    seen = healthy()
    climbing = replace(seen, memory_bytes=np.linspace(2, 4, POINTS) * GIB)
    assert list(all_said(climbing)) == ["memory_growth"]
    filled = np.full(POINTS, 3 * GIB)
    filled[:10] = np.linspace(2, 3, 10) * GIB
    assert all_said(replace(seen, memory_bytes=filled)) == {}


def test_a_nearly_full_device_is_told_where_its_size_is_known() -> None:
    seen = replace(healthy(), memory_limit_bytes=2.05 * GIB)
    assert list(all_said(seen)) == ["memory_full"]


def test_a_run_without_times_and_memory_is_judged_by_its_loss() -> None:
    seen = healthy()
    unknown = np.full(POINTS, np.nan)
    assert all_said(replace(seen, dt_ms=unknown, memory_bytes=unknown)) == {}


def test_noise_is_not_moved_by_an_outlier() -> None:
    values = np.random.default_rng(0).normal(0, 1, 1001)
    assert noise(values) == pytest.approx(1, abs=0.1)
    values[500] = 1e6
    assert noise(values) == pytest.approx(1, abs=0.1)
    assert noise(values[:1]) == 0
