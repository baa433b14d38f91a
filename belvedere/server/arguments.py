"""Query arguments, checked at the door: what is not a number, or out of range, is a UsageError that names it."""

import math

from starlette.requests import Request

from belvedere.core.errors import UsageError
from belvedere.server.library import PATIENCE_SECONDS

WAIT_MAX = 60


def text(request: Request, name: str, default: str = "") -> str:
    """An argument as it stands."""
    return request.query_params.get(name, default)


def texts(request: Request, name: str) -> list[str]:
    """All values of an argument that may be repeated, each once."""
    return list(dict.fromkeys(request.query_params.getlist(name)))


def choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`; the first when it is not given."""
    found = text(request, name, choices[0])
    if found not in choices:
        raise UsageError(f"{name}={found!r} is unknown; use one of {', '.join(choices)}")
    return found


def integer(request: Request, name: str, *, lowest: int, highest: int) -> int | None:
    """A whole number in a range, None when it is not given."""
    raw = text(request, name)
    if not raw:
        return None
    try:
        number = int(raw)
    except ValueError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise UsageError(f"{name}={raw[:40]!r} refused; use a whole number from {lowest} to {highest}")
    return number


def number(request: Request, name: str) -> float | None:
    """A finite number, None when it is not given."""
    raw = text(request, name)
    if not raw:
        return None
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{name}={raw[:40]!r} refused; use a finite number")
    return value


def patience_secs(request: Request) -> float:
    """So long the run table is waited for: a page takes what is known and hears of the rest, a program says `wait`."""
    return integer(request, "wait", lowest=0, highest=WAIT_MAX) or PATIENCE_SECONDS
