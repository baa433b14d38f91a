"""What the process prints: sys.stdout and sys.stderr go where they went before, and every whole line into the log.

A progress bar that redraws its line with "\\r" leaves its last state only. Restored at finish.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TextIO, cast

from belvedere.core.entries import Console

if TYPE_CHECKING:
    from belvedere.record.run import Run

LINE_MAX = 1 << 16  # characters of one line kept
BAR_SECS = 30.0  # how often a line that is redrawn but never ended is kept

Sink = Callable[[str, str], None]


class Tee:
    """Stands in for a text stream: passes everything on and hands whole lines to `sink`. Everything else is the
    stream's."""

    def __init__(self, stream: TextIO, name: str, sink: Sink, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.is_listening = True
        self._name, self._sink, self._clock = name, sink, clock
        self._pending = ""
        self._kept_at = clock()
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._is_inside = threading.local()

    def write(self, text: str) -> int:
        """Write to the stream first; what goes wrong there is the caller's to see."""
        written = self.stream.write(text)
        if self.is_listening and os.getpid() == self._pid and not getattr(self._is_inside, "now", False):
            self._is_inside.now = True  # what the log prints about itself is not listened to
            try:
                self._listen(text)
            finally:
                self._is_inside.now = False
        return written

    def writelines(self, lines: Iterable[str]) -> None:
        """Write one after the other."""
        for line in lines:
            self.write(line)

    def flush_pending(self) -> None:
        """Hand on a last line without an end."""
        with self._lock:
            rest, self._pending = _last_drawn(self._pending), ""
        if rest:
            self._sink(self._name, rest)

    def _listen(self, text: str) -> None:
        with self._lock:
            *lines, rest = (self._pending + str(text)).split("\n")
            self._pending = _last_drawn(rest, is_open=True)
            if not lines and "\r" in text and self._clock() - self._kept_at > BAR_SECS:
                lines = [self._pending]
            if lines:
                self._kept_at = self._clock()
        for line in lines:
            self._sink(self._name, _last_drawn(line))

    def __getattr__(self, name: str) -> object:
        return getattr(self.stream, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stream)


def capture(run: "Run") -> Callable[[float], str]:
    """Listen to both streams from now on; the answer stops it."""

    def sink(name: str, text: str) -> None:
        run._writer.event(Console(run._writer.now(), name, text))

    tees = [Tee(sys.stdout, "stdout", sink), Tee(sys.stderr, "stderr", sink)]
    sys.stdout, sys.stderr = cast(TextIO, tees[0]), cast(TextIO, tees[1])

    def stop(_: float) -> str:
        for tee in tees:
            tee.flush_pending()
            tee.is_listening = False
        if cast(object, sys.stdout) is tees[0]:
            sys.stdout = tees[0].stream
        if cast(object, sys.stderr) is tees[1]:
            sys.stderr = tees[1].stream
        return ""

    return stop


def _last_drawn(line: str, *, is_open: bool = False) -> str:
    """What a terminal shows of a line after its carriage returns. An open line may end in one and be drawn over
    later."""
    body = line.rstrip("\r")
    shown = body.rpartition("\r")[2][:LINE_MAX]
    return shown + "\r" if is_open and len(body) < len(line) else shown
