"""Sweeps of one process."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.compat import wandb_sweeps as sweeps
from belvedere.core.errors import UsageError


def choices(method: str, parameters: Mapping[str, object], count: int = 1000) -> list[dict[str, object]]:
    sweep_id = sweeps.sweep({"method": method, "parameters": parameters})
    return list(islice(sweeps._choices(sweeps._sweeps[sweep_id]), count))


def test_a_grid_is_every_choice_once() -> None:
    nested = {"a": {"values": [1, 2]}, "b": {"parameters": {"c": {"min": 0, "max": 1}, "d": {"value": "x"}}}}
    assert choices("grid", nested) == [
        {"a": 1, "b": {"c": 0, "d": "x"}}, {"a": 1, "b": {"c": 1, "d": "x"}},
        {"a": 2, "b": {"c": 0, "d": "x"}}, {"a": 2, "b": {"c": 1, "d": "x"}},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "low", "high"),
    [
        ({"min": 0.5, "max": 2.0}, 0.5, 2.0),
        ({"min": 1, "max": 3}, 1, 3),
        ({"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1}, 1e-5, 1e-1),
        ({"distribution": "inv_log_uniform_values", "min": 1e-5, "max": 1e-1}, 1e-5, 1e-1),
        ({"distribution": "log_uniform", "min": -2.0, "max": 0.0}, 0.135, 1.0),
        ({"distribution": "q_uniform", "min": 0, "max": 10, "q": 5}, 0, 10),
    ],
)
def test_draws_stay_within_their_bounds(told: Mapping[str, object], low: float, high: float) -> None:
    drawn = [float(str(one["x"])) for one in choices("random", {"x": told}, 200)]
    assert low - 1e-12 <= min(drawn) and max(drawn) <= high + 1e-12
    assert len(set(drawn)) > 1


def test_whole_bounds_give_whole_numbers_and_steps_are_kept() -> None:
    assert {type(one["x"]) for one in choices("random", {"x": {"min": 1, "max": 3}}, 50)} == {int}
    stepped = choices("random", {"x": {"distribution": "q_uniform", "min": 0, "max": 10, "q": 5}}, 50)
    assert {one["x"] for one in stepped} <= {0.0, 5.0, 10.0}
    weighed = choices("random", {"x": {"values": ["a", "b"], "probabilities": [0, 1]}}, 50)
    assert {one["x"] for one in weighed} == {"b"}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"method": "grid"}, "a sweep needs parameters"),
        ({"method": "grid", "parameters": {"lr": 0.1}}, "parameter 'lr' is 0.1"),
        ({"method": "magic", "parameters": {"lr": {"value": 1}}}, "method='magic' is not known"),
        (
            {"method": "grid", "parameters": {"lr": {"min": 0.1, "max": 1.0}}},
            "a grid cannot count through parameter 'lr'",
        ),
        ({"method": "random", "parameters": {"lr": {}}}, "parameter 'lr' has nothing to draw from"),
    ],
)
def test_what_cannot_be_searched_is_said_at_once(told: Mapping[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        sweeps.sweep(told)


def test_the_agent_gives_each_run_its_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    seen: list[object] = []

    def train() -> None:
        run = bv.init(project="p", dir=tmp_path, config={"lr": 0, "kept": 1}, console=False, hardware=False)
        seen.append((run.config["lr"], run.config["kept"], run.sweep_id))
        if run.config["lr"] == 2:
            raise ValueError("this one fails")

    sweep_id = sweeps.sweep({"method": "grid", "parameters": {"lr": {"values": [1, 2, 3]}}})
    sweeps.agent(f"entity/p/{sweep_id}", train)
    assert seen == [(1, 1, sweep_id), (2, 1, sweep_id), (3, 1, sweep_id)]
    states = {str(run.config["lr"]): run.state for run in bv.open(tmp_path).runs()}
    assert states == {"1": "finished", "2": "failed", "3": "finished"}
    assert bv.run is None


def test_a_function_that_always_fails_ends_the_search() -> None:
    calls: list[int] = []

    def train() -> None:
        calls.append(1)
        raise ValueError("no")

    sweep_id = sweeps.sweep({"method": "random", "parameters": {"lr": {"min": 0.0, "max": 1.0}}})
    with pytest.raises(UsageError, match="failed 5 times in a row"):
        sweeps.agent(sweep_id, train)
    assert len(calls) == 5
    with pytest.raises(UsageError, match="this process has no sweep 'other'"):
        sweeps.agent("other", train)
