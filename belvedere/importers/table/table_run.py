"""One file of numbers as a run.

The run is known by the absolute path of the file. Beside Lightning's `metrics.csv` its `hparams.yaml` is the
configuration; of a Hugging Face trainer, the state in its newest checkpoint counts. Such files do not say that a run
ended, so it counts as finished.
"""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import yaml

from belvedere.core.entries import RunFinished, RunStarted, Stored
from belvedere.core.plain import plain_data
from belvedere.importers.source import Tell, folder_name, foreign_writer
from belvedere.importers.table.columns import Columns, columns_of
from belvedere.importers.table.reading import is_still, rows_from
from belvedere.importers.telling import Told
from belvedere.importers.wandb import jsons
from belvedere.importers.wandb.rows import history_row
from belvedere.runlog.landing import Landing

STATE = "trainer_state.json"
CHECKPOINT = re.compile(r"checkpoint-(\d+)")
LIGHTNING = "metrics.csv"
SETTINGS = "hparams.yaml"
JUDGED_ROWS = 100
JUDGED_BYTES = 64 << 10
QUIET_SECONDS = 60.0  # a file that was silent for so long is looked at no more until it grows


@dataclass(frozen=True)
class TableRun:
    """A file, or the folder whose newest checkpoint holds it."""

    where: Path
    started: RunStarted
    tell: Tell

    @property
    def file(self) -> Path:
        return self.where if self.where.is_file() else newest_state(self.where) or self.where / STATE

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        return position.get("seen") != self._seen()

    def bring(self, landing: Landing) -> bool:
        seen, told, path = self._seen(), Told(landing, tell=self.tell), self.file
        start = landing.position.get("started", self.started.time)
        began = start if isinstance(start, float) else self.started.time
        self._tell(told, began)
        told.commit(started=began)
        self._bring_rows(landing, path, round(began * 1e6))
        changed = path.stat().st_mtime
        told.finished(RunFinished(max(began, changed)))
        told.commit(seen=seen)
        return time.time() - changed > QUIET_SECONDS

    def _bring_rows(self, landing: Landing, path: Path, time_us: int) -> None:
        place = landing.position.get("place")
        told = landing.position.get("columns")
        columns = Columns(*map(str, told)) if isinstance(told, list | tuple) else None
        before = place.get("rows", 0) if isinstance(place, Mapping) else 0
        number = before if isinstance(before, int) else 0
        for rows, behind in rows_from(path, place if isinstance(place, Mapping) else {}):
            columns = columns or columns_of(rows[:JUDGED_ROWS])
            for row in rows:
                step, moment = columns.moment(row, number=number, time_us=time_us)
                values = history_row(_named(columns.values(row), path)).values
                if values:
                    landing.row(step, moment, values)
                number += 1
            landing.commit(place=behind, columns=[columns.step, columns.time])

    def _seen(self) -> Stored:
        status = self.file.stat()
        return [self.file.name, status.st_size, status.st_mtime_ns, is_still(self.file)]

    def _tell(self, told: Told, time: float) -> None:
        settings = self.where.parent / SETTINGS
        if self.where.name == LIGHTNING and settings.is_file():
            try:
                found = yaml.safe_load(settings.read_text("utf-8", "replace"))
            except yaml.YAMLError:
                self.tell(f"the settings hold more than plain values, so they were left out: {settings}")
                found = None
            if isinstance(found, dict):
                told.config(time, {str(key): plain_data(value) for key, value in found.items()})
        if self.file.name == STATE:
            state = jsons.loads(self.file.read_bytes())
            if isinstance(state, dict):
                facts = {key: value for key, value in state.items() if not isinstance(value, list | dict)}
                told.config(time, facts, section="trainer_state")


def table_run(path: Path, tell: Tell) -> TableRun:
    """The run of a file, or of the folder of a trainer. Reads as far as its first rows, for when it began."""
    where = path.resolve()
    name, project = _names(where)
    run_id = f"{folder_name(name, 'table')[:80]}-{hashlib.sha256(str(where).encode()).hexdigest()[:6]}"
    found = TableRun(where, RunStarted(0.0, "", "", ""), tell)
    rows = first_rows(found.file)
    time_us = round(found.file.stat().st_mtime * 1e6)
    _, began = columns_of(rows).moment(rows[0], number=0, time_us=time_us) if rows else (0, time_us)
    writer = foreign_writer(0.0, "table", str(where))  # a growing file has no fixed time of its own
    return TableRun(where, RunStarted(began / 1e6, folder_name(project, "tables"), run_id, writer, name=name), tell)


def first_rows(path: Path) -> list[Mapping[str, Stored]]:
    """What the columns of a file are judged by."""
    return [row for rows, _ in islice(rows_from(path, {}, piece_bytes=JUDGED_BYTES), 1) for row in rows[:JUDGED_ROWS]]


def newest_state(folder: Path) -> Path | None:
    """A trainer's state in a folder: of the checkpoint that went furthest, or its own."""
    checkpoints = [(int(found[1]), path) for path in folder.glob(f"*/{STATE}") if (found := _checkpoint(path))]
    own = folder / STATE
    return own if own.is_file() else max(checkpoints)[1] if checkpoints else None


def trainer_folder(state: Path) -> Path:
    """The folder of the training that a state belongs to."""
    return state.parent.parent if _checkpoint(state) else state.parent


def _named(values: Mapping[str, Stored], path: Path) -> Mapping[str, Stored]:
    """The trainer of Hugging Face names series "eval_loss" in its state and "eval/loss" to all who listen."""
    if path.name != STATE:
        return values
    return {_heard(key): value for key, value in values.items()}


def _heard(key: str) -> str:
    for part in ("eval", "test"):
        if key.startswith(f"{part}_"):
            return f"{part}/{key.removeprefix(f'{part}_')}"
    return f"train/{key}"


def _checkpoint(state: Path) -> re.Match[str] | None:
    return CHECKPOINT.fullmatch(state.parent.name)


def _names(where: Path) -> tuple[str, str]:
    """What a run is called, and its project."""
    if where.name == LIGHTNING:
        return where.parent.name, where.parent.parent.name
    return (where.stem if where.is_file() else where.name), where.parent.name
