"""One number for each run, under one name for all of them."""

import numpy as np

from belvedere.analysis.outcomes import outcomes
from belvedere.core.series import RunData
from tests.analysis.runs import INF, NAN, series

RUNS = (
    RunData("a", config={"lr": 0.1, "opt": "adam"}, series={"val/accuracy": series("", [0.2, 0.9, 0.5, NAN])}),
    RunData("b", config={"lr": 0.001, "opt": "muon"}, summary={"val/accuracy": 0.7, "mine": 3}),
    RunData("c", config={"lr": 1.0}, series={"loss": series("", [2.0, 1.0])}),
)


def test_the_best_accuracy_of_a_series_or_of_the_summary() -> None:
    found = outcomes(RUNS)
    assert found is not None
    np.testing.assert_array_equal(found.values, [0.9, 0.7, NAN])
    assert (found.title, found.is_less_better, found.best) == ("best val/accuracy", False, 0)


def test_without_an_accuracy_the_last_loss() -> None:
    found = outcomes((RUNS[2], RunData("d", series={"loss": series("", [0.5, INF])})))
    assert found is not None
    np.testing.assert_array_equal(found.values, [1.0, 0.5])
    assert (found.title, found.is_less_better, found.best) == ("last loss", True, 1)


def test_what_was_asked_for() -> None:
    found = outcomes(RUNS, "mine")
    assert found is not None
    np.testing.assert_array_equal(found.values, [NAN, 3, NAN])
    assert outcomes(RUNS, "nobody") is None
    assert outcomes(()) is None
