"""Entries of configs as columns of numbers."""

import numpy as np

from belvedere.analysis.columns import column
from belvedere.core.series import RunData
from tests.analysis.runs import NAN

RUNS = (
    RunData("a", config={"lr": 0.1, "opt": "adam"}),
    RunData("b", config={"lr": 0.001, "opt": "muon"}),
    RunData("c", config={"lr": 1.0}),
)


def test_a_column_of_numbers_and_one_of_names() -> None:
    rates, names = column(RUNS, "lr"), column(RUNS, "opt")
    assert (rates.values.tolist(), rates.is_log, rates.categories, rates.varies) == ([0.1, 0.001, 1.0], True, (), True)
    np.testing.assert_array_equal(names.values, [0, 1, NAN])
    assert (names.categories, names.is_log, column(RUNS, "none").varies) == (("adam", "muon"), False, False)
