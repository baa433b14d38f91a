"""Sweeps and agents as the client reads them."""

import time

from belvedere.core.errors import BelvedereError
from belvedere.runlog.artifacts.ids import opaque_id
from belvedere.wandb_protocol.artifacts.nodes import iso, page
from belvedere.wandb_protocol.desk import Arguments, Asked, Node, ProjectValue, RunValue
from belvedere.wandb_protocol.sweeps import results
from belvedere.wandb_protocol.sweeps.agents import DEAD_SECS
from belvedere.wandb_protocol.sweeps.configs import SweepConfig, sweep_config
from belvedere.wandb_protocol.sweeps.records import LOST, RUNNING, Agent, Sweep
from belvedere.wandb_protocol.sweeps.search import expected_runs

__all__ = ["page", "sweep_node"]


def sweep_node(asked: Asked, project: ProjectValue, sweep: Sweep) -> Node:
    """A sweep."""
    config = _config(sweep)
    return Node("Sweep", {
        "id": opaque_id("Sweep", project.name, sweep.id),
        "name": sweep.id,
        "displayName": sweep.display_name or (config.name if config else None),
        "description": sweep.description or (config.description if config else None),
        "method": config.method if config else "",
        "state": sweep.state,
        "config": sweep.config,
        "controller": sweep.controller,
        "scheduler": sweep.scheduler,
        "controllerRunName": None,
        "earlyStopJobRunning": False,
        "createdAt": iso(sweep.created_at),
        "updatedAt": iso(sweep.updated_at or sweep.created_at),
        "heartbeatAt": iso(sweep.updated_at or sweep.created_at),
        "project": Node("Project", project),
        "priorRuns": lambda asked, arguments: page(_runs(asked, project, list(sweep.prior_runs)), arguments),
        "runs": lambda asked, arguments: page(_runs(asked, project, run_ids(sweep)), {"first": None, **arguments}),
        "runCount": lambda asked, _: len(_runs(asked, project, run_ids(sweep))),
        "runCountExpected": expected_runs(config) if config else None,
        "bestLoss": lambda asked, _: best_loss(asked, project, sweep),
        "agents": lambda asked, arguments: page(
            [_agent_node(asked, project, sweep, one) for one in sweep.agents], arguments),
        "agent": lambda asked, arguments: _agent(asked, project, sweep, arguments),
    })  # fmt: skip


def run_ids(sweep: Sweep) -> list[str]:
    """Every run that belongs to a sweep, oldest first."""
    return [*sweep.prior_runs, *(one.run_id for one in sweep.trials)]


def best_loss(asked: Asked, project: ProjectValue, sweep: Sweep) -> float | None:
    """The best value of the sweep's metric; None without one."""
    config = _config(sweep)
    if config is None or config.metric is None:
        return None
    found = (results.found_run(asked.desk.shelves, (project.name, one)) for one in run_ids(sweep))
    reached = [results.worth(run, config.metric) for run in found if run is not None]
    known = [one for one in reached if one is not None]
    return config.metric.worth(min(known)) if known else None


def _config(sweep: Sweep) -> SweepConfig | None:
    """None when an older server took what this one refuses; the sweep is still listed."""
    try:
        return sweep_config(sweep.config)
    except BelvedereError:
        return None


def _runs(asked: Asked, project: ProjectValue, ids: list[str]) -> list[Node]:
    """Those of the runs that have begun."""
    found = (results.found_run(asked.desk.shelves, (project.name, one)) for one in ids)
    return [Node("Run", RunValue(project, run)) for run in found if run is not None]


def _agent(asked: Asked, project: ProjectValue, sweep: Sweep, arguments: Arguments) -> Node | None:
    name = str(arguments.get("agentName") or "")
    opaque = (one for one in sweep.agents if opaque_id("Agent", project.name, f"{sweep.id}:{one.id}") == name)
    found = sweep.agent(name) or next(opaque, None)
    return _agent_node(asked, project, sweep, found) if found else None


def _agent_node(asked: Asked, project: ProjectValue, sweep: Sweep, agent: Agent) -> Node:
    now = time.time()
    silence = asked.desk.sweeps.silence_secs(agent.id, now)
    mine = [one.run_id for one in sweep.trials if one.agent_id == agent.id and one.state != LOST]
    return Node("Agent", {
        "id": opaque_id("Agent", project.name, f"{sweep.id}:{agent.id}"),
        "name": agent.id,
        "host": agent.host,
        "state": RUNNING if silence < DEAD_SECS else "FINISHED",
        "totalRuns": len(mine),
        "createdAt": iso(agent.created_at),
        "heartbeatAt": iso(max(agent.created_at, now - silence)),
        "runs": lambda asked, arguments: page(_runs(asked, project, mine), arguments),
    })  # fmt: skip
