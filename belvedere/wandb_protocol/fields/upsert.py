"""upsertBucket: a run is made, or told anew; rewindRun: it is taken up again at an earlier step.

A program that comes for a run says on what host it runs; what it says later, and what `wandb.Api()` changes, does not.
A resumed run comes with its opaque id. The configuration is always whole; null leaves a part as it was.
"""

import time
from collections.abc import Mapping
from dataclasses import replace

from belvedere.core.entries import Configured, RunFinished, Stored
from belvedere.core.errors import NotFound, UsageError
from belvedere.importers.wandb.config import config_json, config_of
from belvedere.importers.wandb.jsons import loads
from belvedere.wandb_protocol.desk import ENTITY, Arguments, Asked, Fields, ProjectValue, RunName, RunValue
from belvedere.wandb_protocol.forks import copy_parent
from belvedere.wandb_protocol.ids import run_of
from belvedere.wandb_protocol.known import CONFIG, SECTION, Known, Told

FACTS: Mapping[str, str] = {
    "host": "host", "jobProgram": "program", "commit": "commit", "jobRepo": "repo", "description": "description",
    "sweep": "sweep",
}  # fmt: skip
ENDINGS: Mapping[str, str] = {"finished": "finished", "failed": "failed", "crashed": "failed", "killed": "stopped"}


def _upsert_bucket(asked: Asked, parent: object, arguments: Arguments) -> object:
    given = _input(arguments)
    name = _named(asked, given)
    now = time.time()
    told = _told(given)
    summary = _summary(given)
    host = _text(given, "host") or ""
    is_beginning = bool(host or _text(given, "jobProgram"))
    if not is_beginning and asked.desk.is_deleted(name):
        raise NotFound(f"run {name[1]!r} was deleted while it ran; begin another one")
    with asked.desk.attempts.recording(name) as recording:
        is_new = recording.is_new
        if is_new or is_beginning:
            asked.desk.stopping.discard(name)
            copy_parent(asked.desk.shelves, recording, told, now)
            recording.arrives(now, told, host=host, is_resumed=bool(given.get("id")))
        known, newest = recording.known, recording.newest
        if not given.get("name") and asked.desk.shelves.run(name).state != "running":
            told = replace(told, is_edited=True)  # a program names its run; `wandb.Api()` has its opaque id alone
        events = known.changes(told, now)
        if summary is not None:
            ours, facts = known.summary.take(summary, newest.last)
            events += [Configured(now, one, section) for one, section in ((ours, "summary"), (facts, SECTION)) if one]
        state = ENDINGS.get(_text(given, "state") or "")
        if state is not None and newest.ending is None:
            events.append(RunFinished(now, state))
        for event in events:
            newest.landing.event(event)
        bucket = _bucket(asked, given, name, known)
        recording.remember(newest)
    return {"bucket": bucket, "inserted": is_new, "clientMutationId": given.get("clientMutationId")}


def _rewind_run(asked: Asked, parent: object, arguments: Arguments) -> object:
    given = _input(arguments)
    name = asked.desk.shelves.checked_name(_project(given, "projectName"), _text(given, "runName") or "")
    metric, value = given.get("metricName"), given.get("metricValue")
    if metric != "_step" or not isinstance(value, int | float) or not 0 <= value < 1 << 53:
        raise UsageError(f"a run can be rewound to a _step, not to {metric}={value}; use resume_from='<id>?_step=<n>'")
    asked.desk.shelves.run(name)  # NotFound when it is not there
    step = int(value)
    with asked.desk.attempts.recording(name) as recording:
        kept = min(recording.steps, step + 1)
        intake = recording.rewind(time.time(), step + 1)
        bucket = _bucket(asked, given, name, recording.known)
        recording.remember(intake)
    return {"rewoundRun": {**bucket, "historyLineCount": kept}}


def _told(given: Mapping[str, object]) -> Told:
    """What the input says of the run; UsageError for a configuration that is no JSON."""
    facts: dict[str, Stored] = {}
    for theirs, ours in FACTS.items():
        text = _text(given, theirs)
        if text:
            facts[ours] = text
    entity = _text(given, "entityName")
    if entity:
        facts["entity"] = entity
    config: Mapping[str, Stored] | None = None
    told = _text(given, "config")
    if told is not None:
        config, raw = config_of(told)
        if raw:
            facts[CONFIG] = raw
    tags = given.get("tags")
    return Told(
        config, facts, _text(given, "displayName") or None, _text(given, "groupName"), _text(given, "jobType"),
        [str(tag) for tag in tags] if isinstance(tags, list | tuple) else None, _text(given, "notes"),
    )  # fmt: skip


def _summary(given: Mapping[str, object]) -> Mapping[str, Stored] | None:
    told = _text(given, "summaryMetrics")
    found = loads(told) if told else None
    return found if isinstance(found, dict) else None


def _named(asked: Asked, given: Mapping[str, object]) -> RunName:
    """Which run is meant: by project and name, else by its opaque id."""
    run_id = _text(given, "name")
    if run_id:
        project = _text(given, "modelName")
        opaque = _text(given, "id")
        if not project and opaque:
            project = run_of(opaque)[0]
        return asked.desk.shelves.checked_name(project or DEFAULT_PROJECT, run_id)
    opaque = _text(given, "id")
    if not opaque:
        raise UsageError("upsertBucket names no run; give its name, or the id that the server gave")
    return asked.desk.shelves.checked_name(*run_of(opaque))


DEFAULT_PROJECT = "uncategorized"  # what W&B calls it


def _project(given: Mapping[str, object], field: str) -> str:
    return _text(given, field) or DEFAULT_PROJECT


def _bucket(asked: Asked, given: Mapping[str, object], name: RunName, known: Known) -> dict[str, object]:
    """The run as the client wants to hear of it. `historyLineCount` stays null: told a number, a client that sends a
    run again would count on from there."""
    entity = _text(given, "entityName") or ENTITY
    value = RunValue(ProjectValue(entity, name[0]), asked.desk.shelves.run(name))
    return run_fields(value) | {"historyLineCount": None, "config": _config(known), "displayName": known.described.name}


def _config(known: Known) -> str:
    raw = known.facts.get(CONFIG)
    return config_json(known.config, raw if isinstance(raw, Mapping) else {})  # type: ignore[arg-type]


def run_fields(value: RunValue) -> dict[str, object]:
    """All fields of a run, each resolved when it is asked for."""
    from belvedere.wandb_protocol.graphql import schema  # which collects this very module

    def bound(name: str) -> object:
        resolver = schema()["Run"][name]
        return lambda asked, arguments: resolver(asked, value, arguments)

    return {name: bound(name) for name in schema().get("Run", {})}


def _input(arguments: Arguments) -> Mapping[str, object]:
    found = arguments.get("input")
    return found if isinstance(found, Mapping) else {}


def _text(given: Mapping[str, object], name: str) -> str | None:
    found = given.get(name)
    return found if isinstance(found, str) else None


FIELDS: Fields = {"Mutation": {"upsertBucket": _upsert_bucket, "rewindRun": _rewind_run}}
