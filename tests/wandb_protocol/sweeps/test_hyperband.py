"""Bands, and who is behind at one."""

import numpy as np
import pytest

from belvedere.wandb_protocol.sweeps.configs import Hyperband
from belvedere.wandb_protocol.sweeps.hyperband import Worths, bands, is_behind


@pytest.mark.parametrize(
    ("rule", "iterations", "passed"),
    [
        (Hyperband(3.0, min_iter=3), 2, []),
        (Hyperband(3.0, min_iter=3), 3, [3]),
        (Hyperband(3.0, min_iter=3), 80, [3, 9, 27]),
        (Hyperband(3.0, max_iter=27, brackets=2), 100, [3, 9]),
        (Hyperband(3.0, max_iter=27, brackets=2), 8, [3]),
        (Hyperband(1.5, min_iter=1), 4, [1, 2, 3]),
    ],
)
def test_bands_grow_by_eta(rule: Hyperband, iterations: int, passed: list[int]) -> None:
    assert bands(rule, iterations) == passed


def worths(*values: float) -> Worths:
    return np.array(values)


def test_the_best_third_goes_on() -> None:
    rule = Hyperband(3.0, min_iter=2)
    runs = {name: worths(9, worth) for name, worth in zip("abcdef", (1, 2, 3, 4, 5, 6))}
    assert [name for name in runs if not is_behind(rule, name, runs)] == ["a", "b"]


def test_a_run_that_is_alone_or_not_there_yet_goes_on() -> None:
    rule = Hyperband(3.0, min_iter=2)
    assert not is_behind(rule, "a", {"a": worths(5, 5)})
    assert not is_behind(rule, "a", {"a": worths(5), "b": worths(1, 1)})


def test_a_run_that_hurried_on_is_judged_where_it_has_fellows() -> None:
    rule = Hyperband(2.0, min_iter=2)
    runs = {"short": worths(1, 1), "long": worths(*[3] * 20)}
    assert is_behind(rule, "long", runs)
    assert not is_behind(rule, "long", {**runs, "short": worths(5, 5)})


def test_what_is_no_number_counts_for_nothing_and_the_best_value_counts() -> None:
    rule = Hyperband(2.0, min_iter=2)
    runs = {"nan": worths(np.nan, np.nan), "spike": worths(1, 100), "steady": worths(2, 2)}
    assert [name for name in runs if is_behind(rule, name, runs)] == ["nan"]


def test_only_values_until_the_band_count() -> None:
    rule = Hyperband(2.0, min_iter=2)
    runs = {"late": worths(5, 5, 0), "early": worths(1, 1)}
    assert is_behind(rule, "late", runs)
