"""Runs of Trackio: one database a project, `~/.cache/huggingface/trackio/<project>.db`, or the folder of them."""

from collections.abc import Sequence
from pathlib import Path

from belvedere.core.errors import BelvedereError, NotFound
from belvedere.importers.databases import is_sqlite
from belvedere.importers.source import Source, Tell
from belvedere.importers.trackio.runs import is_trackio, runs_of

TITLE = "Trackio runs"
WANTED = "<project>.db (Trackio)"


def looks_like(path: Path) -> bool:
    """Whether a path is a project's database, or a folder of some."""
    return any(map(_is_project, _databases(path)))


def sources(path: Path, tell: Tell) -> Sequence[Source]:
    """All runs of all projects at a path, oldest first."""
    found: list[Source] = []
    databases = _databases(path)
    for database in databases:
        try:
            if _is_project(database):
                found += runs_of(database, tell)
        except BelvedereError as error:
            tell(str(error))
    if not databases or (path.is_file() and not _is_project(path)):
        raise NotFound(f"no database of Trackio here; pass <project>.db, or the folder that holds it: {path}")
    return sorted(found, key=lambda run: run.started.time)


def _databases(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.glob("*.db"))


def _is_project(path: Path) -> bool:
    return is_sqlite(path) and is_trackio(path)
