"""`belvedere.log` and its sisters: the methods of the current run as functions, as wandb has them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

from belvedere.record.session import current


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


def unwatch() -> None:
    """`Run.unwatch` of the current run."""
    current().unwatch()
