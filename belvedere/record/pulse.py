"""The heartbeat of a run: every 15 s a daemon thread says that the process lives, and syncs the disk if asked to."""

import threading
import time
from collections.abc import Callable

from belvedere.core.entries import Heartbeat
from belvedere.record.guard import in_background
from belvedere.record.null import Writer

HEARTBEAT_SECS = 15.0


class Pulse:
    """Beats until `stop`."""

    def __init__(self, writer: Writer, *, sync_secs: float | None = None) -> None:
        self._writer, self._sync_secs = writer, sync_secs
        self._stop = threading.Event()
        self._thread = in_background(self._beat, "heartbeat")

    def stop(self, secs_left: float) -> str:
        """End the thread."""
        self._stop.set()
        self._thread.join(min(1.0, secs_left))
        return ""

    def _beat(self) -> None:
        wait_secs = min(HEARTBEAT_SECS, self._sync_secs or HEARTBEAT_SECS)
        last_beat = time.monotonic()
        while not self._stop.wait(wait_secs):
            if self._sync_secs is not None:
                self._writer.sync()
            if time.monotonic() - last_beat >= HEARTBEAT_SECS - 0.01:
                last_beat = time.monotonic()
                self._writer.event(Heartbeat(self._writer.now(), self._writer.dropped_rows))


def within(work: Callable[[], None], deadline_secs: float, doing: str) -> bool:
    """Do something that may hang on a thread of its own; False when it is not done in time."""
    thread = in_background(work, doing)
    thread.join(max(0.0, deadline_secs))
    return not thread.is_alive()
