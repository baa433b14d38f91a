"""MLflow's database, one SQLite file: tables experiments, runs, metrics, params and tags.

A metric that is not a number has `is_nan` set; an infinite one is kept as the largest number of its sign.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from belvedere.core.entries import RunStarted, Stored
from belvedere.importers.databases import ALL, ROWID, Database, is_sqlite
from belvedere.importers.mlflow.artifacts import bring_artifacts
from belvedere.importers.mlflow.foreign_run import ForeignRun, local_path
from belvedere.importers.source import Tell
from belvedere.importers.telling import Told
from belvedere.runlog.landing import Landing

TABLES = ("experiments", "runs", "metrics", "params", "tags")
ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class DatabaseRun:
    """One run of a database."""

    database: Database
    run_id: str
    started: RunStarted
    tell: Tell

    @property
    def where(self) -> Path:
        return self.database.path / self.run_id

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        return position.get("seen") != self._seen()

    def bring(self, landing: Landing) -> bool:
        seen, run, told = self._seen(), self._run(), Told(landing, tell=self.tell)
        run.tell(told)
        told.commit()
        while self._bring_metrics(landing):
            continue
        artifacts = local_path(run.artifact_uri)
        if artifacts is not None and artifacts.is_absolute():
            bring_artifacts(artifacts, landing, told)
        run.tell_end(told)
        told.commit(seen=seen)
        return run.is_over

    def _bring_metrics(self, landing: Landing) -> int:
        """The next metrics, in the order they were logged; how many there were."""
        before = landing.position.get(ROWID, 0)
        found = self.database.rows("metrics", self._own, above=before, limit=ROWS_AT_ONCE)
        points: dict[str, list[tuple[int, int, float]]] = {}
        for row in found:
            number = float("nan") if row["is_nan"] else _restored(row["value"])
            point = (_whole(row["step"]) or 0, _whole(row["timestamp"]) or 0, number)
            points.setdefault(str(row["key"]), []).append(point)
        for key, rows in points.items():
            steps, times_ms, values = zip(*rows, strict=True)
            landing.rows(
                (key,), np.array(steps, np.int64), np.array(times_ms, np.int64) * 1000, np.array(values)[:, None]
            )
        if found:
            landing.commit(rowid=_whole(found[-1][ROWID]))
        return len(found)

    def _seen(self) -> Stored:
        """What changes when the run does: the last value, how it stands, and what is said of it."""
        last = _whole(self.database.greatest("metrics", ROWID, self._own))
        (run,) = self.database.rows("runs", self._own)
        return [last, str(run["status"]), _whole(run["end_time"]), self._texts("params"), self._texts("tags")]

    def _texts(self, table: str) -> dict[str, str]:
        rows = self.database.rows(table, self._own)
        return {str(row["key"]): str("" if row["value"] is None else row["value"]) for row in rows}

    def _run(self) -> ForeignRun:
        return next(_runs(self.database, self._own, params=self._texts("params"), tags=self._texts("tags")))

    @property
    def _own(self) -> Mapping[str, object]:
        return {"run_uuid": self.run_id}


def is_database(path: Path) -> bool:
    """Whether a file is a database of MLflow."""
    if not is_sqlite(path):
        return False
    return {"experiments", "runs", "metrics"} <= set(Database(path, needed=(), optional=TABLES).tables)


def database_runs(path: Path, tell: Tell) -> list[DatabaseRun]:
    """All runs of a database that are not deleted, oldest first."""
    database = Database(path, needed=TABLES)
    return [DatabaseRun(database, run.id, run.started("database"), tell) for run in _runs(database, ALL)]


def _runs(database: Database, where: Mapping[str, object], **texts: Mapping[str, str]) -> Iterator[ForeignRun]:
    names = {row["experiment_id"]: str(row["name"]) for row in database.rows("experiments")}
    for row in database.rows("runs", where, by="start_time"):
        if row["lifecycle_stage"] == "deleted":
            continue
        uri = str(row.get("artifact_uri") or "")
        yield ForeignRun(
            id=str(row["run_uuid"]),
            experiment=names.get(row["experiment_id"], ""),
            experiment_id=str(row["experiment_id"]),
            name=str(row.get("name") or ""),
            status=str(row["status"]),
            start_ms=_whole(row["start_time"]) or 0,
            end_ms=_whole(row["end_time"]),
            artifact_uri=uri,
            facts={"user": str(row.get("user_id") or ""), "artifact_uri": uri},
            **texts,
        )


def _restored(value: object) -> float:
    number, largest = float(str(value)), sys.float_info.max
    return float("inf") if number >= largest else float("-inf") if number <= -largest else number


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
