"""What something costs the training: processor time of its own thread as a share of the time that passes; a sentence at
the end, an alarm when it is too much. Processor time, so that a busy machine does not count as our cost."""

import time
from collections.abc import Callable
from types import TracebackType

LIMIT = 0.001
JUDGED_AFTER_SECS = 10.0  # before that the first import alone would be too much


class Meter:
    """`with meter: …` around what is to be counted. Both clocks count seconds."""

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, cost: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._cost = clock, cost
        self._began = clock()
        self._entered = 0.0
        self.spent_secs = 0.0
        self._is_told = False

    def __enter__(self) -> None:
        self._entered = self._cost()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.spent_secs += self._cost() - self._entered

    def share(self, more_secs: float = 0.0) -> float:
        """Counted time, and `more_secs` counted elsewhere, by the time since the meter began."""
        passed = self._clock() - self._began
        return (self.spent_secs + more_secs) / passed if passed > 0 else 0.0

    def sentence(self, what: str, more_secs: float = 0.0) -> str:
        """What was measured, in words; its share where there was time enough for one to mean something."""
        passed = self._clock() - self._began
        spent_ms = 1000 * (self.spent_secs + more_secs)
        told = f"{what} took {spent_ms:.1f} ms of {passed:.1f} s in the training"
        return told if passed < JUDGED_AFTER_SECS else f"{told}, {self.share(more_secs):.4%}"

    def alarm(self, what: str, more_secs: float = 0.0) -> str:
        """The sentence when the limit is passed, once; else ""."""
        is_early = self._clock() - self._began < JUDGED_AFTER_SECS
        if self._is_told or is_early or self.share(more_secs) <= LIMIT:
            return ""
        self._is_told = True
        return f"{self.sentence(what, more_secs)}, more than {LIMIT:.1%}; draw less often"
