"""What matters is found, what does not is not, and too few runs say so."""

import itertools

import numpy as np
import pytest

from belvedere.analysis.importance import importances, spearman

GRID = list(itertools.product([1, 2, 4], ["adam", "muon"], range(4)))
DEPTH, OPTIMIZER, SEED = zip(*GRID)
COLUMNS: dict[str, tuple[object, ...]] = {"depth": DEPTH, "optimizer": OPTIMIZER, "seed": SEED}


def test_the_one_that_decides_explains_everything() -> None:
    rows, why = importances(COLUMNS, np.array(DEPTH, dtype=float))
    assert (rows[0].name, why) == ("depth", "")
    assert rows[0].importance == pytest.approx(1.0)
    assert rows[0].correlation == pytest.approx(1.0)
    assert rows[0].p == 0.001
    assert [row.importance for row in rows[1:]] == [0.0, 0.0]


def test_a_category_has_no_direction() -> None:
    rows, _ = importances(COLUMNS, np.array([name == "muon" for name in OPTIMIZER], dtype=float))
    assert rows[0].name == "optimizer"
    assert np.isnan(rows[0].correlation)


def test_a_valley_is_seen_where_a_correlation_is_not() -> None:
    rate = np.tile([1e-4, 1e-3, 1e-2, 1e-1, 1.0], 4)
    rows, _ = importances({"lr": rate.tolist()}, (np.log10(rate) + 2) ** 2)
    assert rows[0].importance == pytest.approx(1.0)
    assert rows[0].correlation == pytest.approx(0.0, abs=1e-9)


def test_noise_is_no_importance() -> None:
    rows, _ = importances(COLUMNS, np.random.default_rng(3).normal(size=24))
    assert all(row.importance < 0.25 and row.p > 0.02 for row in rows)


def test_what_was_changed_together_is_said() -> None:
    rows, _ = importances({"depth": DEPTH, "width": [64 * depth for depth in DEPTH]}, np.arange(24.0))
    assert {row.name: row.same_as for row in rows} == {"depth": ("width",), "width": ("depth",)}


def test_few_runs_are_too_few() -> None:
    outcome = np.array([1.0, 2, 3, 4, 5, 6, 7, np.nan, np.inf])
    assert importances({"depth": range(9)}, outcome) == (
        [],
        "7 runs with an outcome are too few to tell what matters; it takes 8.",
    )


def test_equal_outcomes_have_nothing_to_explain() -> None:
    rows, why = importances(COLUMNS, np.ones(24))
    assert (rows, why) == ([], "All runs have the same outcome, so nothing explains a difference.")


def test_an_entry_that_some_runs_lack_is_a_group_of_its_own() -> None:
    rows, _ = importances({"dropout": [None] * 4 + [0.1] * 4}, np.array([1.0] * 4 + [2.0] * 4))
    assert rows[0].importance == pytest.approx(1.0)


def test_the_rank_correlation_of_ties_and_constants() -> None:
    assert spearman(np.array([1.0, 2, 2, 3]), np.array([10.0, 20, 20, 1000])) == pytest.approx(1.0)
    assert np.isnan(spearman(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])))
    assert np.isnan(spearman(np.array([1.0, np.nan, 2]), np.array([1.0, 2, 3])))
