"""How figures put numbers into words."""

from collections.abc import Sequence

from belvedere.figures.theme import shortened

LISTED = 4


def counted(count: int, noun: str, nouns: str = "") -> str:
    """ "1 run", "2,000 runs"."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def listed(names: Sequence[str], *, most: int = LISTED) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(shortened(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
