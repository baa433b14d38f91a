"""`wandb.sweep` and `wandb.agent` within one process: grid and random search over the parameters of a function.

    sweep_id = wandb.sweep({"method": "random", "parameters": {"lr": {"min": 1e-4, "max": 1e-1}}}, project="demo")
    wandb.agent(sweep_id, function=train, count=10)

The function calls `wandb.init()` and finds the parameters in its config. Every method but grid draws at random here;
searches over several processes, Bayes and early stopping run on a server: `belvedere serve` with W&B's own client.
"""

import itertools
import math
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from belvedere.core.errors import UsageError
from belvedere.core.names import new_run_id
from belvedere.record import wandb_names
from belvedere.record.guard import ANY_ERROR
from belvedere.record.session import current_or_none, finish

FAILURES_MAX = 5  # in a row
DRAWS_MAX = 100  # of a random search that nobody counts

Parameters = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True)
class Sweep:
    """What is searched."""

    id: str
    project: str
    method: str
    parameters: Parameters
    run_cap: int | None


_sweeps: dict[str, Sweep] = {}


def sweep(
    sweep: Mapping[str, object] | Callable[[], Mapping[str, object]], entity: str | None = None,
    project: str | None = None, prior_runs: object = None,
) -> str:  # fmt: skip
    """Note a search; its id, for `agent`. UsageError for what cannot be searched."""
    told = sweep() if callable(sweep) else sweep
    parameters = told.get("parameters")
    if not isinstance(parameters, Mapping) or not parameters:
        raise UsageError('a sweep needs parameters, such as {"parameters": {"lr": {"values": [0.1, 0.01]}}}')
    method = str(told.get("method", "grid"))
    if method not in ("grid", "random", "bayes"):
        raise UsageError(f"method={method!r} is not known; use 'grid', 'random' or 'bayes'")
    spread = _spread(parameters)
    cap = told.get("run_cap")
    found = Sweep(
        new_run_id(), str(project or told.get("project") or ""), method, spread, int(str(cap)) if cap else None
    )
    next(_choices(found))  # what cannot be drawn is said now
    _sweeps[found.id] = found
    if method == "bayes" or told.get("early_terminate"):
        print(
            "belvedere: this process draws at random and stops no run early; see docs/wandb-scripts.md", file=sys.stderr
        )
    return found.id


def agent(
    sweep_id: str, function: Callable[[], object] | None = None, entity: str | None = None, project: str | None = None,
    count: int | None = None, forward_signals: bool = False,
) -> None:  # fmt: skip
    """Call `function` once for each choice of parameters, at most `count` times. A failed call ends its own run only;
    after five in a row the search ends."""
    found = _sweeps.get(str(sweep_id).rpartition("/")[2])
    if found is None:
        raise UsageError(f"this process has no sweep {sweep_id!r}; make it here: wandb.sweep(…), or use a server")
    if function is None:
        raise UsageError("agent() calls a function here; pass function=train, which calls wandb.init()")
    bounds = [bound for bound in (count, found.run_cap) if bound is not None]
    limit = min(bounds) if bounds else (None if found.method == "grid" else DRAWS_MAX)
    failures = 0
    for parameters in itertools.islice(_choices(found), limit):
        failures = 0 if _called(function, found, project, parameters) else failures + 1
        if failures == FAILURES_MAX:
            raise UsageError(
                f"the function failed {FAILURES_MAX} times in a row, so the sweep ended; see the errors above"
            )


def _called(
    function: Callable[[], object], found: Sweep, project: str | None, parameters: Mapping[str, object]
) -> bool:
    """Whether one call of the function went well; what it left open is finished."""
    given = wandb_names.SweepRun(found.id, project or found.project, parameters)
    wandb_names.given_runs.append(given)
    try:
        function()
    except ANY_ERROR:
        traceback.print_exc()
        if current_or_none() is not None:
            finish(1)
        return False
    finally:
        wandb_names.given_runs.remove(given)
        if current_or_none() is not None:
            finish()
    return True


# ---- choices ---------------------------------------------------------------------------------------------------------


def _spread(parameters: Mapping[str, object], prefix: str = "") -> dict[str, Mapping[str, object]]:
    """Parameters by path; nested ones stand under "parameters"."""
    found: dict[str, Mapping[str, object]] = {}
    for name, told in parameters.items():
        if not isinstance(told, Mapping):
            raise UsageError(f"parameter {name!r} is {told!r}; write {{'value': …}}, {{'values': […]}} or min and max")
        inner = told.get("parameters")
        if isinstance(inner, Mapping):
            found.update(_spread(inner, f"{prefix}{name}\0"))
        else:
            found[f"{prefix}{name}"] = told
    return found


def _choices(found: Sweep) -> Iterator[dict[str, object]]:
    """One mapping of parameters after the other: every one of a grid, or draws without an end."""
    if found.method == "grid":
        names = list(found.parameters)
        for values in itertools.product(*(_every(name, found.parameters[name]) for name in names)):
            yield _nested(dict(zip(names, values)))
        return
    chance = random.Random(found.id)
    while True:
        yield _nested({name: _drawn(name, told, chance) for name, told in found.parameters.items()})


def _nested(flat: Mapping[str, object]) -> dict[str, object]:
    out: dict[str, object] = {}
    for path, value in flat.items():
        *folders, name = path.split("\0")
        place = out
        for folder in folders:
            place = place.setdefault(folder, {})  # type: ignore[assignment]
        place[name] = value
    return out


def _every(name: str, told: Mapping[str, object]) -> list[object]:
    if "value" in told:
        return [told["value"]]
    values = told.get("values")
    if isinstance(values, list | tuple):
        return list(values)
    low, high = told.get("min"), told.get("max")
    if isinstance(low, int) and isinstance(high, int):
        return list(range(low, high + 1))
    raise UsageError(f"a grid cannot count through parameter {name!r}; give it values, or use method 'random'")


def _drawn(name: str, told: Mapping[str, object], chance: random.Random) -> object:
    if "value" in told:
        return told["value"]
    values = told.get("values")
    if isinstance(values, list | tuple) and values:
        shares = told.get("probabilities")
        return chance.choices(values, list(shares) if isinstance(shares, list | tuple) else None)[0]
    low, high = told.get("min"), told.get("max")
    whole = isinstance(low, int) and isinstance(high, int)
    kind = str(told.get("distribution", "int_uniform" if whole else "uniform"))
    step = float(str(told.get("q", 1)))
    number = _number(name, kind.removeprefix("q_"), told, chance)
    if kind.startswith("q_"):
        number = round(number / step) * step
    return int(number) if kind == "int_uniform" else number


def _number(name: str, kind: str, told: Mapping[str, object], chance: random.Random) -> float:
    """A draw from one of W&B's distributions."""
    if kind in ("normal", "log_normal"):
        drawn = chance.gauss(float(str(told.get("mu", 0))), float(str(told.get("sigma", 1))))
        return math.exp(drawn) if kind == "log_normal" else drawn
    if "min" not in told or "max" not in told:
        raise UsageError(f"parameter {name!r} has nothing to draw from: give it value, values, or min and max")
    low, high = float(str(told["min"])), float(str(told["max"]))
    if kind == "int_uniform":
        return float(chance.randint(int(low), int(high)))
    if kind == "uniform":
        return chance.uniform(low, high)
    if kind == "log_uniform_values" and 0 < low <= high:
        return math.exp(chance.uniform(math.log(low), math.log(high)))
    if kind == "log_uniform":
        return math.exp(chance.uniform(low, high))
    if kind == "inv_log_uniform_values" and 0 < low <= high:
        return 1 / math.exp(chance.uniform(math.log(1 / high), math.log(1 / low)))
    raise UsageError(f"distribution {kind!r} from {low} to {high} of parameter {name!r} cannot be drawn; use uniform")
