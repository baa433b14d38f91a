"""The table: a check of one seed, the same check over all seeds, and how both are said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One number of one seed. At least `low`, at most `high`; a bound that is None does not hold it."""

    part: str
    name: str
    seed: int
    measured: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    digits: int = 3

    @property
    def ok(self) -> bool:
        """Whether it is within its bounds; NaN never is."""
        above = self.low is None or self.measured >= self.low
        below = self.high is None or self.measured <= self.high
        return above and below and math.isfinite(self.measured)

    @property
    def asked(self) -> str:
        """The bounds in words."""
        return bounds(self.low, self.high)

    @property
    def shown(self) -> str:
        """The number with its note."""
        return _number(self.measured, self.digits) + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class Row:
    """A check over all seeds, in their order."""

    part: str
    name: str
    asked: str
    seeds: tuple[int, ...]
    measured: tuple[float, ...]
    shown: tuple[str, ...]
    missed: tuple[int, ...]  # seeds

    @property
    def ok(self) -> bool:
        """Whether every seed is."""
        return not self.missed


def rows_of(checks: Sequence[Check]) -> list[Row]:
    """Checks of one part and name together, in the order in which they came."""
    found: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        found.setdefault((check.part, check.name), []).append(check)
    return [
        Row(
            part, name, same[0].asked, tuple(one.seed for one in same), tuple(one.measured for one in same),
            tuple(one.shown for one in same), tuple(one.seed for one in same if not one.ok),
        )
        for (part, name), same in found.items()
    ]  # fmt: skip


def lines(rows: Sequence[Row]) -> list[str]:
    """One line for each, ready to print."""
    if not rows:
        return ["nothing was measured"]
    cells = [("part", "what", "asked", "measured, by seed", "ok")]
    for row in rows:
        verdict = "ok" if row.ok else "MISSED" + (f" by seed {_listed(row.missed)}" if len(row.seeds) > 1 else "")
        cells.append((row.part, row.name, row.asked, "  ".join(row.shown), verdict))
    widths = [max(len(line[place]) for line in cells) for place in range(4)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]).rstrip()
            for line in cells]  # fmt: skip


def bounds(low: float | None, high: float | None) -> str:
    """Such as ≥ 0.9, ≤ 2.4, 0.55 … 0.75, = 50."""
    if low is not None and low == high:
        return f"= {low:,.0f}" if float(low).is_integer() else f"= {low:g}"
    if low is not None and high is not None:
        return f"{low:g} … {high:g}"
    return f"≥ {low:g}" if low is not None else f"≤ {high:g}" if high is not None else "finite"


def _number(value: float, digits: int) -> str:
    if math.isfinite(value) and value == int(value) and abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.{digits}f}" if abs(value) >= 10**-digits or value == 0 else f"{value:.1e}"


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
