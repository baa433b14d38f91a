"""All scenarios by name, the broken ones in the order of the catalogue of pathologies, the healthy ones last."""

import belvedere as bv
from belvedere.recipes.faults.families import (
    activations,
    attention,
    generalisation,
    gradients,
    healthy,
    losses,
    numerics,
    optimisation,
    reinforcement,
    representation,
    throughput,
)
from belvedere.recipes.faults.scenario import Scenario

FAMILIES: dict[str, tuple[Scenario, ...]] = {
    "numerics": numerics.SCENARIOS,
    "optimisation": optimisation.SCENARIOS,
    "gradients": gradients.SCENARIOS,
    "activations": activations.SCENARIOS,
    "generalisation": generalisation.SCENARIOS,
    "losses": losses.SCENARIOS,
    "representation": representation.SCENARIOS,
    "attention": attention.SCENARIOS,
    "reinforcement": reinforcement.SCENARIOS,
    "throughput": throughput.SCENARIOS,
    "healthy": healthy.SCENARIOS,
}
SCENARIOS: dict[str, Scenario] = {one.id: one for family in FAMILIES.values() for one in family}


def scenario(name: str) -> Scenario:
    """UsageError for a name that is none."""
    if name not in SCENARIOS:
        raise bv.UsageError(f"there is no scenario {name!r}; --list names them")
    return SCENARIOS[name]
