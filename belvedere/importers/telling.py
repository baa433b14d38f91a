"""What is told of a foreign run beside its rows: each fact once, and again when it changed.

What was told is remembered in the position that is committed with it: for an event a digest of what it says, for a file
its size and its time of change.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from belvedere.core.entries import Configured, Described, Event, FileSaved, RunFinished, Stored
from belvedere.core.values import Keep, Record
from belvedere.importers.source import Tell
from belvedere.importers.wandb.values import suffix_of
from belvedere.runlog import media
from belvedere.runlog.landing import Landing

FILE_BYTES_MAX = 256 << 20  # a checkpoint stays where it is
PADDED = re.compile(r"[+-]?0\d")  # a name made of digits
Mark = list[int]  # size in bytes, ns since 1970


class Told:
    """What was told of one run so far; `marks` and `files` go into the position."""

    def __init__(self, landing: Landing, *, tell: Tell) -> None:
        self.marks, self.files = _mapping(landing.position.get("told")), _mapping(landing.position.get("files"))
        self._landing, self._tell = landing, tell

    def config(self, time: float, values: Mapping[str, Stored], *, section: str = "config") -> None:
        """The configuration, or facts of the program that the run comes from."""
        if values:
            self.event(section, Configured(time, values, section=section))

    def described(self, event: Described) -> None:
        """What the run is called."""
        self.event("described", event)

    def finished(self, event: RunFinished) -> None:
        """How the run ended."""
        self.event("finished", event)

    def event(self, name: str, event: Event) -> None:
        """An event that stands for all earlier ones of that name."""
        digest = hashlib.sha256(msgspec.msgpack.encode(event)).hexdigest()[:16]
        if self.marks.get(name) != digest:
            self._landing.event(event)
            self.marks[name] = digest

    def file(self, path: Path, name: str) -> None:
        """A file of the run, kept under `name` unless it lies here as it is; one that is too large is told of."""
        status = path.stat()
        mark: Mark = [status.st_size, status.st_mtime_ns]
        if self.files.get(name) == mark:
            return
        if status.st_size > FILE_BYTES_MAX:
            self._tell(
                f"a file of {status.st_size >> 20} MiB was left where it is (the limit is {FILE_BYTES_MAX >> 20} MiB); "
                f"copy it yourself if you need it: {path}"
            )
        else:
            kept = media.keep(self._landing.folder, path, suffix_of(name))
            self._landing.event(FileSaved(status.st_mtime, name, kept.sha256, kept.size_bytes))
        self.files[name] = list(mark)

    def commit(self, **position: Stored) -> None:
        """Everything until here is whole."""
        self._landing.commit(told=dict(self.marks), files=dict(self.files), **position)


def keeper(landing: Landing) -> Keep:
    """Puts large values among the media of a run."""

    def keep(content: bytes | Path, suffix: str) -> Record:
        kept = media.keep(landing.folder, content, suffix)
        return {"sha256": kept.sha256, "size": kept.size_bytes, "suffix": kept.suffix}

    return keep


def walked(folder: Path) -> list[Path]:
    """All files below a folder, by name; none when there is no such folder. Links are not followed."""
    found = [
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if not Path(parent, name).is_symlink()
    ]
    return sorted(found)


def spoken(text: str) -> Stored:
    """A setting that was kept as text, as the number or truth value it says; other text stays text, also "007"."""
    if text in ("True", "False"):
        return text == "True"
    if PADDED.match(text):
        return text
    for read in (int, float):
        try:
            value = read(text) if "_" not in text else None
        except ValueError:
            continue
        if value is not None and len(text) <= 40:
            return value
    return text


def _mapping(value: object) -> dict[str, Stored]:
    return dict(value) if isinstance(value, Mapping) else {}
