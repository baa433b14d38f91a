"""The runs that a server serves: one store per folder, seen as one. Every method may be called from any thread."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from belvedere.core.errors import BelvedereError, NotFound, UsageError
from belvedere.runlog.layout import RunFolder, log_sizes, run_folder
from belvedere.server.schemas import RunChange, RunGrew, RunState
from belvedere.store.engine import RunName as StoredName
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.filters import parse
from belvedere.store.records import RunRow
from belvedere.store.run import Run
from belvedere.store.store import Store

RunName: TypeAlias = tuple[str, str]  # project, run id
PATIENCE_SECONDS = 0.5  # so long a request waits for runs that nobody has read yet
SWEEP_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class Shelf:
    """One folder of projects and its engine."""

    root: Path
    engine: FolderEngine


def shelf_of(store: Store) -> Shelf:
    """A store whose runs lie in a folder of this machine; only such can be served."""
    if not isinstance(store.engine, FolderEngine):
        raise UsageError("only folders can be served, not other servers; open that server's address instead")
    return Shelf(store.engine.root, store.engine)


class Library:
    """All runs of all shelves. Where two shelves hold a run of the same name, the first one's is meant."""

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self.shelves = tuple(shelves)
        self._locks: defaultdict[RunName, threading.Lock] = defaultdict(threading.Lock)
        self._told: dict[RunName, RunChange] = {}
        self._told_of: dict[RunName, RunRow] = {}

    @property
    def roots(self) -> list[Path]:
        """Folders of projects; new runs lie in the first."""
        return [shelf.root for shelf in self.shelves]

    @property
    def is_behind(self) -> bool:
        """Whether there are runs that nobody has read since they changed."""
        return not all(shelf.engine.index.is_complete for shelf in self.shelves)

    def rows(
        self, filter: str | None = None, project: str | None = None, *, patience_secs: float = PATIENCE_SECONDS
    ) -> list[RunRow]:
        """The run table, newest first, as far as it is known after so long: a first look at ten thousand runs takes
        many calls, of which each sees more of them."""
        condition = parse(filter) if filter else None
        asked = (shelf.engine.runs_by_now(condition, project, patience_secs=patience_secs) for shelf in self.shelves)
        found = [row for rows in asked for row in rows]
        if len(self.shelves) == 1:
            return found
        unique = {(row.project, row.id): row for row in reversed(found)}
        return sorted(unique.values(), key=lambda row: (-row.created, row.project, row.id))

    def run(self, name: RunName, row: RunRow | None = None) -> Run:
        """The run of that name, as it was listed when `row` says how; never waits for the run table."""
        return Run(self._shelf(name).engine, StoredName(*name), row)

    def folder(self, name: RunName) -> RunFolder:
        """Where the run lies; a new one will lie on the first shelf."""
        folders = [run_folder(shelf.root, *name) for shelf in self.shelves]
        return next((folder for folder in folders if folder.path.is_dir()), folders[0])

    def checked_name(self, project: str, run_id: str) -> RunName:
        """A name that can be a run's; NameRefused else."""
        folder = run_folder(self.shelves[0].root, project, run_id)
        return folder.project, folder.run_id

    def lock(self, name: RunName) -> threading.Lock:
        """Held while bytes are added to a run's log."""
        return self._locks[name]

    # ---- what grew ----------------------------------------------------------------------------------------------

    def log_bytes(self, name: RunName) -> int:
        """The size of all logs of a run: it moves whenever anything was logged."""
        try:
            return sum(size for _, size in log_sizes(self.folder(name)))
        except OSError:  # not there yet, deleted while we look, or too many files are open just now
            return 0

    def growth(self, name: RunName, log_bytes: int) -> RunGrew | None:
        """The present state of a run, None when there is none (yet)."""
        try:
            grown = self._shelf(name).engine.growth(StoredName(*name))
        except (BelvedereError, OSError):
            return None  # whoever asks for the run itself gets the reason
        return RunGrew(*name, cast(RunState, grown.state), grown.steps, grown.keys, log_bytes)

    def changes(self) -> list[RunChange]:
        """Runs that look different from the last call."""
        changed = []
        for row in self.rows(patience_secs=SWEEP_PATIENCE_SECONDS):
            name = (row.project, row.id)
            if self._told_of.get(name) is row:
                continue  # nobody has read it again
            self._told_of[name] = row
            change = RunChange(*name, cast(RunState, row.state), row.steps, row.updated)
            if self._told.get(name) != change:
                self._told[name] = change
                changed.append(change)
        return changed

    def _shelf(self, name: RunName) -> Shelf:
        for shelf in self.shelves:
            if run_folder(shelf.root, *name).logs.is_dir():
                return shelf
        raise NotFound(f"no run {'/'.join(name)!r}; `belvedere ls` lists all")
