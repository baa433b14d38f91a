"""A store: the runs of a folder, or of a server. `belvedere.open` makes one."""

import difflib
from pathlib import Path

from belvedere.core.errors import NotFound, UsageError
from belvedere.store.engine import Engine, RunName
from belvedere.store.filters import parse
from belvedere.store.run import Run


class Store:
    """What everyone above reads runs from."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def projects(self) -> list[str]:
        """Names of all projects."""
        return self.engine.projects()

    def runs(self, filter: str | None = None, *, project: str | None = None) -> list[Run]:
        """Runs, newest first: all, or those that fulfil a filter such as 'config.lr > 1e-4 and state == "finished"'."""
        condition = parse(filter) if filter else None
        rows = self.engine.runs(condition, project)
        return [Run(self.engine, RunName(row.project, row.id), row) for row in rows]

    def run(self, name: str) -> Run:
        """The run with that id, or with that "project/id"."""
        project, _, run_id = name.rpartition("/")
        found = [one for one in self.engine.find(run_id) if project in ("", one.project)]
        if len(found) > 1:
            raise UsageError(f"run {run_id!r} is in several projects; pass one of {', '.join(map(str, found))}")
        if not found:
            raise self._no_run(name)
        return Run(self.engine, found[0])

    def _no_run(self, name: str) -> NotFound:
        run_id = name.rpartition("/")[2]
        rows = self.engine.runs(None, None)
        close = difflib.get_close_matches(run_id, [row.id for row in rows], n=3)
        by_name = [row.id for row in rows if row.name == run_id]
        hint = f"did you mean {', '.join(by_name or close)}?" if by_name or close else "`belvedere ls` lists all"
        return NotFound(f"no run {name!r}; {hint}")


def open_store(place: str | Path) -> Store:
    """The runs of a folder, or of a server when given its address."""
    text = str(place)
    if text.startswith(("http://", "https://")):
        from belvedere.store.engines.http import HttpEngine

        return Store(HttpEngine(text))
    from belvedere.store.engines.folder import FolderEngine

    return Store(FolderEngine(Path(text).expanduser()))
