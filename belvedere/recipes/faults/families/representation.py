"""Representations that become alike."""

from belvedere.recipes.faults.scenario import Label, Scenario
from belvedere.recipes.faults.trace import Trace
from belvedere.recipes.faults.trainings.views import Views

LOST_AT = 150


def collapses(trace: Trace) -> bool:
    """The spread falls to less than a tenth of what it was."""
    spread = trace["latent/std"]
    return spread.since(LOST_AT + 1).end() < 0.1 * spread.before(LOST_AT).end()


def loses_dimensions(trace: Trace) -> bool:
    """The effective rank falls by more than a quarter while the spread stays."""
    rank, spread = trace["latent/effective_rank"], trace["latent/std"]
    return (
        rank.since(LOST_AT + 1).end() < 0.75 * rank.before(LOST_AT).end()
        and spread.since(LOST_AT + 1).end() > 0.8 * spread.before(LOST_AT).end()
    )


SCENARIOS = (
    Scenario(
        id="representation_collapse",
        about="From step 150 on nothing keeps representations apart: all digits get one, and the loss looks splendid.",
        healthy=Views(),
        switch={"variance_lost_at": LOST_AT},
        shows=collapses,
        label=Label("representation_collapse", "critical", onset=LOST_AT,
                    tolerated=("dimensional_collapse", "vanishing_gradient", "posterior_collapse")),
    ),
    Scenario(
        id="dimensional_collapse",
        about="From step 150 on nothing keeps dimensions different: they say the same things with the same spread.",
        healthy=Views(),
        switch={"covariance_lost_at": LOST_AT},
        shows=loses_dimensions,
        label=Label("dimensional_collapse", "warning", onset=LOST_AT),
    ),
)  # fmt: skip
