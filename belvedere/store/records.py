"""What readers learn about a run, apart from its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from belvedere.core.entries import Alerted, Defined, FileSaved
from belvedere.core.series import Stage
from belvedere.store.liveness import Attempt


@dataclass(frozen=True)
class RunRow:
    """One line of the run table. created, updated: seconds since 1970 · steps: the last step + 1 · config as it was
    given. Known where the run lies, not over HTTP: notes · facts: the short ones of other programs, by program · rows:
    how often its most frequent number was logged, measurements of the machine left out."""

    project: str
    id: str
    name: str = ""
    group: str = ""
    job_type: str = ""
    tags: tuple[str, ...] = ()
    state: str = "finished"
    steps: int = 0
    created: float = 0.0
    updated: float = 0.0
    config: Mapping[str, object] = field(default_factory=dict)
    summary: Mapping[str, object] = field(default_factory=dict)
    damage: tuple[str, ...] = ()
    notes: str = ""
    facts: Mapping[str, Mapping[str, str | int | float | bool]] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True)
class RunDetail:
    """All that is known of a run except its series."""

    row: RunRow
    notes: str = ""
    environment: Mapping[str, object] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    alerts: tuple[Alerted, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    definitions: Mapping[str, Defined] = field(default_factory=dict)
    files: tuple[FileSaved, ...] = ()
    dropped_rows: int = 0
    world_size: int = 1
    foreign: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # facts of other programs, by program


@dataclass(frozen=True)
class KeyInfo:
    """One key of a run: kind is "scalar", "vector", or the type of its rich values; count and last are those of one
    rank."""

    key: str
    kind: str
    count: int
    last: float | None
    ranks: tuple[int, ...] = (0,)
    unit: str | None = None
    last_step: int | None = None


@dataclass(frozen=True)
class MediaItem:
    """One rich value. `record` is what was logged; `path` is where its content lies, when it is a file of this
    machine."""

    step: int
    time: float
    type: str
    record: Mapping[str, object]
    path: Path | None = None
    sha256: str = ""


@dataclass(frozen=True)
class ConsoleLine:
    """One line that a process wrote. `stream` is stdout or stderr."""

    time: float
    stream: str
    text: str
    rank: int = 0


@dataclass(frozen=True)
class ConsolePage:
    """Some lines of the console: `offset` is the number of the first among `total`."""

    total: int
    offset: int
    lines: tuple[ConsoleLine, ...]


def media_type(value: object) -> str:
    """What a value that is not a number is called."""
    if isinstance(value, Mapping):
        return str(value.get("_type", "json"))
    if value is None:
        return "none"
    return "string" if isinstance(value, str) else "json"
