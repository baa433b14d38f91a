"""Sweeps: made, changed, listed; agents that join and speak up."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from belvedere.core.errors import NotFound, UsageError
from belvedere.core.names import new_run_id
from belvedere.runlog.artifacts.ids import opaque_id, taken_apart
from belvedere.wandb_protocol.artifacts.nodes import entity_of
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Node, ProjectValue
from belvedere.wandb_protocol.sweeps import agents
from belvedere.wandb_protocol.sweeps.configs import sweep_config
from belvedere.wandb_protocol.sweeps.nodes import page, sweep_node
from belvedere.wandb_protocol.sweeps.records import STATES, Agent, Sweep

Given = Mapping[str, object]
PROJECT = "uncategorized"  # where the client's own sweeps without a project go
TEXTS = {
    "config": "config", "state": "state", "displayName": "display_name", "description": "description",
    "controller": "controller", "scheduler": "scheduler",
}  # fmt: skip


def upsert_sweep(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """Make a sweep, or change what is named of one that has an id."""
    given = _input(arguments)
    board, project = asked.desk.sweeps, str(given.get("projectName") or PROJECT)
    facts = {ours: _clean(given[theirs]) for theirs, ours in TEXTS.items() if isinstance(given.get(theirs), str)}
    if "state" in facts and facts["state"] not in STATES:
        raise UsageError(f"sweep state {str(facts['state'])[:40]!r} is not known; use {', '.join(STATES)}")
    if "config" in facts:
        sweep_config(facts["config"])
    with board.lock:
        if given.get("id"):
            project, sweep_id = _place(str(given["id"]), project)
            sweep = replace(board.sweep(project, sweep_id), updated_at=time.time())
        elif "config" not in facts:
            raise UsageError("a new sweep needs a configuration; send config as YAML text")
        else:
            sweep = Sweep(new_run_id(), "", secrets.randbits(32), time.time(), prior_runs=_prior_runs(given))
        sweep = board.keep(project, msgspec.convert({**msgspec.to_builtins(sweep), **facts}, Sweep))
    return {"sweep": sweep_node(asked, ProjectValue(entity_of(asked), project), sweep), "configValidationWarnings": []}


def create_agent(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """A process that wants runs of a sweep."""
    given = _input(arguments)
    project, sweep_id = str(given.get("projectName") or PROJECT), str(given.get("sweep") or "")
    agent = Agent(new_run_id(), _clean(given.get("host") or "")[:200], time.time())
    agents.joined(asked.desk, project, sweep_id, agent)
    return {"agent": {"id": opaque_id("Agent", project, f"{sweep_id}:{agent.id}"), "name": agent.id}}


def agent_heartbeat(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """What an agent has under way, and what it is to do. An agent of a sweep that is gone leaves."""
    given = _input(arguments)
    project, name = taken_apart(given.get("id"), "Agent")
    sweep_id, _, agent_id = name.partition(":")
    word = agents.Word(project, sweep_id, agent_id, _under_way(given.get("runState")))
    try:
        if asked.desk.sweeps.sweep(project, sweep_id).agent(agent_id) is None:
            raise NotFound(f"no agent {agent_id!r} in sweep {sweep_id!r}; start it again")
        told = agents.commands(asked.desk, word)
    except NotFound:
        told = [agents.EXIT]
    return {"agent": {"id": given.get("id")}, "commands": json.dumps(told)}


def project_sweep(asked: Asked, parent: object, arguments: Arguments) -> Node | None:
    """A sweep by its id; null when there is none."""
    project = _project(parent)
    try:
        sweep = asked.desk.sweeps.sweep(project.name, str(arguments.get("sweepName") or arguments.get("name") or ""))
    except NotFound:
        return None
    return sweep_node(asked, project, sweep)


def project_sweeps(asked: Asked, parent: object, arguments: Arguments) -> Given:
    """The sweeps of a project, newest first."""
    project = _project(parent)
    return page([sweep_node(asked, project, one) for one in asked.desk.sweeps.sweeps(project.name)], arguments)


def total_sweeps(asked: Asked, parent: object, arguments: Arguments) -> int:
    """How many sweeps a project has."""
    return len(asked.desk.sweeps.sweeps(_project(parent).name))


def _under_way(run_state: object) -> frozenset[str]:
    """Runs that an agent says it works on, from JSON text {run id: true}."""
    try:
        found = json.loads(run_state) if isinstance(run_state, str) else run_state or {}
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise UsageError(f"runState {str(run_state)[:60]!r} is no JSON object; send {{run id: true}}")
    return frozenset(str(run_id) for run_id, is_under_way in found.items() if is_under_way)


def _place(given: str, project: str) -> tuple[str, str]:
    """Project and id of a sweep, from the opaque id or the plain one."""
    try:
        return taken_apart(given, "Sweep")
    except NotFound:
        return project, given


def _prior_runs(given: Given) -> tuple[str, ...]:
    """Ids from the filter {"$or": [{"name": id}, …]}, as JSON text."""
    text = given.get("priorRunsFilters")
    try:
        found = json.loads(text) if isinstance(text, str) else None
        runs = found.get("$or", []) if isinstance(found, Mapping) else []
        return tuple(_clean(one["name"]) for one in runs)
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"prior runs {str(text)[:60]!r} are not understood; name them by id") from None


def _clean(text: object) -> str:
    """Text that a file can hold: without halves of surrogate pairs."""
    return str(text).encode("utf-8", "replace").decode()


def _project(parent: object) -> ProjectValue:
    if not isinstance(parent, ProjectValue):
        raise UsageError("sweeps are asked for inside a project; name one")
    return parent


def _input(arguments: Arguments) -> Given:
    given = arguments.get("input")
    if not isinstance(given, Mapping):
        raise UsageError("the mutation comes without an input; send one")
    return given


FIELDS: Fields = {
    "Mutation": {"upsertSweep": upsert_sweep, "createAgent": create_agent, "agentHeartbeat": agent_heartbeat},
    "Project": {"sweep": project_sweep, "sweeps": project_sweeps, "totalSweeps": total_sweeps},
}
