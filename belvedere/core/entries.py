"""What a run log holds, one frozen dataclass per kind of entry. Times are seconds since 1970; `step` counts from 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scalar = float | int | bool
Stored = Scalar | str | None | Sequence["Stored"] | Mapping[str, "Stored"]


@dataclass(frozen=True)
class RunStarted:
    """The first entry of every segment: who writes. `writer_id` is one process start, `attempt_started` orders
    attempts."""

    time: float
    project: str
    run_id: str
    writer_id: str
    rank: int = 0
    world_size: int = 1
    name: str = ""
    group: str = ""
    job_type: str = ""
    tags: Sequence[str] = ()
    notes: str = ""
    host: str = ""
    pid: int = 0
    boot_id: str = ""
    process_started: float = 0.0
    resume_from: int | None = None
    is_fork: bool = False
    segment: int = 1
    version: str = ""


@dataclass(frozen=True)
class Configured:
    """Configuration values; later ones replace earlier ones key by key. Also `environment` (once a run)."""

    time: float
    values: Mapping[str, Stored]
    section: str = "config"  # "config", "environment", "summary", or a program whose facts are kept as it says them


@dataclass(frozen=True)
class Logged:
    """One `log()` call: values of one step. A rich value is a mapping with "_type"; a big one names its file by
    "sha256"."""

    step: int
    time: float
    values: Mapping[str, Stored]


@dataclass(frozen=True, eq=False)
class VectorLogged:
    """One vector of one family at one step. values (k,) float32 or float64, one per name."""

    step: int
    time: float
    family: str
    names: Sequence[str]
    values: NDArray[np.floating]


@dataclass(frozen=True)
class StageChanged:
    """From `step` on the run is in stage `name`."""

    time: float
    step: int
    name: str


@dataclass(frozen=True)
class Defined:
    """What a series (or pattern) means: its x axis, its summary, its unit, which way is better."""

    time: float
    key: str
    x: str | None = None
    summary: Sequence[str] = ()
    goal: str | None = None  # "minimize" or "maximize"
    unit: str | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Alerted:
    """A message the training wanted someone to see. `level` is info, warning or critical."""

    time: float
    step: int
    title: str
    text: str = ""
    level: str = "info"


@dataclass(frozen=True)
class Console:
    """Text that the process wrote to stdout or stderr."""

    time: float
    stream: str
    text: str


@dataclass(frozen=True)
class FileSaved:
    """A file the user kept with the run; its content lies in the media folder. Without a hash: it is gone."""

    time: float
    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Heartbeat:
    """Nothing new, still alive. `dropped_rows` counts what a full disk refused so far."""

    time: float
    dropped_rows: int = 0


@dataclass(frozen=True)
class RunFinished:
    """The writer ended in order. `state` is finished, failed or stopped."""

    time: float
    state: str = "finished"
    exit_code: int = 0
    message: str = ""
    dropped_rows: int = 0


@dataclass(frozen=True)
class CompanionOpened:
    """This writer is a process beside the training, which adds what it makes of the run (`purpose`: figures …). It is
    no attempt, and how it ends says nothing about the run."""

    time: float
    purpose: str = ""


@dataclass(frozen=True)
class Described:
    """What a run is called from now on; None leaves a part as it was."""

    time: float
    name: str | None = None
    group: str | None = None
    job_type: str | None = None
    tags: Sequence[str] | None = None
    notes: str | None = None


@dataclass(frozen=True)
class Received:
    """Everything in front of this entry that came from another program's records is here whole; `position` says how
    far that is, in the words of whoever brings them."""

    time: float
    position: Mapping[str, Stored]


@dataclass(frozen=True)
class Withdrawn:
    """Keys of the configuration that hold no more, until they are configured again."""

    time: float
    keys: Sequence[str]


Event = (
    RunStarted | Configured | StageChanged | Defined | Alerted | Console | FileSaved | Heartbeat | RunFinished
    | CompanionOpened | Described | Received | Withdrawn
)  # fmt: skip
Entry = Event | Logged | VectorLogged
EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted, Configured, StageChanged, Defined, Alerted, Console, FileSaved, Heartbeat, RunFinished,
        CompanionOpened, Described, Received, Withdrawn,
    )
}  # fmt: skip
