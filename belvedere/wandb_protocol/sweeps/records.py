"""What is kept of a sweep, in one JSON file (see runlog/layout.py). Times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field

RUNNING, PAUSED, FINISHED, CANCELED = "RUNNING", "PAUSED", "FINISHED", "CANCELED"
STATES = (RUNNING, PAUSED, FINISHED, CANCELED)

# A trial is given to an agent, seen when the agent says that it works on it, then done; or lost with its agent.
GIVEN, SEEN, DONE, LOST, PREEMPTED = "given", "seen", "done", "lost", "preempted"


@dataclass(frozen=True)
class Trial:
    """One run that was given out. `number` is its place in the search (in a grid: which combination), `units` where in
    the space of each parameter it lies (see parameters.py), `is_ended` whether we told its agent to end it."""

    run_id: str
    number: int
    args: Mapping[str, object]
    units: Mapping[str, float]
    agent_id: str
    given_at: float
    state: str = GIVEN
    is_ended: bool = False

    @property
    def is_open(self) -> bool:
        """Whether an agent still works on it, as far as we know."""
        return self.state in (GIVEN, SEEN)


@dataclass(frozen=True)
class Agent:
    """A process that asks for runs."""

    id: str
    host: str
    created_at: float


@dataclass(frozen=True)
class Sweep:
    """A search: its configuration as the client wrote it (YAML text), its state, and everything it gave out."""

    id: str
    config: str
    seed: int
    created_at: float
    updated_at: float = 0.0
    state: str = RUNNING
    display_name: str | None = None
    description: str | None = None
    controller: str | None = None
    scheduler: str | None = None
    prior_runs: tuple[str, ...] = ()
    agents: tuple[Agent, ...] = field(default=())
    trials: tuple[Trial, ...] = field(default=())

    def trial(self, run_id: str) -> Trial | None:
        """The trial of a run."""
        return next((one for one in self.trials if one.run_id == run_id), None)

    def agent(self, agent_id: str) -> Agent | None:
        """The agent of that id."""
        return next((one for one in self.agents if one.id == agent_id), None)

    def counted(self) -> int:
        """Runs given out, those left out that were lost: another one takes their place."""
        return sum(one.state != LOST for one in self.trials)
