"""The turn to change the artifacts of a project: one process at a time, one thread of it at a time.

The locked file grows by one byte with each change, so its size tells every process whether it has seen the last one;
the times of folders are too coarse for that. The system ends the turn of a process that is killed.
"""

import fcntl
import os
import time
from pathlib import Path
from threading import RLock
from types import TracebackType

from belvedere.core.errors import UsageError

WAIT_SECS = 30.0  # a turn lasts milliseconds
POLL_SECS = 0.002


class Turn:
    """A context that may be entered again inside itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = RLock()
        self._depth = 0
        self._file = -1

    def __enter__(self) -> "Turn":
        self._threads.acquire()
        if self._depth == 0:
            try:
                self._file = _locked(self._path)
            except BaseException:
                self._threads.release()
                raise
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self._depth -= 1
        if self._depth == 0:
            os.close(self._file)
        self._threads.release()

    def changed(self) -> None:
        """Something was written; called inside, after it."""
        os.ftruncate(self._file, os.fstat(self._file).st_size + 1)

    def changes(self) -> int:
        """How often something was written until now."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0


def _locked(path: Path) -> int:
    """The file, open and locked; UsageError when another process keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file, end = os.open(path, os.O_RDWR | os.O_CREAT, 0o666), time.monotonic() + WAIT_SECS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(file)
                raise UsageError(
                    f"another process has been changing these artifacts for {WAIT_SECS:.0f} s; end it: {path}"
                ) from None
            time.sleep(POLL_SECS)
        except BaseException:
            os.close(file)
            raise
