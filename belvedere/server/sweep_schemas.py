"""What the server tells of sweeps, one Struct each; `tools/generate_types.py` writes them into the page's code."""

from typing import Literal, TypeAlias

import msgspec

from belvedere.server.schemas import Values

SweepState: TypeAlias = Literal["running", "paused", "finished", "canceled"]
TrialState: TypeAlias = Literal["running", "finished", "failed", "crashed", "stopped", "waiting"]
Goal: TypeAlias = Literal["minimize", "maximize"]


class SweepRow(msgspec.Struct):
    """One sweep of a project; `runs` that it gave out so far."""

    id: str
    state: SweepState
    created: float
    runs: int
    name: str = ""
    method: str = ""


class Sweeps(msgspec.Struct):
    """The sweeps of a project, newest first."""

    sweeps: list[SweepRow]


class SweepParameter(msgspec.Struct):
    """What is searched: a name as the configuration of a run has it ("model.width"), and in words where."""

    name: str
    where: str
    varies: bool = True


class SweepTrial(msgspec.Struct):
    """A run of a sweep. state: of the run, or "waiting" while nothing of it has arrived. result: what it reached so
    far, a number or "NaN", "Infinity", "-Infinity"; ended_early: the sweep stopped it."""

    run: str
    state: TrialState
    args: Values
    name: str = ""
    result: object = None
    steps: int = 0
    created: float = 0.0
    seconds: float = 0.0
    ended_early: bool = False


class SweepDetail(SweepRow):
    """All about one sweep. expected: runs in all, null where it has no end; agents that are there now; command that
    starts one; best: the run that reached most; config: the YAML it was made from; stopping: how it ends runs early."""

    description: str = ""
    metric: str | None = None
    goal: Goal | None = None
    expected: int | None = None
    agents: int = 0
    command: str = ""
    best: str | None = None
    stopping: str = ""
    config: str = ""
    parameters: list[SweepParameter] = []
    trials: list[SweepTrial] = []
