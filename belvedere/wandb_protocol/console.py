"""The console of a run as the client sends it: `output.log`, line by line, whose last lines are drawn over again.

A line is `2026-11-20T20:51:26.330491 text` (UTC), with "ERROR " in front when it went to stderr. What is posted again
for a line replaces it: a progress bar moves on, a first half gets its end. Our log cannot be changed, so the first
state of a line is written at once, later ones when the line rests, or every half minute.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from belvedere.core.entries import Console, Stored

LINE = re.compile(r"(ERROR )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(.*)", re.DOTALL)
LINE_MAX = 1 << 16  # characters of one line kept
BAR_SECS = 30.0  # how often a line that keeps being redrawn is written
WINDOW = 64  # so many last lines may still be redrawn


@dataclass(frozen=True)
class Line:
    """The present state of a line. kept_at: when it was last written, seconds since 1970."""

    console: Console
    is_written: bool
    kept_at: float


class Lines:
    """The lines of one attempt. `open` is what must be remembered when the server stops."""

    def __init__(self, count: int = 0, open_lines: Stored = None) -> None:
        self.count = count
        self._window: dict[int, Line] = {}
        for one in open_lines if isinstance(open_lines, list | tuple) else ():
            if isinstance(one, list | tuple) and len(one) in (4, 5):
                number, stream, time, text, *rest = one
                console = Console(float(str(time)), str(stream), str(text))
                self._window[int(str(number))] = Line(console, rest == [True], 0.0)

    @property
    def open(self) -> list[Stored]:
        """Lines that are not in the log as they are now, and the last one of each stream, of which that may have been
        the first half: number, stream, time, text of each, and True where it is in the log."""
        last = {line.console.stream: number for number, line in sorted(self._window.items())}.values()
        return [
            [number, line.console.stream, line.console.time, line.console.text, *([True] if line.is_written else [])]
            for number, line in self._window.items()
            if not line.is_written or number in last
        ]

    def take(self, offset: int, lines: Sequence[str], now: float, time: float = 0.0) -> list[Console]:
        """Lines from number `offset` on; what of it is to be written. `time` is that of a first line without one."""
        found = self.rested(set(range(offset, offset + len(lines))))
        for number, text in enumerate(lines, offset):
            line = parsed(text, time)
            time = line.time
            found += self._taken(number, line, now)
        self.count = max(self.count, offset + len(lines))
        for number in [number for number in self._window if number < self.count - WINDOW]:
            del self._window[number]
        return found

    def rested(self, redrawn: set[int] | frozenset[int] = frozenset()) -> list[Console]:
        """Lines that nobody drew again, to be written as they are now; all of them at the end of a run."""
        found = []
        for number, line in self._window.items():
            if number not in redrawn and not line.is_written:
                found.append(line.console)
                self._window[number] = replace(line, is_written=True)
        return found

    def _taken(self, number: int, line: Console, now: float) -> list[Console]:
        before = self._window.get(number)
        if before is None and number < self.count:
            return []  # a repeat, or redrawn so late that nobody looks
        if before is not None and before.console.text == line.text:
            return []
        if before is None or now - before.kept_at >= BAR_SECS:
            self._window[number] = Line(line, True, now)
            return [line]
        self._window[number] = Line(line, False, before.kept_at)
        return []


def parsed(text: str, time: float) -> Console:
    """A line of output.log; one without a time of its own is of `time`."""
    found = LINE.fullmatch(text)
    if found is None:
        return Console(time, "stdout", shown(text))
    return Console(_seconds(found[2]) or time, "stderr" if found[1] else "stdout", shown(found[3]))


def shown(text: str) -> str:
    """What a terminal shows of a line after its carriage returns."""
    return text.rstrip("\r\n").rpartition("\r")[2][:LINE_MAX]


def _seconds(text: str) -> float:
    """Seconds since 1970; 0.0 for a date that does not exist."""
    try:
        return datetime.fromisoformat(text[:26]).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return 0.0
