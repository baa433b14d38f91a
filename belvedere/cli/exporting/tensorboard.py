"""`belvedere export RUN --to tensorboard`: a stored run as an event file.

Numbers, vectors, rich values, stages, alerts, configuration and end, at their steps and times. What an earlier attempt
logged and a later one took back is not among them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from belvedere.core.entries import Configured, Logged, RunFinished, RunStarted, StageChanged, Stored, VectorLogged
from belvedere.core.errors import NotFound
from belvedere.record.mirrors.tensorboard import EventFileMirror
from belvedere.store.records import MediaItem
from belvedere.store.run import Run


@dataclass(frozen=True)
class Exported:
    """The event file, how many events it holds, and what could not go, in a sentence each."""

    path: Path
    events: int
    left_out: tuple[str, ...]


def write_event_file(run: Run, folder: Path) -> Exported:
    """Write a run into a folder, which TensorBoard then shows as a run. Raises UsageError when it cannot be written."""
    started = RunStarted(run.created, run.project, run.id, "", name=run.name)
    contents = Contents(run)
    mirror = EventFileMirror(folder, started, contents.read)
    if run.config:
        mirror.event(Configured(run.created, _plain(run.config)))
    count = 0
    for logged in _scalars(run):
        mirror.row(logged)
        count += 1
    for info in run.keys():
        if info.kind == "vector":
            count += _write_vectors(run, info.key, mirror)
        elif info.kind != "scalar":
            count += _write_media(run, info.key, mirror, contents)
    for stage in run.stages:
        mirror.event(StageChanged(stage.time, stage.step, stage.name))
    for alert in run.alerts:
        mirror.event(alert)
    state = None if run.state == "running" else RunFinished(run.updated, run.state)
    mirror.finish(state)
    words = (mirror.not_shown_words(), contents.words())
    return Exported(mirror.path, count, tuple(filter(None, words)))


def _scalars(run: Run) -> Iterator[Logged]:
    """All numbers in the order of time; those of one step and time together."""
    keys = [info.key for info in run.keys() if info.kind == "scalar"]
    series = [run.series(key) for key in keys]
    if not series:
        return
    which = np.repeat(np.arange(len(keys)), [len(one) for one in series])
    steps = np.concatenate([one.steps for one in series])
    times = np.concatenate([one.times for one in series])
    values = np.concatenate([one.values for one in series])
    order = np.lexsort((which, steps, times))
    points = zip(
        times[order].tolist(), steps[order].tolist(), which[order].tolist(), values[order].tolist(), strict=True
    )
    for (time, step), together in groupby(points, key=lambda point: point[:2]):
        row: dict[str, Stored] = {}
        for _, _, place, value in together:
            if keys[place] in row:  # twice in one moment: the second one needs an event of its own
                yield Logged(step, time, row)
                row = {}
            row[keys[place]] = value
        yield Logged(step, time, row)


def _write_vectors(run: Run, family: str, mirror: EventFileMirror) -> int:
    found = run.vectors(family)
    for step, time, values in zip(found.steps.tolist(), found.times.tolist(), found.values, strict=True):
        mirror.vector(VectorLogged(step, time, family, found.names, values))
    return len(found.steps)


def _write_media(run: Run, key: str, mirror: EventFileMirror, contents: "Contents") -> int:
    """Rich values of a key; several pictures of one moment are one value."""
    count = 0
    for (step, time), together in groupby(run.media(key), key=lambda item: (item.step, item.time)):
        items = [item for item in together if contents.has(item)]
        records = [_plain(item.record) for item in items]
        if len(items) > 1 and all(item.type == "image" for item in items):
            records = [{"_type": "images", "items": list(records)}]
        for record in records:
            mirror.row(Logged(step, time, {key: record}))
            count += 1
    return count


class Contents:
    """The files of a run's rich values, here or on a server; `missing` counts those that are not there."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._items: dict[str, MediaItem] = {}
        self.missing = 0

    def has(self, item: MediaItem) -> bool:
        """Remember where an item's file lies. False when it should have one and does not."""
        if not item.sha256:
            return True
        self._items[item.sha256] = item
        is_there = item.path.is_file() if item.path is not None else True
        self.missing += not is_there
        return is_there

    def read(self, record: Mapping[str, Stored]) -> bytes:
        """The file of a record. Raises NotFound when it is gone."""
        item = self._items[str(record["sha256"])]
        found = self._run.content(item)
        if found is None:
            raise NotFound(
                f"the file of the {item.type} at step {item.step} is missing; copy the run's media folder too"
            )
        return found

    def words(self) -> str:
        """What is missing, in a sentence; "" when nothing is."""
        return (
            f"the files of {self.missing} values are missing; copy the run's media folder too" if self.missing else ""
        )


def _plain(values: Mapping[str, object]) -> dict[str, Stored]:
    """Values as the store read them from the log are what the log holds."""
    return dict(values)  # type: ignore[arg-type]
