"""What a plug-in needs and what a chart asks for; never SQL."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from belvedere.core.names import is_pattern, matcher

XAxis = str  # "step", "relative" (seconds since the run began), "time" (seconds since 1970), or the name of a series
Scale = Literal["linear", "log"]


MEDIA_SNAPSHOTS = 64  # values of one media key that a plug-in is given


@dataclass(frozen=True)
class Needs:
    """Series a plug-in reads. Each entry of `series` is a name, a pattern, or alternatives joined by "|" of which the
    first that the run has is delivered: "train/loss|loss". `vectors` names vector families. `media` names rich values
    by type and key: "table:completions|table:samples", "array:attention/*". `by_rank` names series that are wanted of
    every rank. `several` says of how many different series of an entry there must be at least. What is named by
    `optional` (series or families), `optional_media` and `by_rank` may be missing."""

    series: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    optional_media: tuple[str, ...] = ()
    by_rank: tuple[str, ...] = ()
    several: tuple[tuple[str, int], ...] = ()


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


def resolved(entry: str, keys: Collection[str]) -> list[str]:
    """The keys that an entry of `Needs` stands for: all that its first alternative with any match has. Many keys are
    best given as a mapping or a set, where a name is found at once."""
    for alternative in entry.split("|"):
        if is_pattern(alternative):
            found = list(filter(matcher(alternative), keys))
        else:
            found = [alternative] if alternative in keys else []
        if found:
            return found
    return []


def resolved_media(entry: str, types: Mapping[str, str]) -> list[str]:
    """The keys that a media entry of `Needs` stands for, given the type of every key's values."""
    for alternative in entry.split("|"):
        kind, _, pattern = alternative.partition(":")
        fits = matcher(pattern)
        found = [key for key, type_ in types.items() if type_ == kind and fits(key)]
        if found:
            return found
    return []


def evenly_chosen(count: int, most: int = MEDIA_SNAPSHOTS) -> list[int]:
    """At most `most` of the places 0 … count - 1, evenly spread, the first and last among them; of one, the last."""
    if count <= most:
        return list(range(count))
    if most == 1:
        return [count - 1]
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def absent(needs: Needs, *, series: Collection[str], vectors: Collection[str], media: Mapping[str, str]) -> str:
    """What is required and not among the keys that have values, in words; `media` maps a key to its type."""
    words = [f"no series {_in_words(entry)}" for entry in needs.series if not resolved(entry, series)]
    found = {entry: len(resolved(entry, series)) for entry, _ in needs.several}
    words += [
        f"{found[entry]} of {least} series that it takes" for entry, least in needs.several if found[entry] < least
    ]
    words += [f"no vector series {_in_words(entry)}" for entry in needs.vectors if not resolved(entry, vectors)]
    words += [f"no {_media_in_words(entry)}" for entry in needs.media if not resolved_media(entry, media)]
    return " and ".join(words)


def _media_in_words(entry: str) -> str:
    """ "table:a|table:b" -> "table a or b"; other alternatives keep their type."""
    alternatives = [alternative.partition(":") for alternative in entry.split("|")]
    first_kind = alternatives[0][0]
    names = [name if kind == first_kind else f"{kind} {name}" for kind, _, name in alternatives]
    return f"{first_kind} {_in_words('|'.join(names))}"


def _in_words(entry: str) -> str:
    *others, last = entry.split("|")
    return f"{', '.join(others)} or {last}" if others else last
