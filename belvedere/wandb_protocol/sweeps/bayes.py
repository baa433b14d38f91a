"""Bayes: Optuna's tree-structured Parzen estimator over what was tried so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.sweeps.parameters import Parameter

if TYPE_CHECKING:
    import optuna

TRIED_MAX = 1_000  # of the newest; a thousand points say what there is to say


@dataclass(frozen=True)
class Tried:
    """Where a trial lies, and what came out: the smaller the better; None without a result."""

    units: Mapping[str, float]
    worth: float | None
    is_running: bool


def most_hopeful(parameters: Sequence[Parameter], tried: Sequence[Tried], *, seed: int) -> dict[str, float]:
    """The units to try next; UsageError where Optuna is not installed. Running trials count as bad ones, so that many
    agents at once do not all go to one place."""
    _checked_optuna()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {one.name: _distribution(one) for one in parameters}
    sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    study = optuna.create_study(sampler=sampler, direction="minimize")
    for one in tried[-TRIED_MAX:]:
        if _is_inside(parameters, one):  # else the parameters were changed since
            study.add_trial(_frozen(space, one))
    found = study.ask(space).params
    return {name: float(value) for name, value in found.items()}


def _is_inside(parameters: Sequence[Parameter], one: Tried) -> bool:
    lines = {parameter.name: parameter.line for parameter in parameters}
    return lines.keys() == one.units.keys() and all(
        lines[name].low <= unit <= lines[name].high for name, unit in one.units.items()
    )


def _distribution(parameter: Parameter) -> "optuna.distributions.BaseDistribution":
    import optuna

    line = parameter.line
    if line.is_category:
        return optuna.distributions.CategoricalDistribution(tuple(range(round(line.high) + 1)))
    if line.is_whole:
        return optuna.distributions.IntDistribution(round(line.low), round(line.high))
    return optuna.distributions.FloatDistribution(line.low, line.high)


def _frozen(space: "Mapping[str, optuna.distributions.BaseDistribution]", one: Tried) -> "optuna.trial.FrozenTrial":
    import optuna

    states = optuna.trial.TrialState
    state = states.COMPLETE if one.worth is not None else states.RUNNING if one.is_running else states.FAIL
    params = {
        name: unit if isinstance(space[name], optuna.distributions.FloatDistribution) else round(unit)
        for name, unit in one.units.items()
    }
    return optuna.trial.create_trial(state=state, params=params, distributions=dict(space), value=one.worth)


def _checked_optuna() -> None:
    if find_spec("optuna") is None:
        raise UsageError(
            "method: bayes needs Optuna on the server, which is not installed; run pip install 'belvedere[sweeps]', "
            "or use method: random"
        )
