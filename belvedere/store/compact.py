"""Compaction: stretches of logs become a column file, small column files become bigger ones. Never in a training
process.

    columns under a temporary name → fsync → rename → fsync folder → MANIFEST.<n + 1>, created exclusively
    → fsync folder → what the new manifest no longer names is removed

Killed at any point, the store is as before or as after. Of two compactors the one that comes second to the manifest
loses and removes its file. Logs are kept: they are the truth, and what readers fall back to.
"""

import copy
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from belvedere.runlog import layout
from belvedere.runlog.layout import RunFolder, writer_order
from belvedere.store import manifest as manifests
from belvedere.store.assembly import attempts
from belvedere.store.cache import ByteCache
from belvedere.store.column_reader import Column, ColumnFile
from belvedere.store.columns import NUMBER, OTHER, ColumnWriter
from belvedere.store.follow import Follower
from belvedere.store.liveness import run_state, this_boot
from belvedere.store.manifest import Covered, Generation, Manifest
from belvedere.store.tail import WriterTail

TAIL_BYTES = 2 << 20  # about 9 ms to decode; a running run is compacted beyond that
ROUND_BYTES = 64 << 20  # of log decoded in one go, which bounds memory
MERGE = 8  # files of one size that become one
ORPHAN_SECONDS = 24 * 3600.0
LEASE_SECONDS = 600.0
TORN_SECONDS = 60.0  # an unfinished manifest older than this belongs to a dead compactor

Progress = Callable[[int, int], None]  # bytes of log done, bytes in all


@dataclass(frozen=True)
class Compacted:
    """What a compaction did."""

    points: int = 0
    files: int = 0
    lost: bool = False  # another compactor was quicker, or holds the lease


def is_due(follower: Follower) -> bool:
    """Whether compacting pays: the tail is long, or the run is over and not yet one file."""
    if follower.tail_bytes > TAIL_BYTES:
        return True
    unsettled = follower.tail_bytes > 0 or len(follower.files) > 1
    return unsettled and run_state(attempts(follower, time.time())) != "running"


def compact_if_due(follower: Follower) -> Compacted:
    """Compacts a run that somebody follows, when it pays."""
    with follower.lock:
        due = is_due(follower)
    return compact_run(follower.folder) if due else Compacted()


def compact_run(folder: RunFolder, *, progress: Progress | None = None) -> Compacted:
    """Brings all that is logged into columns; one file when the run is over."""
    with _lease(folder) as is_ours:
        return _compact(folder, progress) if is_ours else Compacted(lost=True)


def compact_root(root: Path) -> list[tuple[str, Compacted]]:
    """Compacts every run of a root; what became of each, by "project/run id"."""
    return [(f"{folder.project}/{folder.run_id}", compact_run(folder)) for folder in layout.runs(root)]


def forget_columns(root: Path) -> None:
    """Removes everything that is made from logs: manifests, columns, the catalogue. The logs stay."""
    for folder in layout.runs(root):
        for number in folder.manifests():
            folder.manifest(number).unlink(missing_ok=True)
        for path in _column_files(folder):
            path.unlink(missing_ok=True)
    layout.catalogue(root).unlink(missing_ok=True)


def reindex(root: Path) -> list[tuple[str, Compacted]]:
    """Makes columns and catalogue anew from the logs."""
    forget_columns(root)
    return compact_root(root)


# ---- one run ------------------------------------------------------------------------------------------------------


def _compact(folder: RunFolder, progress: Progress | None) -> Compacted:
    follower = Follower(folder, ByteCache())
    total = sum(path.stat().st_size for writer in folder.writers() for path in folder.segments(writer))
    points = files = 0
    while True:
        follower.poll(ROUND_BYTES)
        if not follower.tail_bytes:
            break
        made = _advance(follower)
        if made is None:
            return Compacted(points, files, lost=True)
        points, files = points + made, files + 1
        if progress is not None:
            progress(_covered_bytes(follower), total)
    is_over = run_state(attempts(follower, time.time())) != "running"
    merged = _merge_as_needed(follower, is_over=is_over)
    _remove_orphans(folder, follower.manifest)
    return Compacted(points, files + (merged or 0), lost=merged is None)


def _covered_bytes(follower: Follower) -> int:
    return sum(segment.cursor.offset for writer in follower.writers.values() for segment in writer.segments.values())


def _advance(follower: Follower) -> int | None:
    """Puts all tails into a new column file; the number of points, or None when another compactor was quicker."""
    folder, before = follower.folder, follower.manifest
    writers = follower.ordered()

    def fill(target: ColumnWriter) -> None:
        for writer in writers:
            _write_tail(target, writer.name, writer.tail)

    generation = _write(folder, [writer.name for writer in writers], fill)
    covered = {
        writer.name: Covered(
            writer.covered | {number: segment.cursor for number, segment in writer.segments.items()},
            copy.deepcopy(writer.tail.journal),
        )
        for writer in writers
    }
    after = Manifest(_next_number(folder, before), generations=[*before.generations, generation], writers=covered)
    if not _commit(folder, after, made=generation, superseded=[]):
        return None
    follower.poll(0)
    return generation.points


def _write(folder: RunFolder, writers: list[str], fill: Callable[[ColumnWriter], None]) -> Generation:
    """A column file under its final name, durable, but not yet in any manifest."""
    folder.columns.mkdir(exist_ok=True)
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    path = folder.generation(name)
    target = ColumnWriter(path.with_suffix(".tmp"), writers)
    try:
        fill(target)
        target.close()
    except BaseException:
        target.abandon()
        raise
    size = target.path.stat().st_size
    target.path.rename(path)
    manifests.sync_folder(folder.columns)
    return Generation(name, size, target.points)


def _commit(folder: RunFolder, after: Manifest, *, made: Generation, superseded: Iterable[Generation]) -> bool:
    """Makes a manifest the newest one, then removes what it replaces."""
    if not manifests.create(folder, after):
        folder.generation(made.name).unlink(missing_ok=True)
        return False
    numbers = folder.manifests()
    if numbers and numbers[0] == after.number:
        for number in numbers[1:]:
            folder.manifest(number).unlink(missing_ok=True)
        for generation in superseded:
            folder.generation(generation.name).unlink(missing_ok=True)
    return True


def _next_number(folder: RunFolder, before: Manifest) -> int:
    """One more than the manifest we start from, beyond torn ones that nobody will finish."""
    number = before.number + 1
    for torn in sorted(number for number in folder.manifests() if number > before.number):
        path = folder.manifest(torn)
        with suppress(FileNotFoundError):
            is_dead = time.time() - path.stat().st_mtime > TORN_SECONDS
            if torn == number and is_dead and manifests.read(path) is None:
                number = torn + 1
    return number


# ---- columns out of tails -----------------------------------------------------------------------------------------


def _write_tail(target: ColumnWriter, name: str, tail: WriterTail) -> None:
    axes: dict[tuple[int, ...], int] = {}
    for key in tail.number_keys():
        points = tail.numbers(key)
        if points is None or not len(points.steps):
            continue
        shared = tail.axis_id(key)
        axis = axes.get(shared) if shared is not None else None
        if axis is None:
            axis = target.axis(points.steps, points.times_us)
            if shared is not None:
                axes[shared] = axis
        target.numbers(name, key, axis, points.values, _ends(points.steps))
    for key in tail.other_keys():
        singles = tail.others(key)
        if singles is not None and singles.values:
            _, steps, times_us = singles.moments()
            target.others(name, key, target.axis(steps, times_us), singles.values, _ends(steps))
    for family in tail.families():
        points = tail.vectors(family)
        axis = target.axis(points.steps, points.times_us)
        target.vectors(name, family[0], family[1], axis, points.values, _ends(points.steps))


def _ends(steps: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[int, int]:
    return int(steps[0]), int(steps[-1])


# ---- columns out of columns ---------------------------------------------------------------------------------------


def _merge_as_needed(follower: Follower, *, is_over: bool) -> int | None:
    """Files merged: all when the run is over, else the newest when there are many of a size. None: lost."""
    done = 0
    while True:
        count = _to_merge(follower.manifest.generations, is_over=is_over)
        if count < 2:
            return done
        if not _merge(follower, count):
            return None
        done += 1


def _to_merge(generations: list[Generation], *, is_over: bool) -> int:
    """How many of the newest files become one."""
    if is_over:
        return len(generations)
    limit, count = TAIL_BYTES, 0
    while count < len(generations):
        alike = 0
        while alike < len(generations) and generations[-1 - alike].size_bytes <= limit:
            alike += 1
        if alike >= MERGE:
            return alike
        if alike == len(generations):
            return 0
        count, limit = alike, limit * MERGE
    return 0


def _merge(follower: Follower, count: int) -> bool:
    folder, before = follower.folder, follower.manifest
    files, old = follower.files[-count:], before.generations[-count:]
    names = sorted({writer for file in files for writer in file.writers}, key=writer_order)

    def fill(target: ColumnWriter) -> None:
        for name in names:
            _merge_writer(target, name, files)

    generation = _write(folder, names, fill)
    kept = before.generations[:-count]
    after = Manifest(_next_number(folder, before), generations=[*kept, generation], writers=before.writers)
    if not _commit(folder, after, made=generation, superseded=old):
        return False
    follower.poll(0)
    return True


def _merge_writer(target: ColumnWriter, name: str, files: list[ColumnFile]) -> None:
    sources: dict[tuple[str, str], list[Column]] = {}
    for file in files:
        for column in file.columns_of(name):
            sources.setdefault((column.kind, column.key), []).append(column)
    axes: dict[tuple[tuple[int, int], ...], int] = {}
    for (kind, key), columns in sources.items():
        for column in columns:
            column.verify()
        shared = tuple((id(column.file), column.axis) for column in columns)
        if shared not in axes:
            steps = np.concatenate([column.steps.whole() for column in columns])
            axes[shared] = target.axis(steps, np.concatenate([column.times.whole() for column in columns]))
        ends = columns[0].steps_seen[0], columns[-1].steps_seen[1]
        if kind == NUMBER:
            target.numbers(name, key, axes[shared], np.concatenate([c.part().numbers() for c in columns]), ends)
        elif kind == OTHER:
            target.others(name, key, axes[shared], [value for c in columns for value in c.others()], ends)
        else:
            family = key.rpartition("\0")[0]
            block = np.concatenate([column.matrix() for column in columns])
            target.vectors(name, family, columns[0].names(), axes[shared], block, ends)


# ---- order in the folder ------------------------------------------------------------------------------------------


def _column_files(folder: RunFolder) -> list[Path]:
    if not folder.columns.is_dir():
        return []
    return [path for path in folder.columns.iterdir() if path.suffix in (".rcol", ".tmp")]


def _remove_orphans(folder: RunFolder, current: Manifest) -> None:
    """Files of compactors that died or lost, once nobody can be reading them."""
    named = {folder.generation(generation.name) for generation in current.generations}
    for path in _column_files(folder):
        with suppress(FileNotFoundError):
            if path not in named and time.time() - path.stat().st_mtime > ORPHAN_SECONDS:
                path.unlink()


@contextmanager
def _lease(folder: RunFolder) -> Iterator[bool]:
    """Tells other compactors to spare themselves the work; nothing depends on it."""
    path, is_ours = folder.lease, False
    if not _is_held(path):
        path.unlink(missing_ok=True)
        with suppress(FileExistsError):
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            os.write(fd, json.dumps({"host": this_boot()[0], "pid": os.getpid()}).encode())
            os.close(fd)
            is_ours = True
    try:
        yield is_ours
    finally:
        if is_ours:
            path.unlink(missing_ok=True)


def _is_held(path: Path) -> bool:
    """Whether a compactor that may still live holds the lease."""
    try:
        age_seconds = time.time() - path.stat().st_mtime
        holder = json.loads(path.read_bytes())
        host, pid = str(holder["host"]), int(holder["pid"])
    except FileNotFoundError:
        return False
    except (ValueError, KeyError, TypeError):
        return age_seconds < TORN_SECONDS
    if host != this_boot()[0]:
        return age_seconds < LEASE_SECONDS
    return pid != os.getpid() and Path(f"/proc/{pid}").exists() and age_seconds < LEASE_SECONDS
