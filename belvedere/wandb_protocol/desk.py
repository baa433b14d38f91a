"""What every resolver works on, and the types of what it answers."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from belvedere.runlog.layout import RunFolder
from belvedere.store.records import RunRow
from belvedere.store.run import Run
from belvedere.wandb_protocol.history_index import Histories
from belvedere.wandb_protocol.listings import Listings
from belvedere.wandb_protocol.stops import Stops

if TYPE_CHECKING:
    from belvedere.wandb_protocol.artifacts.shelves import ArtifactShelves
    from belvedere.wandb_protocol.attempts import Attempts
    from belvedere.wandb_protocol.recording import Recording
    from belvedere.wandb_protocol.sweeps.board import SweepBoard

RunName = tuple[str, str]  # project, run id
KnownFiles = dict[str, tuple[str, int]]  # path -> SHA-256 and bytes
ENTITY = "belvedere"  # whoever is asked for under another name is found as well: there is one entity


class Shelves(Protocol):
    """The runs that a server serves (its Library)."""

    @property
    def roots(self) -> Sequence[Path]:
        """Folders of projects; new runs lie in the first."""
        ...

    def rows(
        self, filter: str | None = None, project: str | None = None, *, patience_secs: float = ...
    ) -> list[RunRow]:  # fmt: skip
        """The run table, newest first, as far as it is known after so long."""
        ...

    def run(self, name: RunName, row: RunRow | None = None) -> Run:
        """The run of that name, as it was listed when `row` says how; NotFound when there is none."""
        ...

    def folder(self, name: RunName) -> RunFolder:
        """Where the run lies, or will lie when it is new."""
        ...

    def lock(self, name: RunName) -> Lock:
        """Held while anything is added to a run's log."""
        ...

    def checked_name(self, project: str, run_id: str) -> RunName:
        """A name that can be a run's; NameRefused else."""
        ...


@dataclass
class Desk:
    """One server's side of the protocol. `key` signs the addresses for uploads; `unknown` counts what clients asked
    for and we do not know ("Run.fieldName", "operation Name"); `stopping` are runs that somebody asked to
    stop; `attempts` the runs that are being written."""

    shelves: Shelves
    key: bytes
    unknown: Counter[str] = field(default_factory=Counter)
    stopping: Stops = field(default_factory=Stops)
    histories: Histories = field(default_factory=Histories)
    listings: Listings = field(default_factory=Listings)
    failures: Counter[RunName] = field(default_factory=Counter)  # posts of a run that failed in a row
    files: "WeakKeyDictionary[Recording, KnownFiles]" = field(default_factory=WeakKeyDictionary)  # of open runs

    attempts: "Attempts" = field(init=False, repr=False, compare=False)
    artifacts: "ArtifactShelves" = field(init=False, repr=False, compare=False)
    sweeps: "SweepBoard" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        from belvedere.wandb_protocol.artifacts.shelves import ArtifactShelves  # they need Shelves, above
        from belvedere.wandb_protocol.attempts import Attempts
        from belvedere.wandb_protocol.sweeps.board import SweepBoard

        self.artifacts = ArtifactShelves(self.shelves)
        self.attempts = Attempts(self.shelves)
        self.sweeps = SweepBoard(self.shelves)

    def is_deleted(self, name: RunName) -> bool:
        """Whether a run was deleted while it ran: what its client still sends must not bring it back."""
        return name in self.stopping and not self.shelves.folder(name).logs.is_dir()


@dataclass(frozen=True)
class Asked:
    """One request: `base` is the address the client knows us by, without a slash at the end."""

    desk: Desk
    base: str
    operation: str
    variables: Mapping[str, object]


@dataclass(frozen=True)
class Node:
    """A value with a type: its fields are looked up in FIELDS[type]. Plain mappings answer by their keys."""

    type: str
    value: object


Arguments = Mapping[str, object]
Resolver = Callable[[Asked, object, Arguments], object]
Fields = Mapping[str, Mapping[str, Resolver]]


@dataclass(frozen=True)
class ProjectValue:
    """The value of a Node("Project"): entity is what the client called it."""

    entity: str
    name: str


@dataclass(frozen=True)
class RunValue:
    """The value of a Node("Run")."""

    project: ProjectValue
    run: Run
