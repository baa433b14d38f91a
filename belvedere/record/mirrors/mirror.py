"""A mirror: what a run records, told again to another program.

`bv.init(mirror="NAME")` or `mirror="NAME:TARGET"` names one: the module `belvedere.record.mirrors.NAME`, which defines
`open_mirror(source) -> Mirror`. It lives in a process beside the training (see beside.py), which reads the run's log,
so that nothing a mirror does, however slow or broken, is felt by the training.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from belvedere.core.entries import Event, Logged, RunFinished, RunStarted, Stored, VectorLogged
from belvedere.core.errors import UsageError
from belvedere.runlog import media
from belvedere.runlog.layout import RunFolder


@dataclass(frozen=True)
class MirrorSource:
    """The run that is mirrored. `started` says its name, group, tags and notes; `target` is what stood behind the
    colon of `mirror="NAME:TARGET"`, "" when nothing did."""

    folder: RunFolder
    started: RunStarted
    target: str = ""

    def content(self, record: Mapping[str, Stored]) -> Path:
        """Where the file of a record or of a FileSaved lies, by its "sha256" and "suffix"."""
        return media.locate(self.folder, str(record["sha256"]), str(record.get("suffix", "")))


class Mirror(Protocol):
    """Told everything in the order of the log, from one thread. What it raises costs that one entry, and is told once.

    Records in a row's values are mappings with "_type" (see core/values.py); their file is there before they come.
    """

    def row(self, logged: Logged) -> None:
        """Values of one step: numbers, text, lists and records."""
        ...

    def vector(self, vector: VectorLogged) -> None:
        """Labelled components of one step."""
        ...

    def event(self, event: Event) -> None:
        """Configured, Defined, StageChanged, Alerted, FileSaved, Described, Console …; pass over what has no place."""
        ...

    def flush(self) -> None:
        """Everything there is has been told; more will come."""
        ...

    def finish(self, finished: RunFinished | None) -> None:
        """The last call. None: the training ended without a word."""
        ...


class MirrorModule(Protocol):
    """What a module of this package defines."""

    def open_mirror(self, source: MirrorSource) -> Mirror:
        """Begin; UsageError in one sentence when it cannot be (the program is not installed …)."""
        ...


def mirror_module(name: str) -> MirrorModule:
    """The module of a kind of mirror; UsageError when there is none."""
    if name.isidentifier():
        try:
            module = importlib.import_module(f"{__package__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__package__}.{name}":
                raise
        else:
            if hasattr(module, "open_mirror"):
                return cast(MirrorModule, module)
    raise UsageError(f"mirror={name!r} is not known; use 'wandb' or 'tensorboard'")


def parted(wish: str) -> tuple[str, str]:
    """Name and target of "NAME" or "NAME:TARGET"."""
    name, _, target = wish.partition(":")
    return name.strip(), target
