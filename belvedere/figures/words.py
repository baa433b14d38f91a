"""How figures put numbers into words."""

from collections.abc import Sequence

from belvedere.figures.theme import shortened

LISTED = 4


def counted(count: int, noun: str, nouns: str = "") -> str:
    """ "1 run", "2,000 runs"."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def shown_of(shown: int, count: int, noun: str) -> str:
    """ "5 points", or "3 of 5 points" where not all are shown."""
    return counted(count, noun) if shown == count else f"{shown:,} of {counted(count, noun)}"


def sentence(words: str) -> str:
    """An error's words as a sentence of their own."""
    told = words.strip().rstrip(".")
    is_name = not told.split(" ", 1)[0].isalpha()
    return f"{told}." if is_name else f"{told[0].upper()}{told[1:]}."


def named(entry: str) -> str:
    """An entry of `Needs` that no series fits: "none is called val/loss, val_loss or 3 other names"."""
    *others, last = names = entry.split("|")
    if len(names) > LISTED:
        others, last = names[: LISTED - 1], f"one of {len(names) - LISTED + 1} other names"
    shown = f"{', '.join(map(shortened, others))} or {shortened(last)}" if others else shortened(last)
    return f"none is called {shown}"


def listed(names: Sequence[str], *, most: int = LISTED) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(shortened(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
