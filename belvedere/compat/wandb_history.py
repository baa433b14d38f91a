"""Runs of W&B's service as series: the whole history of each, fetched once.

`api` is a `wandb.Api()`, or anything with `runs(path)` and `projects(entity)` that answers like it.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from belvedere.analysis.readable import Held
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.series import RunData, Series

STEP_KEYS = ("step", "efficiency/step", "_step")  # the first that a row has is its step
NOT_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}  # as the service writes them


def wandb_api() -> Any:
    """W&B's own client; UsageError where its package is not installed or not logged in."""
    try:
        import wandb  # type: ignore[import-not-found]
    except ImportError:
        raise UsageError("reading from W&B needs its package: pip install wandb; or pass --source DIR") from None
    try:
        return wandb.Api()
    except _refusals() as error:
        raise UsageError(f"W&B cannot be asked: {error}; run `wandb login`, or pass --source DIR") from None


def projects_of(api: Any, entity: str | None) -> list[str]:
    """Names of all projects of an entity, the default one unless it is named."""
    try:
        return [str(project.name) for project in api.projects(entity)]
    except _refusals() as error:
        raise NotFound(f"the projects at W&B cannot be listed: {error}; pass --entity NAME") from None


def runs_of(api: Any, project: str, entity: str | None) -> list[Held]:
    """Every run of a project with all that it logged."""
    path = f"{entity}/{project}" if entity else project
    try:
        return [Held(_run_data(run, project)) for run in api.runs(path)]
    except _refusals() as error:
        raise NotFound(f"project {path!r} cannot be read from W&B: {error}") from None


def _refusals() -> tuple[type[Exception], ...]:
    """What the client raises for what is not there or not allowed."""
    own = getattr(getattr(sys.modules.get("wandb"), "errors", None), "Error", None)
    return (ValueError, own) if isinstance(own, type) else (ValueError,)


def _run_data(run: Any, project: str) -> RunData:
    rows = list(run.scan_history())  # every row; history() would be 500 samples of them
    config = {key: value for key, value in dict(run.config).items() if not str(key).startswith("_")}
    stage = next((row["training_stage"] for row in reversed(rows) if isinstance(row.get("training_stage"), str)), None)
    if stage is not None:
        config.setdefault("training_stage", stage)
    return RunData(
        str(run.id), project, str(run.name), str(getattr(run, "state", "finished")), config, dict(run.summary),
        _series(rows), group=str(getattr(run, "group", "") or ""),
    )  # fmt: skip


def _series(rows: list[Mapping[str, object]]) -> dict[str, Series]:
    columns: dict[str, list[tuple[int, float, float]]] = {}
    for place, row in enumerate(rows):
        step = next((int(row[key]) for key in STEP_KEYS if isinstance(row.get(key), int | float)), place)  # type: ignore[call-overload]
        told = row.get("_timestamp")
        time = float(told) if isinstance(told, int | float) else math.nan
        for key, value in _numbers(row):
            columns.setdefault(key, []).append((step, time, value))
    found = {}
    for key, points in columns.items():
        steps, times, values = zip(*sorted(points, key=lambda point: point[0]))
        found[key] = Series(key, np.array(steps, np.int64), np.array(times, float), np.array(values, float))
    return found


def _numbers(row: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for key, value in row.items():
        if key.startswith("_") or key in STEP_KEYS:
            continue
        if isinstance(value, str) and value in NOT_NUMBERS:
            yield key, NOT_NUMBERS[value]
        elif isinstance(value, int | float):
            yield key, float(value)
