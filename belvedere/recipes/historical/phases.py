"""The three phases of a long language-model training, and where the loss should be at the end of each.

The plan that they are known from has 60 000 iterations and a vocabulary of 30 000; here a phase is a share of the plan,
and a loss a share of ln V, what guessing costs.
"""

import math
from dataclasses import dataclass

PLANNED = 60_000  # iterations of the plan that the bands are known from
PLANNED_TOKENS = PLANNED * 20 * 1024
COMPARABLE = 0.5  # a plan of fewer tokens than this share of it ends above the bands, and that means nothing
GUESSING = math.log(30_000)  # nats per token: 10.31


@dataclass(frozen=True)
class Phase:
    """`until` is a share of the plan; `low` and `high` bound the loss at its end, as shares of ln V."""

    name: str
    until: float
    low: float
    high: float
    about: str

    def band(self, vocab: int) -> tuple[float, float]:
        """The expected loss at the end of the phase, in nats per token."""
        return self.low * math.log(vocab), self.high * math.log(vocab)


PHASES = (
    Phase("early", 2_000 / PLANNED, 6 / GUESSING, 7 / GUESSING, "learning rate rises, loss falls steeply"),
    Phase("mid", 20_000 / PLANNED, 4 / GUESSING, 5 / GUESSING, "learning rate at its height, loss falls steadily"),
    Phase("late", 1.0, 2 / GUESSING, 4 / GUESSING, "learning rate decays, loss falls slowly"),
)


def phase_at(fraction: float) -> Phase:
    """The phase when this share of the plan is done."""
    return next((phase for phase in PHASES if fraction < phase.until), PHASES[-1])


def expected_losses(vocab: int) -> dict[str, list[float]]:
    """Lowest and highest expected loss at the end of each phase, for the run's configuration."""
    return {phase.name: [round(bound, 3) for bound in phase.band(vocab)] for phase in PHASES}


def judged(phase: Phase, loss: float, vocab: int) -> str:
    """One sentence about a phase that is over."""
    low, high = phase.band(vocab)
    place = "below" if loss < low else "above" if loss > high else "inside"
    return f"phase {phase.name} is over: loss {loss:.3f}, {place} the band {low:.2f} to {high:.2f}"


def is_comparable(planned_tokens: float) -> bool:
    """Whether a plan is long enough to be held against the bands."""
    return planned_tokens >= COMPARABLE * PLANNED_TOKENS
