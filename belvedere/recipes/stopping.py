"""Ctrl-C in order: the first one ends a training after its step, a second one at once.

Under torchrun one press reaches a process twice: from the terminal, and some milliseconds later from torchrun.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ONE_PRESS_SECS = 1.0  # signals this close together are one wish


@contextmanager
def asked_to_stop() -> Iterator[list[int]]:
    """A list that holds the signals received; a loop leaves once it is not empty."""
    received: list[int] = []
    first = [0.0]

    def note(number: int, frame: FrameType | None) -> None:
        if not received:
            first[0] = time.monotonic()
        elif time.monotonic() - first[0] > ONE_PRESS_SECS:
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
