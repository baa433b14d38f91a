"""`belvedere.log` and its sisters: the methods of the current run as functions, as wandb has them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import IO

from belvedere.record.artifact import Artifact
from belvedere.record.session import current, finish


class Settings(SimpleNamespace):
    """Accepted where wandb takes its settings; Belvedere's own are arguments of `init` and environment variables."""


def login(*_: object, **__: object) -> bool:
    """Nothing to log in to: a server's token is read from BELVEDERE_API_KEY."""
    return True


def log(data: Mapping[str, object], step: int | None = None, commit: bool | None = None) -> None:
    """`Run.log` of the current run."""
    current().log(data, step, commit)


def log_vector(family: str, values: object, names: Sequence[str] | None = None, step: int | None = None) -> None:
    """`Run.log_vector` of the current run."""
    current().log_vector(family, values, names, step)


def stage(name: str, step: int | None = None) -> None:
    """`Run.stage` of the current run."""
    current().stage(name, step)


def define(
    key: str, x: str | None = None, summary: str | Sequence[str] = (), goal: str | None = None, unit: str | None = None,
    hidden: bool = False,
) -> None:  # fmt: skip
    """`Run.define` of the current run."""
    current().define(key, x, summary, goal, unit, hidden)


def define_metric(
    name: str, step_metric: str | None = None, step_sync: bool | None = None, hidden: bool | None = None,
    summary: str | Sequence[str] | None = None, goal: str | None = None, **ignored: object,
) -> None:  # fmt: skip
    """`Run.define_metric` of the current run."""
    current().define_metric(name, step_metric, step_sync, hidden, summary, goal, **ignored)


def alert(title: str, text: str = "", level: object = "info", wait_duration: object = None) -> None:
    """`Run.alert` of the current run."""
    current().alert(title, text, level, wait_duration)


def save(path: str | Path, base_path: str | Path | None = None, policy: str = "now") -> None:
    """`Run.save` of the current run."""
    current().save(path, base_path, policy)


def watch(
    model: object, optimizer: object = None, *, log: str | Sequence[str] | None = ("gradients", "weights"),
    every: int | None = None, budget: float | None = 0.01, **ignored: object,
) -> None:  # fmt: skip
    """`Run.watch` of the current run."""
    current().watch(model, optimizer, log=log, every=every, budget=budget, **ignored)


def unwatch(models: object = None) -> None:
    """`Run.unwatch` of the current run."""
    current().unwatch()


# ---- what only scripts for W&B call ----------------------------------------------------------------------------------


class AlertLevel(Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


def log_artifact(
    artifact_or_path: Artifact | str | Path, name: str | None = None, type: str | None = None,
    aliases: Sequence[str] | None = None, tags: Sequence[str] | None = None,
) -> Artifact:  # fmt: skip
    """`Run.log_artifact` of the current run."""
    return current().log_artifact(artifact_or_path, name, type, aliases, tags)


def use_artifact(
    artifact_or_name: Artifact | str, type: str | None = None, aliases: Sequence[str] | None = None,
    use_as: str | None = None,
) -> Artifact:  # fmt: skip
    """`Run.use_artifact` of the current run."""
    return current().use_artifact(artifact_or_name, type, aliases, use_as)


def log_model(path: str | Path, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:
    """`Run.log_model` of the current run."""
    return current().log_model(path, name, aliases)


def use_model(name: str) -> str:
    """`Run.use_model` of the current run."""
    return current().use_model(name)


def link_model(path: str | Path, registered_model_name: str, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:  # fmt: skip # noqa: E501
    """`Run.link_model` of the current run."""
    return current().link_model(path, registered_model_name, name, aliases)


def log_code(root: str | None = ".", name: str | None = None, include_fn: Callable[..., bool] | None = None, exclude_fn: Callable[..., bool] | None = None) -> None:  # fmt: skip # noqa: E501
    """`Run.log_code` of the current run."""
    current().log_code(root, name, include_fn, exclude_fn)


def restore(name: str, run_path: str | None = None, replace: bool = False, root: str | None = None) -> IO[str]:
    """`Run.restore` of the current run."""
    return current().restore(name, run_path, replace, root)


def mark_preempting() -> None:
    """`Run.mark_preempting` of the current run."""
    current().mark_preempting()


def setup(settings: object = None) -> None:
    """Nothing to set up: there is no process in the background."""


def teardown(exit_code: int | None = None) -> None:
    """Finish the current run, if there is one."""
    finish(exit_code)


def require(*_: object, **__: object) -> None:
    """Nothing has to be asked for."""


def ensure_configured() -> None:
    """Nothing to configure."""


def termlog(string: str = "", newline: bool = True, repeat: bool = True) -> None:
    """A line on the terminal's standard error."""
    _say("", string, newline, repeat)


def termwarn(string: str = "", newline: bool = True, repeat: bool = True) -> None:
    """The same, marked as a warning."""
    _say("WARNING ", string, newline, repeat)


def termerror(string: str = "", newline: bool = True, repeat: bool = True) -> None:
    """The same, marked as an error."""
    _say("ERROR ", string, newline, repeat)


_said: set[str] = set()


def _say(mark: str, string: str, newline: bool, repeat: bool) -> None:
    if repeat or string not in _said:
        _said.add(string)
        for line in str(string).split("\n"):
            print(f"belvedere: {mark}{line}", file=sys.stderr, end="\n" if newline else "")
