"""The runs that a server serves: one store per folder, seen as one. Every method may be called from any thread."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from belvedere.core.errors import BelvedereError, NotFound, UsageError
from belvedere.runlog.layout import RunFolder, run_folder
from belvedere.server.schemas import RunChange, RunGrew, RunState
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.filters import parse
from belvedere.store.records import RunRow
from belvedere.store.run import Run
from belvedere.store.store import Store

RunName: TypeAlias = tuple[str, str]  # project, run id


@dataclass(frozen=True)
class Shelf:
    """One folder of projects and its store."""

    root: Path
    store: Store


def shelf_of(store: Store) -> Shelf:
    """A store whose runs lie in a folder of this machine; only such can be served."""
    if not isinstance(store.engine, FolderEngine):
        raise UsageError("only folders can be served, not other servers; open that server's address instead")
    return Shelf(store.engine.root, store)


class Library:
    """All runs of all shelves. Where two shelves hold a run of the same name, the first one's is meant."""

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self.shelves = tuple(shelves)
        self._locks: defaultdict[RunName, threading.Lock] = defaultdict(threading.Lock)
        self._told: dict[RunName, RunChange] = {}

    def rows(self, filter: str | None = None, project: str | None = None) -> list[RunRow]:
        """The run table, newest first, without opening a run that has not changed."""
        condition = parse(filter) if filter else None
        found = [row for shelf in self.shelves for row in shelf.store.engine.runs(condition, project)]
        if len(self.shelves) == 1:
            return found
        unique = {(row.project, row.id): row for row in reversed(found)}
        return sorted(unique.values(), key=lambda row: (-row.created, row.project, row.id))

    def run(self, name: RunName) -> Run:
        """The run of that name."""
        return self._shelf(name).store.run("/".join(name))

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
        folder = self.folder(name)
        try:
            return sum(path.stat().st_size for writer in folder.writers() for path in folder.segments(writer))
        except FileNotFoundError:  # deleted while we look
            return 0

    def growth(self, name: RunName, log_bytes: int) -> RunGrew | None:
        """The present state of a run, None when there is none (yet)."""
        try:
            run = self.run(name)
            row = run.row
            return RunGrew(*name, cast(RunState, row.state), row.steps, len(run.keys()), log_bytes)
        except (BelvedereError, OSError):
            return None  # whoever asks for the run itself gets the reason

    def changes(self) -> list[RunChange]:
        """Runs that look different from the last call."""
        changed = []
        for row in self.rows():
            change = RunChange(row.project, row.id, cast(RunState, row.state), row.steps, row.updated)
            if self._told.get((row.project, row.id)) != change:
                self._told[row.project, row.id] = change
                changed.append(change)
        return changed

    def _shelf(self, name: RunName) -> Shelf:
        for shelf in self.shelves:
            if run_folder(shelf.root, *name).path.is_dir():
                return shelf
        raise NotFound(f"no run {'/'.join(name)!r}; `belvedere ls` lists all")
