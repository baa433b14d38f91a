"""Rows put in the order of their steps, for programs that take steps only forwards.

A log holds what was written when: values that had to come from a device, and rows of other threads, lie a little behind
rows of later steps. So every row waits for a moment, and those that waited long enough go on, lowest step first.
"""

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

from belvedere.core.entries import Alerted, Logged, VectorLogged

HOLD_SECS = 2.0
HELD_MAX = 50_000  # rows; more do not wait

Row = Logged | VectorLogged | Alerted  # an alert stands behind the rows of its step


class Ordered:
    """`add` rows as they come; `ready` gives those that waited for `hold_secs`, `rest` all."""

    def __init__(
        self, *, hold_secs: float = HOLD_SECS, held_max: int = HELD_MAX, now: Callable[[], float] = time.monotonic
    ) -> None:  # fmt: skip
        self._hold_secs, self._held_max, self._now = hold_secs, held_max, now
        self._held: list[tuple[int, int, Row]] = []  # a heap by step, then by coming
        self._came: deque[tuple[float, int]] = deque()  # when, and the greatest step until then
        self._numbers = count()

    def add(self, row: Row) -> None:
        """One more row."""
        heapq.heappush(self._held, (row.step, next(self._numbers), row))
        highest = max(row.step, self._came[-1][1]) if self._came else row.step
        self._came.append((self._now(), highest))

    def ready(self) -> Iterator[Row]:
        """Rows up to the greatest step that has waited long enough."""
        until, limit = self._now() - self._hold_secs, None
        while self._came and (self._came[0][0] <= until or len(self._came) > self._held_max):
            limit = self._came.popleft()[1]
        while limit is not None and self._held and self._held[0][0] <= limit:
            yield heapq.heappop(self._held)[2]

    def rest(self) -> Iterator[Row]:
        """Everything that still waits."""
        self._came.clear()
        while self._held:
            yield heapq.heappop(self._held)[2]
