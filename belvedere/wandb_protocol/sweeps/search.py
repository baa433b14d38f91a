"""What to try next: the next combination of a grid, a random one, or the one Bayes hopes most of.

Chance comes from the sweep's seed and the number of the trial, so that the same search goes on after a restart.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from belvedere.wandb_protocol.sweeps.bayes import Tried, most_hopeful
from belvedere.wandb_protocol.sweeps.configs import SweepConfig
from belvedere.wandb_protocol.sweeps.parameters import Parameter
from belvedere.wandb_protocol.sweeps.records import LOST, Sweep


@dataclass(frozen=True)
class Suggestion:
    """Place `number` in the search, and the unit of each parameter by its name."""

    number: int
    units: dict[str, float]


def suggestion(sweep: Sweep, config: SweepConfig, worth: Callable[[str], float | None]) -> Suggestion | None:
    """What to try next; None when everything was. `worth(run_id)`: the smaller the better, None while unknown."""
    if config.run_cap is not None and sweep.counted() >= config.run_cap:
        return None
    if config.method == "grid":
        return _next_of_grid(sweep, config.parameters)
    number = len(sweep.trials)
    if config.method == "random":
        chance = random.Random(f"{sweep.seed}:{number}")
        return Suggestion(number, {one.name: one.drawn(chance) for one in config.parameters})
    tried = [
        Tried(one.units, worth(one.run_id), one.is_open) for one in sweep.trials if one.state != LOST
    ]  # fmt: skip
    return Suggestion(number, most_hopeful(config.parameters, tried, seed=sweep.seed + number))


def grid_size(config: SweepConfig) -> int | None:
    """How many combinations a grid has; None for a search without end."""
    return prod(len(one.values or ()) for one in config.parameters) if config.method == "grid" else None


def expected_runs(config: SweepConfig) -> int | None:
    """How many runs the sweep will have; None when nobody says."""
    known = [one for one in (grid_size(config), config.run_cap) if one is not None]
    return min(known, default=None)


def _next_of_grid(sweep: Sweep, parameters: tuple[Parameter, ...]) -> Suggestion | None:
    """The first combination nobody has; the last parameter turns fastest."""
    taken = {one.number for one in sweep.trials if one.state != LOST}
    sizes = [len(one.values or ()) for one in parameters]
    number = next((one for one in range(len(taken) + 1) if one not in taken), 0)
    if number >= prod(sizes):
        return None
    units, rest = {}, number
    for one, size in zip(reversed(parameters), reversed(sizes)):
        rest, place = divmod(rest, size)
        units[one.name] = one.line.low + place
    return Suggestion(number, units)
