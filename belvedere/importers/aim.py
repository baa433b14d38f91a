"""Runs of Aim: a folder with `.aim/`. Its database (RocksDB, with Aim's own coding) is read by Aim itself.

A sequence has a name and a context, a mapping; the values of the context stand in front of the name in ours: `loss`
with {"subset": "val"} is "val/loss". Aim's own `__system__cpu` is "system/cpu". Runs that Aim has not put in its index
yet cannot be read; a sentence says how many, and how to index them.
"""

import importlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Described, RunFinished, RunStarted, Stored
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.pictures import Image
from belvedere.core.plain import plain_data
from belvedere.core.values import Histogram, Keep, Text
from belvedere.importers.source import Source, Tell, folder_name, foreign_writer
from belvedere.importers.telling import Told, keeper
from belvedere.runlog.landing import Landing

TITLE = "Aim runs"
WANTED = ".aim/ (Aim)"
FOLDER = ".aim"
SYSTEM = "__system__"
SHOWN = ("texts", "distributions", "images")  # kinds of sequences beside metrics that have a value of ours
About = Mapping[str, object]


class AimContext(Protocol):
    """The context of a sequence."""

    def to_dict(self) -> Mapping[str, object]: ...


class AimData(Protocol):
    """The points of a sequence, by columns."""

    def view(self, columns: list[str]) -> "AimData": ...
    def numpy(self) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]: ...
    def items_list(self) -> tuple[list[int], list[list[object]]]: ...


class AimSequence(Protocol):
    """A series of Aim."""

    name: str
    context: AimContext
    data: AimData


class AimRun(Protocol):
    """What is used of `aim.Run`."""

    hash: str
    name: str | None
    experiment: str | None
    description: str | None
    tags: list[str]
    creation_time: float
    end_time: float | None

    def metrics(self) -> Iterable[AimSequence]: ...
    def collect_sequence_info(self, sequence_types: tuple[str, ...]) -> Mapping[str, list[About]]: ...


@dataclass(frozen=True)
class AimSource:
    """One run of a repository."""

    where: Path
    run: AimRun
    settings: Mapping[str, Stored]
    tell: Tell

    @property
    def started(self) -> RunStarted:
        start, run = self.run.creation_time, self.run
        project = folder_name(run.experiment or "", "aim")
        return RunStarted(start, project, run.hash, foreign_writer(start, "aim", run.hash), name=run.name or "")

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        return position.get("seen") != self._seen()

    def bring(self, landing: Landing) -> bool:
        seen, told, start = self._seen(), Told(landing, tell=self.tell), self.run.creation_time
        told.config(start, self.settings)
        words = Described(start, self.run.name or None, tags=tuple(self.run.tags), notes=self.run.description or None)
        told.described(words)
        told.commit()
        for sequence in self.run.metrics():
            _bring_metric(sequence, landing)
        for kind in SHOWN:
            for sequence in _sequences(self.run, kind):
                _bring_values(sequence, landing)
        end = self.run.end_time
        if end is not None:
            told.finished(RunFinished(end))
        told.commit(seen=seen)
        return end is not None

    def _seen(self) -> Stored:
        """What changes when the run does: the last step of each sequence, and whether it ended."""
        found = self.run.collect_sequence_info(("metric", *SHOWN))
        last: dict[str, Stored] = {}
        for kind, listed in found.items():
            for one in listed:
                key = _key(str(one["name"]), _mapping(one["context"]))
                last[f"{kind} {key}"] = plain_data(_mapping(one["values"]).get("last_step"))
        return {"end": self.run.end_time or 0.0, "last": last}


def looks_like(path: Path) -> bool:
    """Whether a path is a repository of Aim, or the folder that holds one."""
    return _repository(path) is not None


def sources(path: Path, tell: Tell) -> Sequence[Source]:
    """All runs of a repository that Aim has indexed, oldest first. UsageError where Aim is not installed."""
    folder = _repository(path)
    if folder is None:
        raise NotFound(f"no repository of Aim here; pass the folder that holds .aim: {path}")
    repository = _aim(path).Repo(str(folder.parent))
    runs = list(repository.iter_runs())
    waiting = len(set(repository.list_all_runs()) - {run.hash for run in runs})
    if waiting:
        tell(
            f"{waiting} run{'s' * (waiting != 1)} not in Aim's index yet cannot be read; "
            f"when their trainings are over: aim storage --repo {folder.parent} reindex"
        )
    found = [AimSource(folder / run.hash, run, _settings(run.meta_run_attrs_tree.collect()), tell) for run in runs]
    return sorted(found, key=lambda source: source.run.creation_time)


def _aim(path: Path) -> ModuleType:
    try:
        return importlib.import_module("aim")
    except ImportError as error:
        raise UsageError(f"Aim's database is read by Aim itself, which is missing; pip install aim: {path}") from error


def _repository(path: Path) -> Path | None:
    folder = path if path.name == FOLDER else path / FOLDER
    is_there = any(os.path.isdir(folder / name) for name in ("seqs", "meta"))
    return folder if is_there else None


def _settings(told: object) -> dict[str, Stored]:
    """Parameters as Aim has them; `hparams`, which its users write by habit, is the configuration itself."""
    found = {key: plain_data(value) for key, value in _mapping(told).items() if not key.startswith("__")}
    inner = found.pop("hparams", {})
    return found | ({str(key): value for key, value in inner.items()} if isinstance(inner, Mapping) else {})


def _bring_metric(sequence: AimSequence, landing: Landing) -> None:
    """The points of one metric that are not here."""
    steps, (values, times) = sequence.data.view(["val", "time"]).numpy()
    key = _key(sequence.name, sequence.context.to_dict())
    before = _counts(landing).get(key, 0)
    new = np.argsort(times, kind="stable")[before:]  # Aim has them by step, and a point that comes later is a later one
    times_us = np.round(np.nan_to_num(times[new]) * 1e6).astype(np.int64)
    landing.rows((key,), np.asarray(steps, np.int64)[new], times_us, np.asarray(values, np.float64)[new][:, None])
    _commit(landing, key, before + len(new))


def _bring_values(sequence: AimSequence, landing: Landing) -> None:
    """The texts, distributions and pictures of one sequence that are not here."""
    steps, (values, times) = sequence.data.view(["val", "time"]).items_list()
    key, keep = _key(sequence.name, sequence.context.to_dict()), keeper(landing)
    place = f"{key} …"  # a metric may have the same name
    before = _counts(landing).get(place, 0)
    for step, value, time in list(zip(steps, values, times, strict=True))[before:]:
        moment = float(time) if isinstance(time, int | float) else 0.0
        landing.row(step, round(moment * 1e6), {key: _record(value, keep)})
    _commit(landing, place, len(steps))


def _record(value: object, keep: Keep) -> Stored:
    """A value of Aim, or a list of them, as ours."""
    if isinstance(value, list | tuple):
        items = [_record(item, keep) for item in value]
        first = items[0] if items else None
        return {"_type": f"{first['_type']}s", "items": items} if isinstance(first, Mapping) else items
    if callable(counted := getattr(value, "to_np_histogram", None)):
        counts, edges = counted()
        return Histogram(counts=counts, edges=edges).record(keep)
    if callable(drawn := getattr(value, "to_pil_image", None)):
        return Image(drawn(), caption=str(getattr(value, "caption", "") or "")).record(keep)
    return Text(getattr(value, "data", value)).record(keep)


def _sequences(run: AimRun, kind: str) -> Iterator[AimSequence]:
    for told in run.collect_sequence_info((kind,)).get(kind, []):
        find = getattr(run, f"get_{kind.removesuffix('s')}_sequence")
        found = find(told["name"], _context(told["context"]))
        if found is not None:
            yield found


def _context(told: object) -> object:
    return importlib.import_module("aim.storage.context").Context(dict(_mapping(told)))


def _key(name: str, context: Mapping[str, object]) -> str:
    if name.startswith(SYSTEM):
        return f"system/{name.removeprefix(SYSTEM)}"
    return "/".join([*(str(value) for _, value in sorted(context.items())), name])


def _counts(landing: Landing) -> dict[str, int]:
    told = landing.position.get("counts")
    return {str(key): int(str(count)) for key, count in told.items()} if isinstance(told, Mapping) else {}


def _commit(landing: Landing, key: str, count: int) -> None:
    counts = _counts(landing)
    if counts.get(key, 0) != count:
        landing.commit(counts={**counts, key: count})


def _mapping(told: object) -> Mapping[str, object]:
    return told if isinstance(told, Mapping) else {}
