"""Regular expressions that somebody sends: those that could take for ever are refused before they are tried.

Python's engine tries every way to share a text among repeats inside of repeats: (a+)+$ on forty letters takes longer
than the server lives, and nothing else runs meanwhile.
"""

import re

from belvedere.core.errors import FilterError

REPEATS_MAX = 4  # without an upper bound, or with a high one; each multiplies the time by the length of the text
WAYS_MAX = 10_000  # of all other repeats together
HIGH = 20
REPEAT = re.compile(r"[*+?]|\{\d*,?\d*\}")


def checked_expression(pattern: str) -> str:
    """`pattern` when it is a regular expression of bearable cost; else FilterError."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise FilterError(f"{pattern[:80]!r} is no regular expression ({error})") from None
    if not _is_bearable(pattern):
        raise FilterError(
            f"{pattern[:80]!r} could take for ever; use at most {REPEATS_MAX} of * and +, and none around a group that "
            "holds another repeat, or a |"
        )
    return pattern


def _is_bearable(pattern: str) -> bool:
    """False for a repeat around a group with another one, or with a choice, and for too many repeats beside each other.
    Inside a class and behind a backslash every sign is a letter."""
    plain = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern, flags=re.DOTALL)
    repeats, ways, place = 0, 1, 0
    groups = [False]  # of each group that is open here, whether there are several ways to match it
    while place < len(plain):
        sign, place = plain[place], place + 1
        is_wide = False
        if sign == "(":
            groups.append(False)
            place += plain.startswith("?", place)  # it tells the kind of the group
            continue
        if sign == ")" and len(groups) > 1:
            is_wide = groups.pop()
            groups[-1] |= is_wide
        elif sign == "|":
            groups[-1] = True
        repeat = REPEAT.match(plain, place)
        if repeat is None:
            continue
        lowest, highest = _bounds(repeat[0])
        if is_wide and (highest is None or highest > 1):
            return False
        if highest is None or highest - lowest > HIGH:
            repeats += 1
        else:
            ways *= highest - lowest + 1
        groups[-1] |= lowest != highest
        place = repeat.end() + plain.startswith(("?", "+"), repeat.end())  # lazy or possessive
    return repeats <= REPEATS_MAX and ways <= WAYS_MAX


def _bounds(repeat: str) -> tuple[int, int | None]:
    """How often at least and at most; None for any number."""
    if repeat in "*+?":
        return int(repeat == "+"), 1 if repeat == "?" else None
    lowest, comma, highest = repeat[1:-1].partition(",")
    least = int(lowest or 0)
    return least, int(highest) if highest else None if comma else least
