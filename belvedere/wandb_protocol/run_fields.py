"""What a filter or an order may name of a run, under the names that W&B gives: config.lr, summary_metrics.loss,
display_name …"""

from collections.abc import Mapping

from belvedere.core.errors import FilterError
from belvedere.store.filters import Value, fields_of, flat
from belvedere.store.records import RunRow
from belvedere.wandb_protocol.desk import ENTITY

PROGRAM = "wandb"  # whose facts are read
NAMES: Mapping[str, str] = {
    "name": "id", "run_id": "id", "displayName": "name", "display_name": "name", "state": "state", "tags": "tags",
    "group": "group", "groupName": "group", "group_name": "group", "jobType": "job_type", "job_type": "job_type",
    "createdAt": "created", "created_at": "created", "heartbeatAt": "updated", "heartbeat_at": "updated",
    "updatedAt": "updated", "updated_at": "updated", "duration": "duration", "username": "user", "user": "user",
    "user.name": "user", "user.username": "user", "sweep": "sweep", "sweepName": "sweep", "sweep_name": "sweep",
    "notes": "notes", "host": "host", "commit": "commit", "program": "program", "description": "description",
    "project": "project", "historyLineCount": "steps",
}  # fmt: skip
SECTIONS = {"config": "config", "summary_metrics": "summary", "summaryMetrics": "summary", "summary": "summary"}
FACTS = ("sweep", "host", "commit", "program", "description")
STATES_OF = {"stopped": "killed"}  # W&B's words for ours
TEXTS = frozenset({"group", "job_type", "notes"})  # "" where nobody said any, which is null there
TIMES = frozenset({"created", "updated"})  # seconds since 1970 here, ISO dates there


def field_of(name: str) -> str:
    """Our name of a field; FilterError for one that runs do not have."""
    section, dot, rest = name.partition(".")
    if dot and rest and section in SECTIONS:
        return f"{SECTIONS[section]}.{_without_value(rest) if section == 'config' else rest}"
    found = NAMES.get(name)
    if found is None:
        raise FilterError(
            f"runs have no field {name[:80]!r}; use config.…, summary_metrics.… or one of {', '.join(sorted(NAMES))}"
        )
    return found


def values_of(row: RunRow) -> dict[str, list[Value]]:
    """Every field of a run with its values; elements of a list stand under "name[]"."""
    found = fields_of(row)
    for path in [path for path in found if path.startswith("config.") and ".value" in path]:
        found.setdefault(f"config.{_without_value(path.removeprefix('config.'))}", found[path])
    for path in [path for path in found if path.startswith("summary.") and "/" in path]:
        found.setdefault(path.replace("/", "."), found[path])  # what was logged nested: "summary_metrics.nested.a"
    for path, value in flat(
        {key: value for key, value in row.summary.items() if isinstance(value, Mapping)}, "summary"
    ):
        if isinstance(value, str | int | float):
            found.setdefault(path, [value])
    facts = row.facts.get(PROGRAM, {})
    found |= {name: [facts[name]] for name in FACTS if name in facts}
    if row.steps:
        found.setdefault("summary._step", [row.steps - 1])
    if "summary._runtime" in found:
        found.setdefault("summary._wandb.runtime", found["summary._runtime"])
    found["notes"] = [row.notes]
    told = {name: values for name, values in found.items() if name not in TEXTS or values != [""]}
    return told | {"user": [ENTITY], "duration": [max(0.0, row.updated - row.created)]}


def _without_value(path: str) -> str:
    """ "model.value.layers" and "lr.value" without the "value" that W&B wraps around every setting."""
    head, found, rest = (path + ".").partition(".value.")
    return f"{head}.{rest}".removesuffix(".") if found else path
