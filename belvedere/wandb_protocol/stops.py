"""Runs that somebody asked to stop, and those that were deleted while they ran: a restarted server still knows."""

import logging
from collections.abc import Iterator, MutableSet
from pathlib import Path
from threading import Lock

from belvedere.core.errors import DamagedLog
from belvedere.runlog import json_files

Name = tuple[str, str]  # project, run id
log = logging.getLogger(__name__)


class Stops(MutableSet[Name]):
    """A set that is written to `path`, where one is given, whenever it changes."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._names = _read(path) if path is not None else set[Name]()
        self._lock = Lock()

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[Name]:
        return iter(self._names.copy())

    def __len__(self) -> int:
        return len(self._names)

    def add(self, value: Name) -> None:
        with self._lock:
            if value not in self._names:
                self._names.add(value)
                self._write()

    def discard(self, value: Name) -> None:
        with self._lock:
            if value in self._names:
                self._names.discard(value)
                self._write()

    def _write(self) -> None:
        """What no disk takes is known until the server ends."""
        try:
            if self._path is not None:
                json_files.write(self._path, sorted(self._names))
        except OSError as error:
            log.warning("runs to be stopped are not written down (%s); ask again after a restart", error)


def _read(path: Path) -> set[Name]:
    try:
        return set(json_files.read(path, list[Name]))
    except FileNotFoundError:
        return set()
    except (DamagedLog, OSError) as error:
        log.warning("runs to be stopped are not known: %s", error)
        return set()
