"""Brings the runs of other programs into a folder of ours: once, or again and again while they grow."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from belvedere.core.entries import Stored
from belvedere.core.errors import BelvedereError, NameRefused, NotFound, UnknownFormat, UsageError
from belvedere.core.registry import modules
from belvedere.importers.source import Beating, Importer, Source
from belvedere.runlog.landing import Landing, committed
from belvedere.runlog.layout import RunFolder, import_lock, run_folder, runs

ANY_FILE = ("table", "tables")  # importers that take any file of numbers: asked last
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LANDINGS_MAX = 64  # runs whose logs are kept open while they are followed


@dataclass(frozen=True)
class Brought:
    """What became of one source. `is_new`: something came in · `is_over`: nothing is to come, as far as one can see ·
    `trouble`: the sentence why it could not be read on."""

    source: Source
    is_new: bool
    is_over: bool
    trouble: str = ""


def importers() -> dict[str, Importer]:
    """All importers by their kind: the name of their module."""
    found = {module.__name__.rpartition(".")[2]: module for module in modules("belvedere.importers")}
    return {kind: module for kind, module in found.items() if isinstance(module, Importer)}


def importer_of(path: Path, kind: str = "") -> tuple[str, Importer]:
    """The importer for what lies at a path, and its kind; with `kind` that one. Raises NotFound, UsageError or
    UnknownFormat."""
    known = importers()
    if not path.exists():
        raise NotFound(f"no such file or directory, so nothing can be imported; check the path: {path}")
    if kind:
        if kind not in known:
            raise UsageError(f"there is no importer for {kind!r}; there are: {', '.join(known)}")
        return kind, known[kind]
    for name in sorted(known, key=lambda name: (name in ANY_FILE, name)):
        if known[name].looks_like(path):
            return name, known[name]
    if is_ours(path):
        raise UsageError(f"these are runs of Belvedere already; look at them with: belvedere {path}")
    raise UnknownFormat(
        f"nothing here that can be imported; looked for {wanted()}; pass the file, or the folder that holds it: {path}"
    )


def others_at(path: Path, kind: str) -> dict[str, Importer]:
    """What lies at a path beside the runs of that kind. Tables are everywhere, and do not count."""
    others = {name: importer for name, importer in importers().items() if name != kind and name not in ANY_FILE}
    return {name: importer for name, importer in others.items() if importer.looks_like(path)}


def wanted() -> str:
    """What all importers look for."""
    return ", ".join(importer.WANTED for _, importer in sorted(importers().items(), key=lambda one: one[0] in ANY_FILE))


def is_ours(path: Path) -> bool:
    """Whether a folder holds runs of ours, or is a project or a run of ours."""
    try:
        return path.is_dir() and (bool(runs(path)) or bool(runs(path.parent, path.name)) or (path / "log").is_dir())
    except (NameRefused, OSError):
        return False


@contextmanager
def only_importer(root: Path) -> Iterator[None]:
    """Nobody else brings runs into `root` meanwhile; UsageError when somebody does."""
    path = import_lock(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"another process is bringing runs into this folder; wait until it is through: {root}"
            ) from error
        yield


@dataclass
class Bringing:
    """Sources of one path on their way into `root`. `tell` gets each sentence for people once."""

    importer: Importer
    path: Path
    root: Path
    tell: Callable[[str], None]
    _told: set[str] = field(default_factory=set)
    _sources: dict[Path, Source] = field(default_factory=dict)
    _landings: dict[Path, Landing] = field(default_factory=dict)
    _positions: dict[Path, dict[str, Stored]] = field(default_factory=dict)
    _living: dict[Path, Beating] = field(default_factory=dict)

    def sources(self) -> list[Source]:
        """All there are now. A source known already stays the object it was, since it knows how far it was read."""
        listed: dict[Path, Source] = {}
        for found in self.importer.sources(self.path, self.tell_once):
            known = self._sources.get(found.where)
            is_same = known is not None and known.started.writer_id == found.started.writer_id
            listed[found.where] = known if known is not None and is_same else found
        for gone in self._sources.keys() - listed.keys():
            self._forget(gone)
        self._sources = listed
        return self.known()

    def known(self) -> list[Source]:
        """The sources as they were when `sources` was last asked."""
        return list(self._sources.values())

    def each(self, sources: list[Source]) -> Iterator[Brought]:
        """Bring what is new of every source, one after the other. One that cannot be read does not stop the others."""
        for source in sources:
            try:
                yield self._bring(source)
            except (BelvedereError, OSError) as error:
                sentence = f"{_sentence(error)} ({source.where})"
                self.tell_once(sentence)
                self._forget(source.where)
                yield Brought(source, is_new=False, is_over=False, trouble=sentence)

    def leave(self) -> None:
        """Nobody is going to look on: what lives only by our word counts as over, and grows when there is more."""
        for where, living in self._living.items():
            source = self._sources.get(where)
            if source is None:
                continue
            try:
                living.leave(self._landings.get(where) or self._open(where, self._folder(source), source))
            except (BelvedereError, OSError) as error:
                self.tell_once(f"{_sentence(error)} ({where})")
        self._living.clear()

    def close(self) -> None:
        """Close all logs."""
        for where in list(self._landings):
            self._drop(where)

    def _bring(self, source: Source) -> Brought:
        where, folder = source.where, self._folder(source)
        if where not in self._positions:
            self._positions[where] = committed(folder, source.started.writer_id)
        position = self._positions[where]
        if not source.is_news(position):
            return Brought(source, is_new=False, is_over=True)
        landing = self._landings.get(where) or self._open(where, folder, source)
        is_over = source.bring(landing)
        self._positions[where] = dict(landing.position)
        if landing.dropped_rows:
            raise OSError(errno.ENOSPC, f"{landing.dropped_rows} rows did not get into the log")
        self._living.pop(where, None)
        if is_over:
            self._drop(where)
        elif isinstance(source, Beating):
            self._living[where] = source
        else:
            _keep_time(where, landing)
        return Brought(source, is_new=self._positions[where] != position, is_over=is_over)

    def _open(self, where: Path, folder: RunFolder, source: Source) -> Landing:
        while len(self._landings) >= LANDINGS_MAX:
            self._drop(next(iter(self._landings)))
        landing = self._landings[where] = Landing(folder, source.started, on_trouble=self.tell_once)
        return landing

    def _folder(self, source: Source) -> RunFolder:
        return run_folder(self.root, source.started.project, source.started.run_id)

    def _drop(self, where: Path) -> None:
        landing = self._landings.pop(where, None)
        if landing is not None:
            landing.close()

    def _forget(self, where: Path) -> None:
        """Begin anew with a source, from what was committed."""
        self._drop(where)
        self._positions.pop(where, None)
        self._sources.pop(where, None)

    def tell_once(self, sentence: str) -> None:
        """Tell people, unless they were told."""
        if sentence not in self._told:
            self._told.add(sentence)
            self.tell(sentence)


def _keep_time(where: Path, landing: Landing) -> None:
    """A log without an end belongs to a living run while it grows: it grew last when the foreign file did."""
    segments = landing.folder.segments(landing.started.writer_id)
    if where.is_file() and segments:
        changed_ns = where.stat().st_mtime_ns
        os.utime(segments[-1], ns=(changed_ns, changed_ns))


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return "the disk is full; make room and import again: what is here already stays"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror.lower()}; check the file and its rights"
    return str(error)
