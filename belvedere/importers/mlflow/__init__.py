"""Runs of MLflow: a folder such as `mlruns/`, or a database such as `mlflow.db`."""

from collections.abc import Sequence
from pathlib import Path

from belvedere.core.errors import NotFound
from belvedere.importers.mlflow.database import database_runs, is_database
from belvedere.importers.mlflow.file_store import file_store_runs, has_file_store
from belvedere.importers.source import Source, Tell

TITLE = "MLflow runs"
WANTED = "mlruns/ or mlflow.db (MLflow)"
DATABASE_NAME = "mlflow.db"


def looks_like(path: Path) -> bool:
    """Whether runs of MLflow lie at a path: a store of files, a database, or a folder that holds either."""
    if path.is_file():
        return is_database(path)
    return has_file_store(path) or is_database(path / DATABASE_NAME)


def sources(path: Path, tell: Tell) -> Sequence[Source]:
    """All runs at a path that are not deleted, oldest first."""
    if path.is_file():
        return database_runs(path, tell)
    beside = path / DATABASE_NAME
    found: list[Source] = list(file_store_runs(path, tell))
    if is_database(beside):
        found += database_runs(beside, tell)
    if not found:
        raise NotFound(f"no run of MLflow here; pass the folder mlruns, or the file mlflow.db: {path}")
    return found
