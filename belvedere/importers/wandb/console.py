"""Pieces of text that a process wrote, put together to lines: a line that is redrawn with "\\r" is what it was last."""

from collections.abc import Iterator, Mapping

from belvedere.core.entries import Console, Stored
from belvedere.runlog.codec import plain

LINE_MAX = 1 << 16  # characters of one line kept


class ConsoleLines:
    """Lines of both streams. `pending` are the beginnings of lines that have no end yet, by stream; they belong into
    the position, so that whoever goes on there has them."""

    def __init__(self, pending: Stored) -> None:
        told = pending if isinstance(pending, Mapping) else {}
        self.pending: dict[str, Stored] = {stream: str(text) for stream, text in told.items()}

    def take(self, time: float, stream: str, text: str) -> Iterator[Console]:
        """A piece of text; the lines that end in it."""
        *lines, rest = (str(self.pending.pop(stream, "")) + str(plain(text))).split("\n")
        for line in lines:
            yield Console(time, stream, _shown(line))
        if rest:
            body = rest.rstrip("\r")
            self.pending[stream] = _shown(rest) + "\r" * (len(body) < len(rest))

    def rest(self, time: float) -> Iterator[Console]:
        """Last lines without an end."""
        pending, self.pending = self.pending, {}
        for stream, text in pending.items():
            yield Console(time, stream, _shown(str(text)))


def _shown(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2][:LINE_MAX]
