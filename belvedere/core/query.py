"""What a plug-in needs and what a chart asks for; never SQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from belvedere.core.names import matcher

XAxis = str  # "step", "relative" (seconds since the run began), "time" (seconds since 1970), or the name of a series
Scale = Literal["linear", "log"]


@dataclass(frozen=True)
class Needs:
    """Series a plug-in reads. Each entry of `series` is a name, a pattern, or alternatives joined by "|" of which the
    first that the run has is delivered: "train/loss|loss". `vectors` names vector families. `optional` ones may be
    missing."""

    series: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """Series of runs, exact (`buckets=None`) or reduced for drawing. `lo` and `hi` bound x, both inclusive."""

    run: str
    keys: tuple[str, ...]
    x: XAxis = "step"
    lo: float | None = None
    hi: float | None = None
    buckets: int | None = None
    scale: Scale = "linear"
    rank: int | None = None


def resolved(entry: str, keys: Iterable[str]) -> list[str]:
    """The keys that an entry of `Needs` stands for: all that its first alternative with any match has."""
    known = list(keys)
    for alternative in entry.split("|"):
        found = list(filter(matcher(alternative), known))
        if found:
            return found
    return []
