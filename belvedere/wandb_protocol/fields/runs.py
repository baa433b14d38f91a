"""Runs: who they are, how they are set up, how they ended. What costs a look at the log is computed only when asked
for."""

from collections.abc import Mapping
from typing import cast

from belvedere.core.entries import Stored
from belvedere.importers.wandb.config import config_json
from belvedere.importers.wandb.jsons import dumps
from belvedere.importers.wandb.rows import OUR_SYSTEM, their_system_key
from belvedere.store.records import RunRow
from belvedere.store.run import Run
from belvedere.wandb_protocol.desk import ENTITY, Arguments, Asked, Fields, Node, RunValue
from belvedere.wandb_protocol.ids import project_number, run_id
from belvedere.wandb_protocol.run_fields import PROGRAM, STATES_OF
from belvedere.wandb_protocol.run_files import iso
from belvedere.wandb_protocol.summary import client_summary

USER: Mapping[str, object] = {"__typename": "User", "id": "belvedere-user", "name": ENTITY, "username": ENTITY}


def config(asked: Asked, value: object, arguments: Arguments) -> str:
    """The settings as JSON, with the client's own facts under `_wandb`."""
    detail = _run(value).detail
    facts = detail.foreign.get(PROGRAM, {}).get("config")
    own = cast(Mapping[str, Stored], facts) if isinstance(facts, Mapping) else {}
    return config_json(cast(Mapping[str, Stored], detail.row.config), own)


def wandb_config(asked: Asked, value: object, arguments: Arguments) -> str:
    """Some of the client's own facts, named by `keys`."""
    facts = _run(value).detail.foreign.get(PROGRAM, {}).get("config")
    keys = arguments.get("keys")
    found = facts if isinstance(facts, Mapping) else {}
    return dumps({key: found[key] for key in found if not isinstance(keys, list) or key in keys})


def summary(asked: Asked, value: object, arguments: Arguments) -> str:
    """The last values as JSON, as the client would have them."""
    found = client_summary(_run(value))
    keys = arguments.get("keys")
    return dumps(found if not isinstance(keys, list) else {key: found[key] for key in keys if key in found})


def system_metrics(asked: Asked, value: object, arguments: Arguments) -> str:
    """The last measurements of the machine as JSON."""
    found = _row(value).summary.items()
    return dumps({their_system_key(key): number for key, number in found if key.startswith(OUR_SYSTEM)})


def _run(value: object) -> Run:
    return cast(RunValue, value).run


def _row(value: object) -> RunRow:
    return _run(value).row


def _fact(name: str, value: object) -> object:
    return _row(value).facts.get(PROGRAM, {}).get(name) or None


FIELDS: Fields = {
    "Run": {
        "id": lambda asked, value, arguments: run_id(cast(RunValue, value).project, _run(value).id),
        "name": lambda asked, value, arguments: _run(value).id,
        "displayName": lambda asked, value, arguments: _row(value).name,
        "state": lambda asked, value, arguments: STATES_OF.get(_row(value).state, _row(value).state),
        "tags": lambda asked, value, arguments: list(_row(value).tags),
        "group": lambda asked, value, arguments: _row(value).group or None,
        "groupName": lambda asked, value, arguments: _row(value).group or None,
        "jobType": lambda asked, value, arguments: _row(value).job_type or None,
        "notes": lambda asked, value, arguments: _row(value).notes or None,
        "description": lambda asked, value, arguments: _fact("description", value),
        "commit": lambda asked, value, arguments: _fact("commit", value),
        "host": lambda asked, value, arguments: _fact("host", value),
        "program": lambda asked, value, arguments: _fact("program", value),
        "repo": lambda asked, value, arguments: _fact("repo", value),
        "sweepName": lambda asked, value, arguments: _fact("sweep", value),
        "createdAt": lambda asked, value, arguments: iso(_row(value).created),
        "updatedAt": lambda asked, value, arguments: iso(_row(value).updated),
        "heartbeatAt": lambda asked, value, arguments: iso(_row(value).updated),
        "historyLineCount": lambda asked, value, arguments: _row(value).rows,
        "readOnly": lambda asked, value, arguments: False,
        "user": lambda asked, value, arguments: USER,
        "project": lambda asked, value, arguments: Node("Project", cast(RunValue, value).project),
        "projectId": lambda asked, value, arguments: project_number(cast(RunValue, value).project),
        "config": config,
        "wandbConfig": wandb_config,
        "summaryMetrics": summary,
        "systemMetrics": system_metrics,
    },
}
