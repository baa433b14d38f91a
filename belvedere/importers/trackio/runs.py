"""Runs of Trackio: one SQLite file a project, with tables metrics, configs, system_metrics and alerts.

A row of metrics is a JSON mapping with a step and a time; ids only grow. What a run is called and what settings it had
stand in configs; names that begin with "_" are Trackio's own. Nothing says that a run ended, so it counts as finished.
Databases of before `run_id` know a run by its name alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from belvedere.core.entries import Alerted, Described, RunFinished, RunStarted, Stored
from belvedere.importers.databases import Database, Row
from belvedere.importers.source import Tell, folder_name, foreign_writer
from belvedere.importers.telling import Told, keeper
from belvedere.importers.trackio.values import our_value
from belvedere.importers.wandb import jsons
from belvedere.importers.wandb.rows import history_row
from belvedere.runlog.landing import Landing

NEEDED = ("metrics", "configs")
OPTIONAL = ("system_metrics", "alerts")
ROWS_AT_ONCE = 5_000
QUIET_SECONDS = 60.0  # a run that was silent for so long is looked at no more until it grows
LEVELS = {"info": "info", "warn": "warning", "error": "critical"}


@dataclass(frozen=True)
class TrackioRun:
    """One run of a project's database."""

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
        seen, told = self._seen(), Told(landing, tell=self.tell)
        self._tell(told)
        told.commit()
        for table in ("metrics", "system_metrics", "alerts"):
            while self._bring_rows(table, landing):
                continue
        last = self._newest()
        told.finished(RunFinished(max(last, self.started.time)))
        told.commit(seen=seen)
        return datetime.now(timezone.utc).timestamp() - last > QUIET_SECONDS

    def _bring_rows(self, name: str, landing: Landing) -> int:
        """The next rows of one table, in the order they were written; how many there were."""
        if name not in self.database.tables:
            return 0
        own, before = _of_run(self.database, name, self.run_id), landing.position.get(name, 0)
        found = self.database.rows(name, own, by="id", above=before, limit=ROWS_AT_ONCE)
        if not found:
            return 0
        if name == "alerts":
            self._land_alerts(found, landing)
        else:
            self._land_rows(found, landing, is_system=name == "system_metrics")
        landing.commit(**{name: _whole(found[-1]["id"])})
        return len(found)

    def _land_rows(self, rows: Iterable[Row], landing: Landing, *, is_system: bool) -> None:
        media, keep = self.database.path.parent / "media", keeper(landing)
        for row in rows:
            named = {key: our_value(value, media, keep) for key, value in _object(row["metrics"]).items()}
            values: dict[str, Stored] = {"system": named} if is_system else named
            step = _whole(row["id"] if is_system else row["step"])
            found = history_row(values, step=step, time_us=round(_seconds(row["timestamp"]) * 1e6))
            if found.values:
                landing.row(found.step, found.time_us, found.values)

    def _land_alerts(self, rows: Iterable[Row], landing: Landing) -> None:
        for row in rows:
            level, text = LEVELS.get(str(row["level"]), "info"), str(row["text"] or "")
            landing.event(Alerted(_seconds(row["timestamp"]), _whole(row["step"]), str(row["title"]), text, level))

    def _tell(self, told: Told) -> None:
        config = _config(self.database, self.run_id)
        own = {key: value for key, value in config.items() if key.startswith("_")}
        start = self.started.time
        told.config(start, {key: value for key, value in config.items() if key not in own})
        told.config(start, {key.lstrip("_").lower(): value for key, value in own.items()}, section="trackio")
        group = own.get("_Group")
        told.described(Described(start, name=self.started.name, group=str(group) if group else None))

    def _seen(self) -> Stored:
        """What grows when the run does: the newest id in each table."""
        names = sorted(self.database.tables)
        owns = [_of_run(self.database, name, self.run_id) for name in names]
        return [_whole(self.database.greatest(name, "id", own)) for name, own in zip(names, owns, strict=True)]

    def _newest(self) -> float:
        own = _of_run(self.database, "metrics", self.run_id)
        return _seconds(self.database.greatest("metrics", "timestamp", own))


def is_trackio(path: Path) -> bool:
    """Whether an SQLite file is a project of Trackio."""
    tables = Database(path, needed=(), optional=NEEDED).tables
    return set(NEEDED) <= set(tables) and {"run_name", "metrics", "step"} <= set(tables["metrics"])


def runs_of(path: Path, tell: Tell) -> Iterator[TrackioRun]:
    """All runs of a project's database."""
    database = Database(path, needed=NEEDED, optional=OPTIONAL)
    for run_id in database.each("metrics", _key(database, "metrics")):
        (first,) = database.rows("metrics", _of_run(database, "metrics", str(run_id)), by="id", limit=1)
        name, began = first["run_name"], first["timestamp"]
        created = _config(database, str(run_id)).get("_Created")
        start = _seconds(created) if isinstance(created, str) else _seconds(began)
        yield TrackioRun(
            database, str(run_id),
            RunStarted(
                start, folder_name(path.stem, "trackio"), folder_name(str(run_id), "run"),
                foreign_writer(start, "trackio", path.stem, str(run_id)), name=str(name),
            ),
            tell,
        )  # fmt: skip


def _config(database: Database, run_id: str) -> dict[str, Stored]:
    found = database.rows("configs", _of_run(database, "configs", run_id))
    return _object(found[-1]["config"]) if found else {}


def _object(told: object) -> dict[str, Stored]:
    """A JSON object of a cell, which is text or bytes; {} for anything else that is JSON."""
    found = jsons.loads(told if isinstance(told, bytes) else str(told))
    return dict(found) if isinstance(found, dict) else {}


def _key(database: Database, table: str) -> str:
    return "run_id" if "run_id" in database.tables[table] else "run_name"


def _of_run(database: Database, table: str, run_id: str) -> Mapping[str, object]:
    return {_key(database, table): run_id}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _seconds(text: object) -> float:
    """Seconds since 1970 of an ISO time; without a zone it is UTC. 0 when it is none."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
