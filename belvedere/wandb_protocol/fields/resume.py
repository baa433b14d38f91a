"""model.bucket: what a client asks before it resumes a run: how many lines it has, its last row, its configuration."""

from collections.abc import Mapping

from belvedere.core.entries import Stored
from belvedere.core.errors import NotFound
from belvedere.importers.wandb.config import config_json
from belvedere.importers.wandb.jsons import dumps
from belvedere.importers.wandb.rows import original_row
from belvedere.store.run import Run
from belvedere.wandb_protocol.desk import ENTITY, Arguments, Asked, Fields, ProjectValue, RunValue
from belvedere.wandb_protocol.fields.upsert import run_fields
from belvedere.wandb_protocol.held import SYSTEM, logged_steps
from belvedere.wandb_protocol.ids import project_id
from belvedere.wandb_protocol.known import CONFIG, SECTION
from belvedere.wandb_protocol.summary import client_summary, nested_of


def _model(asked: Asked, parent: object, arguments: Arguments) -> object:
    """A project under its older name. One that has no runs yet is there all the same."""
    project = ProjectValue(str(arguments.get("entityName") or ENTITY), str(arguments.get("name") or ""))

    def bucket(asked: Asked, arguments: Arguments) -> object:
        return _bucket(asked, project, str(arguments.get("name") or ""))

    return {
        "id": project_id(project),
        "name": project.name,
        "entity": {"id": project.entity, "name": project.entity},
        "bucket": bucket,
    }


def _bucket(asked: Asked, project: ProjectValue, run_id: str) -> object:
    name = asked.desk.shelves.checked_name(project.name, run_id)
    try:
        run = asked.desk.shelves.run(name)
    except NotFound:
        return None
    facts = run.detail.foreign.get(SECTION, {})
    steps = logged_steps(run)
    return run_fields(RunValue(project, run)) | {
        "summaryMetrics": dumps(client_summary(run)),
        "displayName": run.name,
        "historyLineCount": steps,
        "eventsLineCount": 0,
        "logLineCount": run.console_page(0, 0).total,
        "historyTail": dumps([dumps(_last_row(run, facts))] if steps else []),
        "eventsTail": "[]",
        "config": config_json(run.config, _raw(facts)),  # type: ignore[arg-type]
        "tags": list(run.tags),
        "notes": run.notes,
        "wandbConfig": dumps({"t": {}, **_raw(facts)}),
    }


def _last_row(run: Run, facts: Mapping[str, object]) -> dict[str, Stored]:
    """The numbers that were logged at the last step, as a row of the client."""
    last = run.steps - 1
    infos = [info for info in run.keys() if info.kind == "scalar" and not info.key.startswith(SYSTEM)]
    values: dict[str, Stored] = {info.key: info.last for info in infos if info.last_step == last}
    time = float(run.series(next(iter(values))).times[-1]) if values else run.updated
    values.setdefault("_runtime", max(0.0, time - run.created))
    return original_row(values, nested_of(facts), last, round(time * 1e6))


def _raw(facts: Mapping[str, object]) -> dict[str, Stored]:
    found = facts.get(CONFIG)
    return dict(found) if isinstance(found, Mapping) else {}


FIELDS: Fields = {"Query": {"model": _model}}
