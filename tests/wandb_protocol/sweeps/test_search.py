"""What is tried next: every combination once, the same chance after a restart, and Bayes where it is good."""

import statistics
import sys
from dataclasses import replace
from itertools import product

import pytest

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.sweeps.configs import SweepConfig, sweep_config
from belvedere.wandb_protocol.sweeps.records import DONE, LOST, Sweep, Trial
from belvedere.wandb_protocol.sweeps.search import expected_runs, suggestion

GRID = "method: grid\nparameters: {b: {values: [1, 2, 3]}, a: {values: [x, y]}, n: {parameters: {k: {min: 0, max: 1}}}}"
RANDOM = "method: random\nparameters: {lr: {min: 0.0, max: 1.0}, k: {values: [a, b, c]}}"
BAYES = """method: bayes
metric: {name: loss}
parameters: {x: {min: -10.0, max: 10.0}, k: {values: [bad, good]}, n: {min: 1, max: 8}}"""


def unknown(run_id: str) -> None:
    return None


def tried(sweep: Sweep, config: SweepConfig, worth: dict[str, float] | None = None) -> Sweep | None:
    """The sweep with one trial more, done; None when there is nothing left."""
    known = worth or {}
    found = suggestion(sweep, config, known.get)
    if found is None:
        return None
    trial = Trial(f"run{len(sweep.trials)}", found.number, config.args(found.units), found.units, "agent", 0.0, DONE)
    return replace(sweep, trials=(*sweep.trials, trial))


def test_a_grid_has_every_combination_once_and_ends() -> None:
    config = sweep_config(GRID)
    sweep = Sweep("s", GRID, 0, 0.0)
    for _ in range(12):
        after = tried(sweep, config)
        assert after is not None
        sweep = after
    assert tried(sweep, config) is None
    everything = [{"a": a, "b": b, "n": {"k": k}} for a, b, k in product("xy", (1, 2, 3), (0, 1))]
    assert [one.args for one in sweep.trials] == everything
    assert expected_runs(config) == 12


def test_a_combination_that_was_lost_is_tried_again() -> None:
    config = sweep_config(GRID)
    sweep = Sweep("s", GRID, 0, 0.0)
    for _ in range(12):
        after = tried(sweep, config)
        assert after is not None
        sweep = after
    lost = tuple(replace(one, state=LOST) if one.number == 5 else one for one in sweep.trials)
    again = suggestion(replace(sweep, trials=lost), config, unknown)
    assert again is not None
    assert (again.number, config.args(again.units)) == (5, sweep.trials[5].args)


def test_random_draws_are_those_of_the_seed() -> None:
    config = sweep_config(RANDOM)

    def first_five(seed: int) -> list[object]:
        sweep = Sweep("s", RANDOM, seed, 0.0)
        for _ in range(5):
            after = tried(sweep, config)
            assert after is not None
            sweep = after
        return [one.args for one in sweep.trials]

    assert first_five(1) == first_five(1) != first_five(2)
    assert len({str(args) for args in first_five(1)}) == 5
    assert expected_runs(config) is None


def test_a_cap_ends_the_search_and_lost_runs_do_not_count() -> None:
    text = RANDOM + "\nrun_cap: 2"
    config = sweep_config(text)
    one = tried(Sweep("s", text, 0, 0.0), config)
    assert one is not None
    two = tried(one, config)
    assert two is not None
    assert tried(two, config) is None
    assert tried(replace(two, trials=(replace(two.trials[0], state=LOST), two.trials[1])), config) is not None
    assert expected_runs(config) == 2


def test_bayes_goes_where_it_was_good() -> None:
    pytest.importorskip("optuna")
    config = sweep_config(BAYES)
    sweep, worth = Sweep("s", BAYES, 3, 0.0), dict[str, float]()
    for number in range(40):
        after = tried(sweep, config, worth)
        assert after is not None
        sweep = after
        args = sweep.trials[-1].args
        x = args["x"]
        assert isinstance(x, float)
        if number != 2:  # which ended without a result
            worth[f"run{number}"] = (x - 3) ** 2 + (0 if args["k"] == "good" else 20)
    late = [one.args for one in sweep.trials[20:]]
    assert sum(one["k"] == "good" for one in late) >= 14  # by chance 10
    distances = [abs(one["x"] - 3) for one in late if isinstance(one["x"], float)]
    assert statistics.median(distances) < 3.5  # by chance 6
    assert all(isinstance(one["n"], int) and 1 <= one["n"] <= 8 for one in late)


def test_bayes_without_optuna_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    config = sweep_config(BAYES)
    with pytest.raises(UsageError, match=r"pip install 'belvedere\[sweeps\]'"):
        suggestion(Sweep("s", BAYES, 0, 0.0), config, unknown)
