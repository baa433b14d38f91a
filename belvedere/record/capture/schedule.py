"""When to measure: every n steps, at log-spaced steps, or within a time budget. Pure: the clock is passed in."""

import math
from dataclasses import dataclass

from belvedere.core.errors import UsageError


@dataclass(frozen=True)
class Every:
    """Steps 0, n, 2n …"""

    steps: int

    def is_due(self, step: int) -> bool:
        """Whether to measure at this step."""
        return step % self.steps == 0


@dataclass(frozen=True)
class LogSpaced:
    """Step 0, then about `per_decade` steps in each power of ten: dense early, when a run changes fastest."""

    per_decade: int

    def is_due(self, step: int) -> bool:
        """Whether to measure at this step."""
        if step <= 0:
            return step == 0
        return self._place(step) > self._place(step - 1)

    def _place(self, step: int) -> int:
        return math.floor(math.log10(step) * self.per_decade + 1e-9) if step else -1


def every(steps: int) -> Every:
    """Measure at steps 0, n, 2n …; UsageError for n < 1."""
    if steps < 1:
        raise UsageError(f"every={steps!r} cannot be a schedule; use a whole number of steps of 1 or more")
    return Every(steps)


def log_spaced(per_decade: int = 10) -> LogSpaced:
    """Measure at step 0 and about `per_decade` times in each power of ten; UsageError for less than 1."""
    if per_decade < 1:
        raise UsageError(
            f"per_decade={per_decade!r} cannot be a schedule; use 1 or more measurements in each power of ten"
        )
    return LogSpaced(per_decade)


class Budget:
    """Spaces measurements so that their own time stays under a share of the time that passes.

    Time earns credit (`share` seconds a second), a measurement spends it, and the next one is due when the credit
    covers what the last one cost. The first one is free to start, because nobody knows its cost before; the run pays it
    off afterwards. A long pause earns credit for one measurement only, so an evaluation is not followed by a burst.
    """

    def __init__(self, share: float, *, now: float) -> None:
        """`share`: 0.01 is one per cent. `now`: seconds of any monotonic clock, as in every other call."""
        if not 0 < share <= 1:
            raise UsageError(
                f"budget={share!r} cannot be a share of the time; use 0.01 for one per cent, or None for no limit"
            )
        self.share = share
        self.spent_secs = 0.0
        self._started = self._seen = now
        self._credit = 0.0
        self._last_cost = 0.0

    def is_due(self, now: float) -> bool:
        """Whether the credit covers one more measurement."""
        self._credit = min(self._credit + self.share * (now - self._seen), max(self._last_cost, self._credit))
        self._seen = now
        return self._credit >= self._last_cost

    def spend(self, cost_secs: float) -> None:
        """A measurement cost this much."""
        self._last_cost = cost_secs
        self.spend_between(cost_secs)

    def spend_between(self, cost_secs: float) -> None:
        """Keeping watch between measurements cost this much; it says nothing about the next measurement's cost."""
        self.spent_secs += cost_secs
        self._credit -= cost_secs

    def spent_share(self, now: float) -> float:
        """Own time so far as a share of the time that passed; 0 at the very start."""
        elapsed = now - self._started
        return self.spent_secs / elapsed if elapsed > 0 else 0.0
