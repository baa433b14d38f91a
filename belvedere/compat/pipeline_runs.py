"""The runs of a training pipeline: those of a project and of its stages' projects, such as nanochat and nanochat-sft.

A run that does not say its stage (with `run.stage`, or `training_stage` in its config) has that of its project's
ending, else that of a whole word of its name; a run of which neither tells it stays "unknown".
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from belvedere.analysis.readable import Readable
from belvedere.analysis.stages import CONFIG_NAMES, ORDER, named
from belvedere.core.errors import NotFound
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Stage
from belvedere.record.settings import DEFAULT_ROOT

WANDB = "wandb"
PROJECTS_NAMED = 8


@dataclass(frozen=True)
class Staged:
    """A run with the stage that its project or its name tells, where it tells none itself."""

    run: Readable

    def data(self, needs: Needs) -> RunData:
        found = self.run.data(needs)
        if found.stages or any(name in found.config for name in CONFIG_NAMES):
            return found
        stage = stage_in(found.project) or stage_in(found.name)
        return replace(found, stages=(Stage(stage, 0, 0.0),)) if stage else found

    def lacks(self, needs: Needs) -> str:
        return self.run.lacks(needs)


def stage_in(name: str) -> str:
    """The stage that a whole word of a name says: "rl" is in "chat-rl", not in "world"; "" if none does."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    stages = [named(word) for word in words if named(word) in ORDER]
    return stages[-1] if stages else ""


def pipeline_runs(
    project: str, *, entity: str | None = None, source: str | None = None, api: Any = None
) -> tuple[Staged, ...]:
    """The runs of `project` and of all projects called `project-…`; each is fetched once.

    source: a folder, the address of a server, or "wandb"; without one $BELVEDERE_DIR, or ./belvedere-runs.
    """
    found = _wandb_runs(project, entity, api) if source == WANDB or api is not None else _own_runs(project, source)
    return tuple(Staged(run) for run in found)


def _own_runs(project: str, source: str | None) -> Sequence[Readable]:
    from belvedere.store.store import open_store

    store = open_store(source or os.environ.get("BELVEDERE_DIR") or DEFAULT_ROOT)
    return [run for name in _family(project, store.projects()) for run in store.runs(project=name)]


def _wandb_runs(project: str, entity: str | None, api: Any) -> Sequence[Readable]:
    from belvedere.compat.wandb_history import projects_of, runs_of, wandb_api

    api = api or wandb_api()
    return [run for name in _family(project, projects_of(api, entity)) for run in runs_of(api, name, entity)]


def _family(project: str, projects: Sequence[str]) -> list[str]:
    family = [name for name in projects if name == project or name.startswith(f"{project}-")]
    if not family:
        there = ", ".join(sorted(projects)[:PROJECTS_NAMED]) or "none"
        raise NotFound(f"no project {project!r}; there is: {there}")
    return sorted(family)
