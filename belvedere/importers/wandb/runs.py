"""The runs in a `wandb` folder: which `.wandb` files there are, and each as a source of rows that may still grow.

wandb/offline-run-20261121_182758-abc123/run-abc123.wandb      offline; run-… without "offline-" was online
                                         files/media/…         its files
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from belvedere.core.entries import RunStarted, Stored
from belvedere.core.errors import BelvedereError, UsageError
from belvedere.importers.source import Tell, folder_name, foreign_writer
from belvedere.importers.wandb.attempt import Attempt
from belvedere.importers.wandb.framing import BLOCK_BYTES, READ_BYTES, Stretch, read_stretch
from belvedere.importers.wandb.messages import RunMessage, run_of
from belvedere.importers.wandb.records import HISTORY, RUN, history_values, record_kind
from belvedere.importers.wandb.rows import LandedRow, history_row
from belvedere.runlog.landing import Landing

PATTERNS = ("*.wandb", "*run-*/*.wandb", "wandb/*run-*/*.wandb")
LATEST = "latest-run"  # a link to one of the others
NO_PROJECT = "uncategorized"  # as W&B calls it
QUIET_SECS = 60.0  # a file that did not grow for so long belongs to a process that is gone


class WandbSource:
    """One `.wandb` file. Reads on from where it was; a new object begins where the landing says."""

    def __init__(self, where: Path, started: RunStarted, tell: Tell) -> None:
        self.where, self.started, self._tell = where, started, tell
        self._attempt: Attempt | None = None
        self._landing: Landing | None = None
        self._offset = 0

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        """Whether the file is longer than what was read, or its other files were not looked at since it is quiet."""
        status = self.where.stat()
        return status.st_size != position.get("size") or not (position.get("swept") or _is_growing(status))

    def bring(self, landing: Landing) -> bool:
        """Land all whole records that are there by now."""
        if self._landing is not landing or self._attempt is None:
            offset = landing.position.get("offset")
            self._landing, self._offset = landing, offset if isinstance(offset, int) else 0
            self._attempt = Attempt(landing, self.where.parent, self._say, lambda: first_row(self.where))
        attempt, status = self._attempt, self.where.stat()
        found = self._stretch(attempt)
        while not found.is_whole and found.end > found.start:
            attempt.commit(self._offset)
            found = self._stretch(attempt)
        is_quiet = attempt.is_over or not _is_growing(status)
        if is_quiet:
            attempt.sweep()
            if not found.is_whole:
                self._say(f"the file ends in the middle of a record; all in front of byte {self._offset} was read")
        attempt.commit(self._offset, size=status.st_size, swept=is_quiet)
        return attempt.is_over

    def _stretch(self, attempt: Attempt) -> Stretch:
        found = read_stretch(self.where, self._offset)
        for record in found.records:
            attempt.take(record)
        for trouble in found.troubles:
            self._say(trouble)
        self._offset = found.end
        return found

    def _say(self, sentence: str) -> None:
        self._tell(f"{sentence} ({self.where})")


def _is_growing(status: os.stat_result) -> bool:
    """Whether somebody wrote a short while ago, so that the process may live."""
    return time.time() - status.st_mtime < QUIET_SECS


def files_at(path: Path) -> list[Path]:
    """The `.wandb` files at a path or in the folders that W&B makes below it, oldest first."""
    if path.is_file():
        return [path] if path.suffix == ".wandb" else []
    found = (one for pattern in PATTERNS for one in path.glob(pattern))
    real = {one for one in found if one.parent.name != LATEST or one.parent == path}
    return sorted(real, key=lambda one: (one.parent.name.removeprefix("offline-"), one.name))


def sources_at(path: Path, tell: Tell) -> list[WandbSource]:
    """All runs at a path. A second file of the same run is its next attempt, unless it begins with the same row: then
    it adds what the first one lacks. Raises UnknownFormat when the path is a file of another program."""
    found: list[WandbSource] = []
    files: dict[tuple[str, str], list[Path]] = {}
    for file in [path] if path.is_file() else files_at(path):
        try:
            told = run_in(file)
        except (BelvedereError, OSError) as error:
            if file == path and isinstance(error, BelvedereError):
                raise type(error)(f"{error} ({file})") from error
            if file == path:
                raise
            tell(f"{_reason(error)} ({file})")
            continue
        if told is None:
            tell(f"no run in this file yet: the client writes every 15 seconds, and a killed one less ({file})")
            continue
        started = started_of(told, file)
        earlier = files.setdefault((started.project, started.run_id), [])
        if earlier and not told.is_resumed and not _tells_again(file, earlier):
            started = replace(started, resume_from=0)
        earlier.append(file)
        found.append(WandbSource(file, started, tell))
    return found


def run_in(file: Path) -> RunMessage | None:
    """The run message at the start of a file; None when it has not come yet. Raises UnknownFormat, OSError."""
    for size_bytes in (BLOCK_BYTES, READ_BYTES):  # nearly always in the first block
        start = read_stretch(file, 0, size_bytes)
        for record in start.records:
            kind, message = record_kind(record)
            if kind == RUN:
                return run_of(message)
        if start.is_whole:
            break
    if start.troubles or start.end > BLOCK_BYTES:
        raise UsageError("the start of this W&B log is damaged, so that nobody can tell which run it is")
    return None


def first_row(file: Path) -> LandedRow | None:
    """The first row of a file's history; None when it has not come yet."""
    for size_bytes in (BLOCK_BYTES, READ_BYTES):
        for record in read_stretch(file, 0, size_bytes).records:
            kind, message = record_kind(record)
            if kind == HISTORY:
                return history_row(history_values(message))
    return None


def _tells_again(file: Path, earlier: Sequence[Path]) -> bool:
    """Whether a file holds the rows of an earlier one, as an exported run beside the one it came from does."""
    row = first_row(file)
    others = (first_row(one) for one in earlier) if row else ()
    return any(row and one and (row.step, row.time_us) == (one.step, one.time_us) for one in others)


def started_of(told: RunMessage, file: Path) -> RunStarted:
    """Who writes that file."""
    began = told.started or file.stat().st_mtime
    run_id = folder_name(told.run_id, "run")
    return RunStarted(
        time=began, project=folder_name(told.project, NO_PROJECT), run_id=run_id,
        writer_id=foreign_writer(began, "wandb", told.run_id), name=told.name, group=told.group,
        job_type=told.job_type, tags=told.tags, notes=told.notes, host=told.host,
        resume_from=told.starting_step if told.is_resumed else None,
    )  # fmt: skip


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror.lower()}; check the file and its rights"
    return str(error)
