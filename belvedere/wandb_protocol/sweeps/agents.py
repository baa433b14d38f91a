"""What an agent is told when it speaks up: take a run, end one, leave; and what its words say about its runs."""

import math
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from belvedere.core.names import new_run_id
from belvedere.wandb_protocol.desk import Desk, RunName
from belvedere.wandb_protocol.sweeps import results
from belvedere.wandb_protocol.sweeps.configs import Metric, SweepConfig, sweep_config
from belvedere.wandb_protocol.sweeps.hyperband import Worths, is_behind
from belvedere.wandb_protocol.sweeps.records import (
    CANCELED,
    DONE,
    FINISHED,
    GIVEN,
    LOST,
    PAUSED,
    PREEMPTED,
    SEEN,
    Agent,
    Sweep,
    Trial,
)
from belvedere.wandb_protocol.sweeps.search import suggestion

SILENT_SECS = 15.0  # agents speak every 5 s; from here on one may be gone
DEAD_SECS = 60.0  # as for runs: who said nothing for that long has crashed
Command = dict[str, object]
EXIT: Command = {"type": "exit"}


@dataclass(frozen=True)
class Word:
    """What an agent says: who it is, and which of its runs are under way."""

    project: str
    sweep_id: str
    agent_id: str
    under_way: frozenset[str]


def joined(desk: Desk, project: str, sweep_id: str, agent: Agent) -> Sweep:
    """A new agent of a sweep."""
    with desk.sweeps.lock:
        sweep = desk.sweeps.sweep(project, sweep_id)
        desk.sweeps.hear(agent.id, agent.created_at)
        return desk.sweeps.keep(project, replace(sweep, agents=(*sweep.agents, agent)))


def commands(desk: Desk, word: Word, now: float | None = None) -> list[Command]:
    """What the agent is to do now. At most one run is given out at a time: it reports what it has before it gets
    more."""
    now = time.time() if now is None else now
    with desk.sweeps.lock:
        before = desk.sweeps.sweep(word.project, word.sweep_id)
        desk.sweeps.hear(word.agent_id, now)
        config = sweep_config(before.config)
        sweep = _without_the_dead(desk, word.project, _after_word(desk, before, word), now)
        if sweep.state == CANCELED:
            sweep, told = _ended(desk, sweep, word, word.under_way)
            told = told or [EXIT]
        elif word.under_way:
            sweep, told = _ended_early(desk, sweep, config, word)
        elif sweep.state == PAUSED:
            told = []
        elif sweep.state == FINISHED:
            told = [EXIT]
        else:
            sweep, told = _next(desk, sweep, config, word, now)
        if sweep != before:
            desk.sweeps.keep(word.project, replace(sweep, updated_at=now))
    return told


def _after_word(desk: Desk, sweep: Sweep, word: Word) -> Sweep:
    """What the agent has under way is seen; what it had and has no more is done. What it never had was lost on the way
    to it: the reply in which it was given did not arrive."""
    return replace(
        sweep,
        trials=tuple(
            replace(one, state=_state_now(desk, word, one)) if one.is_open and one.agent_id == word.agent_id else one
            for one in sweep.trials
        ),
    )


def _state_now(desk: Desk, word: Word, trial: Trial) -> str:
    if trial.run_id in word.under_way:
        return SEEN
    run = results.found_run(desk.shelves, (word.project, trial.run_id))
    if trial.is_ended and run is not None and run.state == results.RUNNING:
        results.close(desk, (word.project, trial.run_id))
    if run is not None and results.is_preempted(run):
        return PREEMPTED
    return DONE if trial.state == SEEN or run is not None else LOST


def _without_the_dead(desk: Desk, project: str, sweep: Sweep, now: float) -> Sweep:
    """Runs of agents that said nothing for a minute are given up, unless they go on without their agent."""

    def is_alone(one: Trial) -> bool:
        return one.is_open and desk.sweeps.silence_secs(one.agent_id, now) > DEAD_SECS

    return replace(
        sweep,
        trials=tuple(
            replace(one, state=_state_without_agent(desk, project, one)) if is_alone(one) else one
            for one in sweep.trials
        ),
    )


def _state_without_agent(desk: Desk, project: str, trial: Trial) -> str:
    run = results.found_run(desk.shelves, (project, trial.run_id))
    if run is None:
        return LOST
    if run.state == results.RUNNING:
        return trial.state
    if results.is_preempted(run):
        return PREEMPTED
    return LOST if run.state == "crashed" else DONE


def _ended_early(desk: Desk, sweep: Sweep, config: SweepConfig, word: Word) -> tuple[Sweep, list[Command]]:
    """Runs that are behind end, and those that were told to end before."""
    if config.hyperband is None or config.metric is None:
        return sweep, []
    rule, metric = config.hyperband, config.metric
    reached = {one.run_id: _reached(desk, word.project, one, metric) for one in sweep.trials}
    behind = {one for one in word.under_way & reached.keys() if is_behind(rule, one, reached)}
    before = {one.run_id for one in sweep.trials if one.is_ended and one.run_id in word.under_way}
    return _ended(desk, sweep, word, behind | before)


def _reached(desk: Desk, project: str, trial: Trial, metric: Metric) -> Worths:
    """What a trial reached at each of its iterations; of one that is over it is read once."""
    known = desk.sweeps.reached
    if (place := (project, trial.run_id, metric)) in known:
        return known[place]
    run = results.found_run(desk.shelves, (project, trial.run_id))
    found = results.worths(run, metric) if run is not None else np.empty(0)
    if run is not None and trial.state == DONE and run.state != results.RUNNING:
        known[place] = found
    return found


def _ended(desk: Desk, sweep: Sweep, word: Word, run_ids: Collection[str]) -> tuple[Sweep, list[Command]]:
    """The agent is to end these runs; told again while they are still there, it uses more force. What they answer
    themselves, when they are asked for by the way of their rows, ends them in order."""
    desk.stopping |= {(word.project, run_id) for run_id in run_ids}
    trials = (replace(one, is_ended=True) if one.run_id in run_ids else one for one in sweep.trials)
    told: list[Command] = [{"type": "stop", "run_id": run_id} for run_id in sorted(run_ids)]
    return replace(sweep, trials=tuple(trials)), told


def _next(desk: Desk, sweep: Sweep, config: SweepConfig, word: Word, now: float) -> tuple[Sweep, list[Command]]:
    """A run for an agent that has none: one whose machine was taken away, else the next of the search."""
    waiting = next((one for one in sweep.trials if one.state == PREEMPTED), None)
    if waiting:
        desk.stopping.discard((word.project, waiting.run_id))
        again = replace(waiting, agent_id=word.agent_id, given_at=now, state=GIVEN)
        trials = tuple(again if one is waiting else one for one in sweep.trials)
        return replace(sweep, trials=trials), [_run("resume", again, config)]

    def worth(run_id: str) -> float | None:
        return _result(desk, (word.project, run_id), config.metric) if config.metric is not None else None

    found = suggestion(sweep, config, worth)
    if found is None:
        return _at_the_end(desk, sweep, now)
    args = config.args(found.units)
    trial = Trial(new_run_id(), found.number, args, found.units, word.agent_id, now)
    return replace(sweep, trials=(*sweep.trials, trial)), [_run("run", trial, config)]


def _result(desk: Desk, name: RunName, metric: Metric) -> float | None:
    """What a run came to; once it is over it is read no more."""
    known = desk.sweeps.results
    if (place := (*name, metric)) in known:
        return known[place]
    run = results.found_run(desk.shelves, name)
    found = results.worth(run, metric) if run is not None else None
    if run is not None and found is not None and run.state != results.RUNNING:
        known[place] = found
    return found


def _at_the_end(desk: Desk, sweep: Sweep, now: float) -> tuple[Sweep, list[Command]]:
    """Nothing is left to give: the agent leaves, unless somebody fell silent whose run it may have to take over."""
    under_way = [one for one in sweep.trials if one.is_open]
    if not under_way:
        return replace(sweep, state=FINISHED), [EXIT]
    longest = max((desk.sweeps.silence_secs(one.agent_id, now) for one in under_way), default=-math.inf)
    return sweep, [] if longest > SILENT_SECS else [EXIT]


def _run(kind: str, trial: Trial, config: SweepConfig) -> Command:
    args: Mapping[str, object] = {name: {"value": value} for name, value in trial.args.items()}
    return {"type": kind, "run_id": trial.run_id, "args": args, "program": config.program}
