"""Keeps the columns close behind the logs, in a thread of its own, one run at a time; no request ever waits for it.

A run is compacted when its uncompacted tail costs a chart too much, or once it is over.
"""

import logging
import threading
import time
from typing import TypeAlias

from belvedere.core.errors import BelvedereError
from belvedere.runlog.layout import RunFolder
from belvedere.server.library import Library, RunName
from belvedere.store import manifest as manifests
from belvedere.store.compact import TAIL_BYTES, compact_run
from belvedere.store.records import RunRow

ROUND_SECONDS = 5.0
PAUSE_SHARE = 9.0  # rest nine times as long as the work took: requests come first, also after a sweep of 1,000 runs
GOODBYE_SECONDS = 0.5
Look: TypeAlias = tuple[str, float, int]  # state, last entry, steps: moves whenever there can be something to do

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The server ends; a half-made column file is worth nothing and hurts nobody."""


class Upkeep:
    """The thread. It is a daemon: a compaction that is cut off leaves the store as it was."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._stop = threading.Event()
        self._seen: dict[RunName, Look] = {}
        self._thread = threading.Thread(target=self._run, name="belvedere-upkeep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end, and wait a moment."""
        self._stop.set()
        self._thread.join(GOODBYE_SECONDS)

    def _run(self) -> None:
        pause_secs = ROUND_SECONDS
        while not self._stop.wait(pause_secs):
            try:
                is_through = self.round()
            except Stopped:
                return
            except (BelvedereError, OSError) as error:
                log.warning("the run folders cannot be listed now: %s", error)
                is_through = True
            pause_secs = ROUND_SECONDS if is_through else 0.0

    def round(self) -> bool:
        """Look once at the runs that moved since the last round, running ones first; False when the time was over
        before all of them were seen."""
        until, is_begun = time.monotonic() + ROUND_SECONDS, False
        for row in sorted(self.library.rows(), key=lambda row: row.state != "running"):
            name, look = (row.project, row.id), (row.state, row.updated, row.steps)
            if self._seen.get(name) == look:
                continue
            if is_begun and time.monotonic() > until:  # a backlog of thousands must not keep a growing run waiting
                return False
            is_begun = True
            self._seen[name] = look
            began = time.monotonic()
            self._compact_if_due(row)
            if self._stop.wait((time.monotonic() - began) * PAUSE_SHARE):
                raise Stopped
        return True

    def _compact_if_due(self, row: RunRow) -> None:
        folder = self.library.folder((row.project, row.id))
        try:
            if self._is_due(row, folder):
                compact_run(folder, progress=self._go_on)
        except (BelvedereError, OSError) as error:  # read from the log instead, as before
            log.warning("run %s/%s stays uncompacted: %s", row.project, row.id, error)

    def _is_due(self, row: RunRow, folder: RunFolder) -> bool:
        newest = manifests.newest(folder)
        writers = newest.writers.values() if newest else ()
        covered = sum(cursor.offset for writer in writers for cursor in writer.cursors.values())
        tail_bytes = self.library.log_bytes((row.project, row.id)) - covered
        is_whole = newest is not None and len(newest.generations) == 1
        return tail_bytes > TAIL_BYTES or (row.state != "running" and (tail_bytes > 0 or not is_whole))

    def _go_on(self, done_bytes: int, total_bytes: int) -> None:
        if self._stop.is_set():
            raise Stopped
