"""What a script written for W&B asks of `init`, in our words: its variables, its arguments, its settings.

All of it counts only where Belvedere is called wandb (`import belvedere as wandb`). Arguments win over settings, these
over BELVEDERE_… variables, these over WANDB_… ones.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from belvedere.core.errors import UsageError
from belvedere.record.config import as_mapping

VARIABLES = {
    "PROJECT": "project", "NAME": "name", "RUN_ID": "id", "RUN_GROUP": "group", "TAGS": "tags", "DIR": "dir",
    "MODE": "mode", "NOTES": "notes", "JOB_TYPE": "job_type", "RESUME": "resume",
}  # fmt: skip
SETTINGS = {
    "project": "project", "run_name": "name", "run_id": "id", "run_group": "group", "run_tags": "tags",
    "root_dir": "dir", "mode": "mode", "run_notes": "notes", "run_job_type": "job_type", "resume": "resume",
    "resume_from": "resume_from", "entity": "entity",
}  # fmt: skip
# What nothing has to be done for: they are about W&B's service or about how its client works.
WITHOUT_EFFECT = frozenset(
    (
        "entity", "reinit", "save_code", "anonymous", "force", "allow_val_change", "magic", "monitor_gym",
        "tensorboard", "config_exclude_keys", "config_include_keys", "settings",
    )
)  # fmt: skip
NOT_DONE = {
    "sync_tensorboard": "event files are not followed; write with bv.SummaryWriter, or run `belvedere FOLDER`",
    "fork_from": "runs are not forked; begin a new run, or go on with resume_from=",
}
ON = ("1", "true", "yes", "on")


@dataclass
class Asked:
    """Arguments of `init` by their names, and what else W&B's argument list said."""

    arguments: dict[str, object]
    entity: str = ""
    is_silent: bool = False
    reinit: object = None
    settings: dict[str, object] = field(default_factory=dict)
    config: object = None
    unknown: dict[str, object] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


def is_meant(caller: FrameType | None) -> bool:
    """Whether the module that calls knows Belvedere under the name wandb."""
    ours = sys.modules.get("belvedere")
    if sys.modules.get("wandb") is ours:
        return True
    return caller is not None and ours in (caller.f_globals.get("wandb"), caller.f_locals.get("wandb"))


def translated(
    environ: Mapping[str, str], arguments: Mapping[str, object], more: Mapping[str, object], settings: object,
    config: object,
) -> Asked:  # fmt: skip
    """`arguments` filled up from W&B's settings and variables; `more` are arguments that only W&B has."""
    given = as_mapping(settings)
    asked = Asked(
        dict(arguments), entity=str(more.get("entity") or given.get("entity") or environ.get("WANDB_ENTITY") or "")
    )
    asked.settings = given
    asked.reinit = more.get("reinit", given.get("reinit"))
    asked.config = _chosen(_read(config), more.get("config_include_keys"), more.get("config_exclude_keys"))
    for name, ours in SETTINGS.items():
        _fill(asked, ours, given.get(name))
    for name, ours in VARIABLES.items():
        if not environ.get(f"BELVEDERE_{name.replace('RUN_GROUP', 'GROUP')}"):
            text = environ.get(f"WANDB_{name}", "")
            _fill(asked, ours, text.split(",") if name == "TAGS" else text)
    asked.is_silent = _is_on(given.get("silent")) or _is_on(environ.get("WANDB_SILENT"))
    if given.get("console", environ.get("WANDB_CONSOLE")) == "off":
        asked.arguments["console"] = False
    if _is_on(given.get("x_disable_stats", given.get("_disable_stats"))):
        asked.arguments["hardware"] = False
    asked.arguments["mode"] = _mode(asked.arguments.get("mode"), environ)
    if given_runs and given_runs[-1].project and not asked.arguments.get("project"):
        asked.arguments["project"] = given_runs[-1].project
    for name, value in more.items():
        if name in NOT_DONE and value:
            asked.troubles.append(f"{name}=: {NOT_DONE[name]}")
        elif name not in WITHOUT_EFFECT and name not in NOT_DONE:
            asked.unknown[name] = value
    return asked


def _fill(asked: Asked, name: str, value: object) -> None:
    """An argument that was not passed."""
    if value not in (None, "", (), [""]) and asked.arguments.get(name) in (None, "", ()) and name in asked.arguments:
        asked.arguments[name] = value


def _mode(mode: object, environ: Mapping[str, str]) -> object:
    """W&B's online is its own service: here it means files, and a server where one is named."""
    if _is_on(environ.get("WANDB_DISABLED")) and not environ.get("BELVEDERE_MODE"):
        return "disabled"
    if mode in ("online", "run", "shared"):
        return "online" if environ.get("BELVEDERE_SERVER") else "local"
    return mode


def _read(config: object) -> object:
    """A config given as the path of a YAML file: {name: {"value": …}} or {name: value}."""
    if not isinstance(config, str | Path):
        return config
    try:
        import yaml

        told = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"config={str(config)!r} cannot be read as YAML: {error}; pass a mapping") from error
    if not isinstance(told, Mapping):
        raise UsageError(f"config={str(config)!r} holds no names and values; write `name: value` lines")
    return {str(name): _unwrapped(item) for name, item in told.items() if name != "wandb_version"}


def _unwrapped(item: object) -> object:
    is_wrapped = isinstance(item, Mapping) and "value" in item and item.keys() <= {"value", "desc"}
    return item["value"] if isinstance(item, Mapping) and is_wrapped else item


def _chosen(config: object, include: object, exclude: object) -> object:
    if not include and not exclude:
        return config
    if include and exclude:
        raise UsageError("config_include_keys and config_exclude_keys were both passed; pass one of them")
    given = include or exclude
    names = {str(name) for name in given} if isinstance(given, Sequence | set) else {str(given)}
    return {key: value for key, value in as_mapping(config).items() if (key in names) == bool(include)}


def _is_on(value: object) -> bool:
    return value is True or str(value).lower() in ON


# ---- sweeps in this process ------------------------------------------------------------------------------------------


@dataclass
class SweepRun:
    """What the agent that calls the training function gives to its `init`."""

    sweep_id: str
    project: str
    parameters: Mapping[str, object]


given_runs: list[SweepRun] = []  # the newest last; an agent of an agent is no case
