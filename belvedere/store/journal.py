"""What the events of one writer add up to; kept in the manifest, so that a compacted run opens without reading its
log."""

from dataclasses import dataclass, field
from functools import singledispatch

import msgspec

from belvedere.core.entries import (
    Alerted,
    CompanionOpened,
    Configured,
    Defined,
    Described,
    Event,
    FileSaved,
    Heartbeat,
    RunFinished,
    RunStarted,
    StageChanged,
    Withdrawn,
)  # fmt: skip
from belvedere.core.series import Stage


@dataclass
class Journal:
    """The folded events of one writer, and how far its rows go. Console text is not here: it is read when asked for."""

    started: RunStarted | None = None
    finished: RunFinished | None = None
    config: dict[str, object] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)  # keys of the configuration that earlier journals may hold
    environment: dict[str, object] = field(default_factory=dict)
    summary: dict[str, object] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    alerts: list[Alerted] = field(default_factory=list)
    defined: dict[str, Defined] = field(default_factory=dict)
    files: list[FileSaved] = field(default_factory=list)
    described: list[Described] = field(default_factory=list)
    foreign: dict[str, dict[str, object]] = field(default_factory=dict)
    is_companion: bool = False
    dropped_rows: int = 0
    last_time: float = 0.0
    last_step: int = -1

    def apply(self, event: Event) -> None:
        """One more event, in log order."""
        self.last_time = max(self.last_time, event.time)
        _fold(event, self)

    def rows_until(self, step: int, time_us: int) -> None:
        """Rows go as far as this step and time."""
        self.last_step = max(self.last_step, step)
        self.last_time = max(self.last_time, time_us / 1e6)


@singledispatch  # not the method variant, which costs a closure at every call
def _fold(event: Event, journal: Journal) -> None:
    """Console text and what newer versions add."""


@_fold.register
def _(event: RunStarted, journal: Journal) -> None:
    journal.started = event  # every segment repeats it; where a run comes from elsewhere a later one may know better


@_fold.register
def _(event: RunFinished, journal: Journal) -> None:
    journal.finished = event
    journal.dropped_rows = max(journal.dropped_rows, event.dropped_rows)


@_fold.register
def _(event: Heartbeat, journal: Journal) -> None:
    journal.dropped_rows = max(journal.dropped_rows, event.dropped_rows)


@_fold.register
def _(event: Configured, journal: Journal) -> None:
    sections = {"config": journal.config, "environment": journal.environment, "summary": journal.summary}
    section = sections.get(event.section)
    if section is None:
        section = journal.foreign.setdefault(event.section, {})
    section.update(event.values)


@_fold.register
def _(event: Withdrawn, journal: Journal) -> None:
    for key in event.keys:
        journal.config.pop(key, None)
    journal.withdrawn.extend(event.keys)


@_fold.register
def _(event: StageChanged, journal: Journal) -> None:
    journal.stages.append(Stage(event.name, event.step, event.time))


@_fold.register
def _(event: Alerted, journal: Journal) -> None:
    journal.alerts.append(event)


@_fold.register
def _(event: Defined, journal: Journal) -> None:
    journal.defined[event.key] = event


@_fold.register
def _(event: FileSaved, journal: Journal) -> None:
    journal.files.append(event)


@_fold.register
def _(event: Described, journal: Journal) -> None:
    journal.described.append(event)


@_fold.register
def _(event: CompanionOpened, journal: Journal) -> None:
    journal.is_companion = True


def stored(journal: Journal) -> object:
    """Plain values to put in a manifest."""
    return msgspec.to_builtins(journal)


def restored(plain: object) -> Journal:
    """The journal of `stored`."""
    return msgspec.convert(plain, Journal)
