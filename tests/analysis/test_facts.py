"""Single facts about runs."""

import numpy as np

from belvedere.analysis.facts import fact, first_fact, flat, names_of, number, numbers, varying
from belvedere.core.series import RunData
from tests.analysis.runs import NAN, series

RUN = RunData(
    "a", config={"optimizer": {"lr": 0.1, "name": "adamw"}, "depth": 4, "loss": "nll"},
    summary={"val/loss": 2.0, "loss": 1.5}, series={"reward": series("reward", [0.1, 0.4, NAN])},
)  # fmt: skip
OTHER = RunData("b", config={"optimizer": {"lr": "0.2", "name": "adamw"}, "depth": True, "loss": "nll"})


def test_nested_configs_are_named_by_their_path() -> None:
    assert flat(RUN.config) == {"optimizer.lr": 0.1, "optimizer.name": "adamw", "depth": 4, "loss": "nll"}
    assert fact(RUN, "optimizer.lr") == 0.1


def test_config_comes_before_summary_and_summary_before_series() -> None:
    assert fact(RUN, "loss") == "nll" and fact(RUN, "summary.loss") == 1.5
    assert fact(RUN, "reward") == 0.4 and fact(RUN, "nothing") is None
    assert first_fact(RUN, ("nothing", "val/loss")) == 2.0


def test_what_is_no_number_is_nan() -> None:
    np.testing.assert_array_equal(numbers([RUN, OTHER], "optimizer.lr"), [0.1, 0.2])
    np.testing.assert_array_equal(numbers([RUN, OTHER], "depth"), [4.0, NAN])
    assert np.isnan(number("adamw")) and np.isnan(numbers([RUN], "")).all()


def test_names_that_vary_are_found() -> None:
    assert varying([RUN, OTHER]) == ["depth", "optimizer.lr"]
    assert names_of([RUN]) == ["depth", "loss", "optimizer.lr", "optimizer.name", "val/loss"]
