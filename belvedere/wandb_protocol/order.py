"""The order of runs as a client asks for it: "+created_at", "-summary_metrics.loss", "config.lr.value", or several of
them with commas between."""

import math

from belvedere.store.filters import Value
from belvedere.store.records import RunRow
from belvedere.wandb_protocol.run_fields import field_of, values_of

OLDEST_FIRST = "+created_at"
NUMBERS, TEXTS, MISSING = 0, 1, 2
Fields = dict[str, list[Value]]


def ordered(rows: list[RunRow], order: object) -> list[RunRow]:
    """Runs in that order; those that lack the field come last either way, equal ones oldest first."""
    wishes = [wish.strip() for wish in str(order or OLDEST_FIRST).split(",") if wish.strip()]
    oldest_first = sorted(rows, key=lambda row: (row.created, row.id))
    if wishes in (["+created_at"], ["created_at"]):
        return oldest_first
    known = [(row, values_of(row)) for row in oldest_first]
    for wish in reversed(wishes):
        known = _sorted(known, field_of(wish.lstrip("+-")), is_falling=wish.startswith("-"))
    return [row for row, _ in known]


def _sorted(known: list[tuple[RunRow, Fields]], field: str, *, is_falling: bool) -> list[tuple[RunRow, Fields]]:
    """Numbers, then texts, then runs without a value; falling turns the order inside the first two."""
    groups: list[list[tuple[Value, tuple[RunRow, Fields]]]] = [[], [], []]
    for one in known:
        found = one[1].get(field) or [math.nan]
        groups[_kind(found[0])].append((found[0], one))
    for group in groups[:MISSING]:
        group.sort(key=lambda pair: pair[0], reverse=is_falling)
    return [one for group in groups for _, one in group]


def _kind(value: Value) -> int:
    if isinstance(value, str):
        return TEXTS
    return MISSING if math.isnan(value) else NUMBERS
