"""Lands the records of one `.wandb` file: rows, configuration, summary, console, alerts, files, and how it ended."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

from belvedere.core.entries import (
    Alerted,
    CompanionOpened,
    Configured,
    Console,
    Defined,
    Described,
    Event,
    FileSaved,
    RunFinished,
    RunStarted,
    Stored,
)
from belvedere.core.errors import UsageError
from belvedere.importers.source import Tell
from belvedere.importers.wandb import records
from belvedere.importers.wandb.artifacts import Artifacts
from belvedere.importers.wandb.config import FACTS
from belvedere.importers.wandb.console import ConsoleLines
from belvedere.importers.wandb.files import RunFiles
from belvedere.importers.wandb.jsons import dumps
from belvedere.importers.wandb.messages import (
    alert_of,
    artifact_of,
    environment_of,
    exit_of,
    files_of,
    metric_of,
    output_of,
    run_of,
    stats_of,
)
from belvedere.importers.wandb.numbers import Numbers
from belvedere.importers.wandb.plain_rows import plain_row
from belvedere.importers.wandb.records import Item, history_values, items, record_kind, record_number
from belvedere.importers.wandb.rows import LandedRow, history_row, place, system_row
from belvedere.importers.wandb.summary import SummaryRecords
from belvedere.importers.wandb.tables import Tables
from belvedere.runlog.codec import plain
from belvedere.runlog.landing import Landing, landed_rows
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import read_entries

SECTION = "wandb"
NESTED = "nested"
MISSING = object()


@dataclass
class Memory:
    """What the attempt's own log says already: needed to go on in the middle of a file."""

    config: dict[str, Stored] = field(default_factory=dict)
    facts: dict[str, Stored] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # path -> sha256
    ended: bool = False

    @classmethod
    def of(cls, landing: Landing) -> "Memory":
        """Read a log from its start."""
        found = cls()
        for segment in landing.folder.segments(landing.started.writer_id):
            for entry in read_entries(segment):
                if isinstance(entry, Configured):
                    section = {"config": found.config, SECTION: found.facts}.get(entry.section, {})
                    section.update(entry.values)
                elif isinstance(entry, Defined):
                    found.metrics.append(entry.key)
                elif isinstance(entry, FileSaved):
                    found.files[entry.path] = entry.sha256
                elif isinstance(entry, RunFinished):
                    found.ended = True
        return found


class Attempt:
    """One file on its way into one log. `step` and `time` (seconds since 1970) are those of the newest record."""

    def __init__(
        self, landing: Landing, folder: Path, tell: Tell, first_row: Callable[[], LandedRow | None]
    ) -> None:  # fmt: skip
        """`first_row` finds the first history row of the file; it is asked for only when the run has other writers."""
        self._landing, self._tell = landing, tell
        position = landing.position
        memory = Memory.of(landing) if position else Memory()
        self.step = _whole(position.get("step"), 0)
        self.time = _seconds(position.get("time"), landing.started.time)
        self.is_over = memory.ended
        self._config, self._facts, self._metrics = memory.config, memory.facts, memory.metrics
        self._nested = _paths(memory.facts.get(NESTED))
        self._nested_before = len(self._nested)
        self._summary = SummaryRecords(memory.facts)
        self._files = RunFiles(landing.folder, folder / "files", memory.files)
        self._tables, self._artifacts = Tables(landing.folder), Artifacts(landing.folder, tell)
        self._lines, self._numbers = ConsoleLines(position.get("lines")), Numbers(position.get("numbers"))
        self._copied_until, self._copied = _copied(landing, first_row)
        if self._copied and not position:  # it adds to an attempt that is here, and is none itself
            landing.event(CompanionOpened(landing.started.time, "import"))
        self._takers: Mapping[int, Callable[[bytes], None]] = {
            records.HISTORY: self._history, records.SUMMARY: self._summary.take, records.CONFIG: self._configured,
            records.FILES: self._saved, records.ARTIFACT: self._artifact, records.STATS: self._stats,
            records.ALERT: self._alert,
            records.METRIC: self._metric, records.OUTPUT_RAW: self._console, records.OUTPUT: self._console,
            records.RUN: self._run, records.EXIT: self._exit, records.ENVIRONMENT: self._environment,
        }  # fmt: skip

    def take(self, record: bytes) -> None:
        """Land one record, unless it was landed; what it holds that no log can is told, and passed over."""
        try:
            kind, message = record_kind(record)
            taker = self._takers.get(kind)
            if taker is not None and self._is_new(record):
                taker(message)
        except UsageError as error:
            self._tell(str(error))

    def _is_new(self, record: bytes) -> bool:
        number = record_number(record)
        return not number or self._numbers.add(number)

    def commit(self, offset: int, *, size: int = 0, swept: bool = False) -> None:
        """All in front of byte `offset` is whole; `size` is that of the file when it was read to its end, and `swept`
        says that its other files are whole too."""
        if len(self._nested) > self._nested_before:
            self._nested_before = len(self._nested)
            self._event(Configured(self.time, {NESTED: dict(self._nested)}, SECTION))
        ours, facts = self._summary.news()
        if facts:
            self._event(Configured(self.time, facts, SECTION))
        if ours:
            self._event(Configured(self.time, ours, "summary"))
        self._landing.commit(
            offset=offset,
            size=size,
            swept=swept,
            step=self.step,
            time=self.time,
            lines=dict(self._lines.pending),
            numbers=self._numbers.stored,
        )

    def sweep(self) -> None:
        """Nothing more is to come: the last line, and the files that no record told of, or that changed since."""
        for line in self._lines.rest(self.time):
            self._event(line)
        for saved in self._files.sweep(self.time):
            self._event(saved)

    # ---- rows ---------------------------------------------------------------------------------------------------

    def _history(self, message: bytes) -> None:
        found = plain_row(message)
        if found is None:
            found = history_row(history_values(message), step=self.step, time_us=round(self.time * 1e6))
            found = replace(found, values=self._tables.whole(found.values))
        self.step, self.time = found.step, max(self.time, found.time_us / 1e6)
        if found.nested:
            self._nested.update(found.nested)
        self._row(found)

    def _stats(self, message: bytes) -> None:
        time, values = stats_of(message)
        _, values = system_row(values)
        self.time = max(self.time, time)
        if values and time > self._copied_until:
            self._row(LandedRow(self.step, round(time * 1e6), values))

    def _row(self, row: LandedRow) -> None:
        if not self._copied or (row.step, row.time_us) not in self._copied:
            self._landing.row(row.step, row.time_us, row.values)

    # ---- events -------------------------------------------------------------------------------------------------

    def _event(self, event: Event) -> None:
        if not self._copied or event.time > self._copied_until:
            self._landing.event(event)

    def _run(self, message: bytes) -> None:
        told = run_of(message)
        self._apply(list(told.config))
        facts: dict[str, Stored] = {
            "entity": told.entity, "host": told.host, "sweep": told.sweep, "commit": told.commit, "repo": told.remote,
        }  # fmt: skip
        news = {name: fact for name, fact in facts.items() if fact and self._facts.get(name) != fact}
        if news:
            self._facts.update(news)
            self._event(Configured(self.time, news, SECTION))
        started = self._landing.started
        if (told.name, told.group, told.job_type, told.tags, told.notes) != _described(started):
            self._event(Described(self.time, told.name or None, told.group, told.job_type, told.tags, told.notes))

    def _configured(self, message: bytes) -> None:
        self._apply(items(message))
        removed = [path[0] for path, _ in items(message, records.REMOVE) if path[0] in self._config]
        if removed:
            self._config.update(dict.fromkeys(removed))
            self._event(Configured(self.time, dict.fromkeys(removed)))

    def _apply(self, updates: list[Item]) -> None:
        """Set values of the configuration; those under `_wandb` are the client's own facts."""
        before = self._facts.get("config")
        known: dict[str, Stored] = {**self._config, FACTS: before if isinstance(before, Mapping) else {}}
        known |= {key: deepcopy(known[key]) for key in {path[0] for path, _ in updates} if key in known}
        for path, value in updates:
            told, held = plain(value), known[FACTS]
            if [*path] == [FACTS] and isinstance(told, Mapping) and isinstance(held, Mapping):
                known[FACTS] = {**held, **told}  # the client tells all it knows, its charts apart
            else:
                place(known, path, told)
        facts = known.pop(FACTS)
        changed = {key: known[key] for key in known if not _is_same(known[key], self._config.get(key, MISSING))}
        if changed:
            self._config.update(changed)
            self._event(Configured(self.time, changed))
        if isinstance(facts, Mapping) and facts and not _is_same(facts, before):
            self._facts["config"] = facts
            self._event(Configured(self.time, {"config": facts}, SECTION))

    def _environment(self, message: bytes) -> None:
        facts = environment_of(message)
        if facts:
            self._event(Configured(self.time, facts, "environment"))

    def _metric(self, message: bytes) -> None:
        told = metric_of(message)
        if told.key:
            self._metrics.append(told.key)
            is_there = 1 <= told.x_place <= len(self._metrics)
            x = told.x or (self._metrics[told.x_place - 1] if is_there else None)
            self._event(Defined(self.time, told.key, x, told.summary, told.goal, None, told.is_hidden))

    def _alert(self, message: bytes) -> None:
        title, text, level = alert_of(message)
        self._event(Alerted(self.time, self.step, title, text, level))

    def _console(self, message: bytes) -> None:
        time, stream, text = output_of(message)
        for line in self._lines.take(time or self.time, stream, text):
            self._event(line)

    def _saved(self, message: bytes) -> None:
        for path in files_of(message):
            saved = self._files.keep(path, self.time)
            if saved is not None:
                self._event(saved)

    def _artifact(self, message: bytes) -> None:
        told = artifact_of(message)
        self._tables.take(told)
        self._artifacts.take(told, step=self.step, time=self.time)

    def _exit(self, message: bytes) -> None:
        code, runtime_secs = exit_of(message)
        self.time = max(self.time, self._landing.started.time + runtime_secs)
        self.is_over = True
        self._event(RunFinished(self.time, "failed" if code else "finished", code))


def _described(started: RunStarted) -> tuple[str, str, str, tuple[str, ...], str]:
    return started.name, started.group, started.job_type, tuple(started.tags), started.notes


def _copied(landing: Landing, first_row: Callable[[], LandedRow | None]) -> tuple[float, set[tuple[int, int]]]:
    """The rows (step, µs) that another writer of the run holds already, and the time of its newest record (s): the
    same run may have come over the network before. 0.0 and nothing when it did not."""
    others = [writer for writer in landing.folder.writers() if writer != landing.started.writer_id]
    first = first_row() if others else None
    if first is not None:
        for writer in others:
            rows = set(landed_rows(landing.folder, writer))
            if (first.step, first.time_us) in rows:
                until = max(time_us for _, time_us in rows) / 1e6
                return max(until, _last_line(landing.folder, writer)), rows
    return 0.0, set()


def _last_line(folder: RunFolder, writer: str) -> float:
    """When the newest line of a writer's console was written; 0.0 when there is none."""
    entries = (entry for segment in folder.segments(writer) for entry in read_entries(segment))
    return max((entry.time for entry in entries if isinstance(entry, Console)), default=0.0)


def _is_same(one: Stored, other: Stored | object) -> bool:
    return one is other or (other is not MISSING and dumps(one) == dumps(other))


def _paths(told: Stored) -> dict[str, list[str]]:
    if not isinstance(told, Mapping):
        return {}
    return {key: [str(part) for part in path] for key, path in told.items() if isinstance(path, list | tuple)}


def _whole(told: Stored, otherwise: int) -> int:
    return told if isinstance(told, int) else otherwise


def _seconds(told: Stored, otherwise: float) -> float:
    return float(told) if isinstance(told, int | float) else otherwise
