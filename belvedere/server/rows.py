"""Runs as the server tells them: from the store's records to the Structs of `schemas.py`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from belvedere.core.entries import Defined
from belvedere.importers.wandb.charts import charts_of
from belvedere.server.answers import jsonable
from belvedere.server.schemas import Alert, Attempt, Definition, KeyInfo, RunDetail, RunRow, Stage, Stopping, Values
from belvedere.store.describe import MACHINE, definition_finder
from belvedere.store.liveness import Attempt as StoredAttempt
from belvedere.store.records import KeyInfo as StoredKey
from belvedere.store.records import RunDetail as StoredDetail
from belvedere.store.records import RunRow as StoredRow

CLOCK = "relative"  # the axis of seconds since the run began
ARTIFACT_SECTIONS = frozenset(("artifacts", "artifacts_used"))  # where a run notes what it published and used


def row_of(row: StoredRow, most: int | None = None) -> RunRow:
    """A line of the run table; with `most`, no more than so many settings and so many last values."""
    told = RunRow(config=dict(flat(row.config)), **_shared(row))
    if most is not None:
        told.config, told.summary = _shortest_names(told.config, most), _shortest_names(told.summary, most)
    return told


def _shortest_names(values: Values, most: int) -> Values:
    """The values that a table of columns would show first: those of the fewest parts, then in their own order."""
    if len(values) <= most:
        return values
    kept = set(sorted(values, key=lambda key: key.count("/") + key.count("."))[:most])
    return {key: value for key, value in values.items() if key in kept}


def detail_of(detail: StoredDetail, stopping: Stopping = "no") -> RunDetail:
    """All about one run but its series; `stopping`: whether it can be stopped from here, or was asked to."""
    return RunDetail(
        **_shared(detail.row),
        config=_values(detail.row.config),
        notes=detail.notes,
        environment=_values(detail.environment),
        stages=[Stage(stage.name, stage.step, stage.time) for stage in detail.stages],
        alerts=[Alert(alert.title, alert.step, alert.time, alert.text, alert.level) for alert in detail.alerts],
        attempts=[_attempt(attempt) for attempt in detail.attempts],
        definitions={key: _definition(defined) for key, defined in detail.definitions.items()},
        dropped_rows=detail.dropped_rows,
        world_size=detail.world_size,
        stopping=stopping,
        charts={key: chart.table for key, chart in charts_of(detail.foreign.get("wandb", {})).items()},
        sweep=str(detail.foreign.get("wandb", {}).get("sweep") or ""),
        has_files=bool(detail.files or detail.foreign.keys() & ARTIFACT_SECTIONS),
    )


def keys_of(infos: Sequence[StoredKey], detail: StoredDetail) -> list[KeyInfo]:
    """The keys of a run with what was defined of them; an x axis only where the run has that series.

    W&B's clients measure the machine by the clock, whatever the step: that goes over time where nothing else was said.
    A pattern as wide as "*" (the trainer of transformers defines one) means what the training logs, not the machine.
    """
    found_for, series = definition_finder(detail.definitions), {info.key for info in infos if info.kind == "scalar"}
    machine = CLOCK if "wandb" in detail.foreign else None
    return [_key_of(info, found_for(info.key), series, machine) for info in infos]


def _key_of(info: StoredKey, defined: Defined | None, series: Collection[str], machine: str | None) -> KeyInfo:
    is_machine = info.key.startswith(MACHINE)
    x = machine if is_machine else None
    if is_machine and defined is not None and not defined.key.startswith(MACHINE):
        defined = None
    if defined is not None and defined.x in series and defined.x != info.key:
        x = defined.x
    is_hidden = defined is not None and defined.hidden
    last, ranks = jsonable(info.last), list(info.ranks)
    return KeyInfo(info.key, info.kind, info.count, last, info.last_step, ranks, info.unit, x, is_hidden)


def _shared(row: StoredRow) -> dict[str, Any]:
    """What a line of the table and a detail say alike."""
    plain = ("project", "id", "state", "created", "updated", "name", "group", "job_type", "steps")
    facts = {name: getattr(row, name) for name in plain}
    return {**facts, "tags": list(row.tags), "summary": _values(row.summary), "damage": list(row.damage)}


def _attempt(one: StoredAttempt) -> Attempt:
    return Attempt(one.writer, one.rank, one.started, one.host, one.pid, one.state, one.resume_from)


def _definition(one: Defined) -> Definition:
    return Definition(one.x, [str(name) for name in one.summary], one.goal, one.unit, one.hidden)


def _values(values: Mapping[str, object]) -> Values:
    return {str(key): jsonable(value) for key, value in values.items()}


def flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Nested settings as one level: {"optimizer": {"lr": 1}} -> "optimizer.lr"."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", jsonable(value)
