"""Follows one run: the columns that its newest manifest names, and the tails of all its writers, read further at each
poll.

Polling looks at sizes and folder times only (inotify does not see other hosts' writes); new bytes are parsed once.
"""

import copy
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from belvedere.core.errors import BelvedereError, DamagedLog
from belvedere.runlog.layout import SEGMENT_NAME, WRITER_NAME, RunFolder, segment_number, writer_order
from belvedere.runlog.reader import Cursor, SegmentReader
from belvedere.store import manifest as manifests
from belvedere.store.cache import ByteCache
from belvedere.store.column_reader import ColumnFile
from belvedere.store.journal import Journal
from belvedere.store.manifest import Manifest
from belvedere.store.tail import WriterTail

SETTLED_NS = 2_000_000_000  # a folder time younger than this may hide a second change


@dataclass
class Segment:
    """One segment being followed. `reader` is None when the file cannot be read at all, or needs no reading any
    more."""

    path: Path
    reader: SegmentReader | None
    cursor: Cursor
    trouble: str = ""
    pending_bytes: int = 0


@dataclass
class Writer:
    """One writer being followed."""

    name: str
    tail: WriterTail
    segments: dict[int, Segment] = field(default_factory=dict)
    covered: dict[int, Cursor] = field(default_factory=dict)
    folder_time: int = 0
    path: Path | None = None

    @property
    def last(self) -> Segment | None:
        return self.segments[max(self.segments)] if self.segments else None


class Follower:
    """A run's columns and tails, as of the last poll. Hold `lock` while reading from it."""

    def __init__(self, folder: RunFolder, cache: ByteCache) -> None:
        self.folder, self.cache = folder, cache
        self._run_path, self._logs_path = folder.path, folder.logs  # building a path costs more than looking at it
        self.lock = threading.RLock()
        self.manifest = Manifest()
        self.files: list[ColumnFile] = []
        self.writers: dict[str, Writer] = {}
        self._ordered: list[Writer] = []
        self.version = 0
        self.foreign: list[str] = []
        self.column_trouble = ""
        self._run_time = self._logs_time = 0
        self._manifest_mark: tuple[int, int, int] | None = None

    @property
    def tail_bytes(self) -> int:
        """Bytes of log that are not in columns."""
        return sum(writer.tail.size_bytes for writer in self.writers.values())

    def ordered(self) -> list[Writer]:
        """Writers by start time."""
        if len(self._ordered) != len(self.writers):  # some came; whoever drops one, empties this
            self._ordered = [self.writers[name] for name in sorted(self.writers, key=writer_order)]
        return self._ordered

    def poll(self, limit_bytes: int | None = None) -> bool:
        """Takes in what is new, at most about `limit_bytes` of log; whether anything was."""
        with self.lock:
            before = self.version
            self._look_for_manifest()
            self._look_for_writers()
            left = limit_bytes
            for writer in self.ordered():
                left = self._poll_writer(writer, left)
                if left is not None and left <= 0:
                    break
            return self.version != before

    # ---- columns ------------------------------------------------------------------------------------------------

    def _look_for_manifest(self) -> None:
        changed = self._run_path.stat().st_mtime_ns
        if changed == self._run_time and time.time_ns() - changed > SETTLED_NS:
            return
        self._run_time = changed
        mark = self._newest_mark()
        if mark != self._manifest_mark:
            self._manifest_mark = mark
            self._take(manifests.newest(self.folder))

    def _newest_mark(self) -> tuple[int, int, int] | None:
        """Number, time and inode of the newest manifest: `reindex` begins to count anew."""
        for number in self.folder.manifests():
            try:
                found = self.folder.manifest(number).stat()
            except FileNotFoundError:  # replaced meanwhile
                continue
            return number, found.st_mtime_ns, found.st_ino
        return None

    def _take(self, found: Manifest | None) -> None:
        """Starts over from a manifest: its columns, and tails from where they end."""
        if found is not None and (found.number, found.generations) == (self.manifest.number, self.manifest.generations):
            return  # the newer one is torn
        self.column_trouble = ""
        try:
            files: list[ColumnFile] | None = self._open(found)
        except FileNotFoundError:  # compacted once more meanwhile
            found = manifests.newest(self.folder)
            files = self._open_or_not(found)
        except DamagedLog as error:
            self.column_trouble = str(error)
            files = None
        number = found.number if found else 0
        if files is None:
            found, files = None, []
        self.manifest, self.files = found or Manifest(number), files  # its number: the next one must come after it
        self.writers = {
            name: Writer(name, WriterTail(copy.deepcopy(covered.journal)), covered=dict(covered.cursors))
            for name, covered in self.manifest.writers.items()
        }
        self._ordered = []
        self._logs_time = 0
        self.version += 1

    def _open(self, found: Manifest | None) -> list[ColumnFile]:
        names = [one.name for one in found.generations] if found else []
        return [ColumnFile(self.folder.generation(name), self.cache) for name in names]

    def _open_or_not(self, found: Manifest | None) -> list[ColumnFile] | None:
        """None when columns are gone or damaged: then the logs are read, as they always can be."""
        try:
            return self._open(found)
        except DamagedLog as error:
            self.column_trouble = str(error)
        except FileNotFoundError as error:
            gone = "columns are gone, the logs are read; `belvedere compact` makes them anew"
            self.column_trouble = f"{gone}: {error.filename}"
        return None

    # ---- logs ---------------------------------------------------------------------------------------------------

    def _look_for_writers(self) -> None:
        try:
            changed = self._logs_path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed == self._logs_time and time.time_ns() - changed > SETTLED_NS:
            return
        self._logs_time = changed
        names = sorted(entry.name for entry in self.folder.logs.iterdir())
        self.foreign = [
            f"{self.folder.logs / name}: not a writer's folder; ignored"
            for name in names
            if not WRITER_NAME.fullmatch(name)
        ]
        for name in self.writers.keys() - self.manifest.writers.keys() - set(names):
            del self.writers[name]  # the run was deleted and begun again since the last look
            self._ordered = []
            self.version += 1
        for name in names:
            if WRITER_NAME.fullmatch(name) and name not in self.writers:
                self.writers[name] = Writer(name, WriterTail(Journal()))
                self.version += 1

    def _poll_writer(self, writer: Writer, left: int | None) -> int | None:
        self._look_for_segments(writer)
        newest = max(writer.segments, default=0)
        for number in sorted(writer.segments):
            segment = writer.segments[number]
            while segment.reader is not None and (left is None or left > 0):
                read = self._poll_segment(writer, number, segment)
                if not read:
                    if number != newest:
                        segment.reader = None  # it will not grow any more
                    break
                left = None if left is None else left - read
        return left

    def _look_for_segments(self, writer: Writer) -> None:
        writer.path = writer.path or self.folder.writer(writer.name)
        try:
            changed = writer.path.stat().st_mtime_ns
        except OSError:
            return  # the log was removed; its columns stay readable
        if changed == writer.folder_time and time.time_ns() - changed > SETTLED_NS:
            return
        writer.folder_time = changed
        for found in self.folder.segments(writer.name):
            number = segment_number(found)
            if number not in writer.segments:
                writer.segments[number] = self._segment(found, writer.covered.get(number))

    def _segment(self, path: Path, cursor: Cursor | None) -> Segment:
        try:
            return Segment(path, SegmentReader(path, cursor), cursor or Cursor())
        except (BelvedereError, OSError) as error:
            return Segment(path, None, cursor or Cursor(), trouble=_reason(error))

    def _poll_segment(self, writer: Writer, number: int, segment: Segment) -> int:
        """Bytes taken in."""
        assert segment.reader is not None
        try:
            batch = segment.reader.poll()
        except (BelvedereError, OSError) as error:
            segment.reader, segment.trouble = None, _reason(error)
            return 0
        segment.trouble, segment.pending_bytes = segment.reader.trouble, segment.reader.pending_bytes
        if batch is None:
            return 0
        size = batch.end - segment.cursor.offset
        writer.tail.add(batch, number, size)
        segment.cursor = batch.cursor
        self.version += 1
        return size

    # ---- damage -------------------------------------------------------------------------------------------------

    def damage(self, live: set[str]) -> list[str]:
        """What could not be read: file, offset and reason. What a `live` writer may still be writing is no damage."""
        found = [self.column_trouble] if self.column_trouble else []
        for writer in self.ordered():
            for _, segment in sorted(writer.segments.items()):
                may_grow = writer.name in live and segment is writer.last
                found += _damage_of(segment, may_grow=may_grow)
            found += self._foreign_in(writer)
        return found + self.foreign

    def _foreign_in(self, writer: Writer) -> list[str]:
        folder = self.folder.writer(writer.name)
        try:
            names = sorted(entry.name for entry in folder.iterdir())
        except OSError as error:
            return [] if isinstance(error, FileNotFoundError) else [f"{folder}: {_reason(error)}"]
        return [
            f"{folder / name}: not a segment of a log; ignored" for name in names if not SEGMENT_NAME.fullmatch(name)
        ]

    def grown(self, writer: Writer) -> float:
        """When a writer's log last grew, seconds since 1970."""
        segment = writer.last
        try:
            return (segment.path if segment else self.folder.writer(writer.name)).stat().st_mtime
        except OSError:
            return 0.0


def _damage_of(segment: Segment, *, may_grow: bool) -> list[str]:
    if may_grow and segment.reader is not None:
        return []
    if segment.trouble:
        lost = f"; {segment.pending_bytes} bytes from there on are not read" if segment.pending_bytes else ""
        place = "" if str(segment.path) in segment.trouble else f"{segment.path}: "
        return [f"{place}{segment.trouble}{lost}"]
    if segment.pending_bytes:
        return [
            f"{segment.path}: the record at byte {segment.cursor.offset} "
            f"was never finished ({segment.pending_bytes} bytes)"
        ]
    return []


def _reason(error: Exception) -> str:
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
