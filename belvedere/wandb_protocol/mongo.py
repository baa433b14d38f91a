"""Filters over runs in the language of MongoDB, as W&B takes them: `{"config.lr": {"$gt": 0.1}, "state": "finished"}`.

    {field: value}              equal; of a list, an element or null for "not there"
    {field: {operator: …}}      $eq $ne $gt $gte $lt $lte $in $nin $all $exists $regex (with $options) $not
    {"$and" | "$or" | "$nor": [filter, …]}, {"$not": filter}

A run that lacks a field fulfils only $ne, $nin, $not, `$exists: false` and `null`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone

from belvedere.core.errors import FilterError, UsageError
from belvedere.core.expressions import checked_expression
from belvedere.importers.wandb.jsons import loads
from belvedere.store.filters import Both, Comparison, Condition, Either, Not, Value, holds
from belvedere.store.records import RunRow
from belvedere.wandb_protocol.run_fields import TIMES, field_of, values_of

ORDERS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
OPERATORS = (*ORDERS, "$eq", "$ne", "$in", "$nin", "$all", "$exists", "$regex", "$not")
JOINS = ("$and", "$or", "$nor", "$not")
DEPTH_MAX = 32
PATTERN_CHARACTERS_MAX = 1000
FLAGS = frozenset("imsx")
STATES = {"killed": "stopped", "preempted": "crashed", "preempting": "running"}  # ours for W&B's words


def chosen(rows: list[RunRow], text: object) -> list[RunRow]:
    """The rows that a filter, a JSON text or "" or None for all, leaves, in their order."""
    condition = parsed(text)
    return rows if condition is None else [row for row in rows if holds(condition, values_of(row))]


def parsed(text: object) -> Condition | None:
    """A filter as a condition over the fields of `run_fields`; None when it leaves everything."""
    if text in (None, ""):
        return None
    try:
        query = loads(text) if isinstance(text, str) else text
    except UsageError as error:
        raise FilterError(f"the filter cannot be read: {error}") from None
    return _whole(query, 0)


def _whole(query: object, depth: int) -> Condition | None:
    if not isinstance(query, Mapping):
        raise FilterError(f'a filter is an object such as {{"state": "finished"}}, not {_shown(query)}')
    if depth > DEPTH_MAX:
        raise FilterError(f"the filter is nested more than {DEPTH_MAX} levels deep; ask in several steps")
    return _all([_part(str(name), wanted, depth) for name, wanted in query.items()])


def _part(name: str, wanted: object, depth: int) -> Condition | None:
    if not name.startswith("$"):
        return _field(name, wanted, depth)
    if name not in JOINS:
        raise FilterError(f"filter operator {name!r} is not known here; use one of {', '.join(JOINS)} or a field")
    if name == "$not":
        return _negated(_whole(wanted, depth + 1))
    if not isinstance(wanted, list) or not wanted:
        raise FilterError(f"{name} takes a list of filters, not {_shown(wanted)}")
    parts = [_whole(one, depth + 1) for one in wanted]
    if name == "$and":
        return _all(parts)
    either = None if None in parts else _any([part for part in parts if part is not None])
    return either if name == "$or" else _negated(either)


def _field(name: str, wanted: object, depth: int) -> Condition | None:
    """What is wanted of one field: a value, operators, or (a plain object) its parts."""
    if depth > DEPTH_MAX:
        raise FilterError(f"the filter is nested more than {DEPTH_MAX} levels deep; ask in several steps")
    if not isinstance(wanted, Mapping):
        return _equal(field_of(name), wanted)
    if wanted and not any(str(key).startswith("$") for key in wanted):
        return _all([_field(f"{name}.{key}", value, depth + 1) for key, value in wanted.items()])
    field, options = field_of(name), wanted.get("$options", "")
    parts = []
    for operator, value in wanted.items():
        if operator == "$not":
            inner = value if isinstance(value, Mapping) else {"$eq": value}
            parts.append(_negated(_field(name, inner, depth + 1)))
        elif operator != "$options":
            parts.append(_operated(field, str(operator), value, options))
    return _all(parts)


def _operated(field: str, operator: str, value: object, options: object) -> Condition:
    if operator in ORDERS:
        return Comparison(field, ORDERS[operator], _value(field, value))
    if operator == "$regex":
        return Comparison(field, "~", _pattern(value, options))
    if operator == "$exists":
        return _exists(field) if value else Not(_exists(field))
    simple: Mapping[str, Callable[[str, object], Condition]] = {
        "$eq": _equal, "$ne": lambda field, value: Not(_equal(field, value)),
        "$in": _among, "$nin": lambda field, values: Not(_among(field, values)), "$all": _every,
    }  # fmt: skip
    if operator not in simple:
        raise FilterError(f"filter operator {operator[:40]!r} is not known here; use one of {', '.join(OPERATORS)}")
    return simple[operator](field, value)


def _equal(field: str, value: object) -> Condition:
    if value is None:
        return Either(Not(_exists(field)), Comparison(field, "==", ""))
    same = Comparison(field, "==", _value(field, value))
    return Either(same, Comparison(field, "has", same.value)) if field.startswith(("config.", "summary.")) else same


def _among(field: str, values: object) -> Condition:
    found = _any([_equal(field, value) for value in _listed(values)])
    return _nobody() if found is None else found  # among nothing is nobody


def _every(field: str, values: object) -> Condition:
    """A list that has all of these."""
    found = _all([_equal(field, value) for value in _listed(values)])
    return _nobody() if found is None else found


def _listed(values: object) -> list[object]:
    if not isinstance(values, list):
        raise FilterError(f"$in, $nin and $all take a list of values, not {_shown(values)}")
    return values


def _exists(field: str) -> Condition:
    """Every value has a place at which the empty pattern fits."""
    there = Comparison(field, "~", "")
    return there if field == "tags" else Either(there, Comparison(f"{field}[]", "~", ""))


def _value(field: str, value: object) -> Value:
    """A value to compare with: times as seconds, states in our words."""
    if isinstance(value, Mapping) and "$date" in value:
        value = value["$date"]
    if field in TIMES and isinstance(value, str):
        return _seconds(value)
    if isinstance(value, str):
        return STATES.get(value, value) if field == "state" else value
    if isinstance(value, int | float):
        return float(value) if isinstance(value, bool) else value
    instead = "$in or $all for lists" if isinstance(value, list) else "a number, a text, true, false or null"
    raise FilterError(f"{field} cannot be compared with {_shown(value)}; use {instead}")


def _seconds(date: str) -> float:
    try:
        found = datetime.fromisoformat(date.replace("Z", "+00:00"))
    except ValueError:
        raise FilterError(f"{date[:40]!r} is no date; write it like 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


def _pattern(value: object, options: object) -> str:
    if not isinstance(value, str) or len(value) > PATTERN_CHARACTERS_MAX:
        raise FilterError(f"$regex takes a text of at most {PATTERN_CHARACTERS_MAX} characters, not {_shown(value)}")
    if not isinstance(options, str) or not FLAGS.issuperset(options):
        raise FilterError(f"$options takes some of the letters i, m, s and x, not {_shown(options)}")
    return checked_expression(f"(?{options}){value}" if options else value)


# ---- joining; None stands for "everything" --------------------------------------------------------------------------


def _all(parts: Sequence[Condition | None]) -> Condition | None:
    found: Condition | None = None
    for part in parts:
        if part is not None:
            found = part if found is None else Both(found, part)
    return found


def _any(parts: Sequence[Condition]) -> Condition | None:
    found: Condition | None = None
    for part in parts:
        found = part if found is None else Either(found, part)
    return found


def _negated(condition: Condition | None) -> Condition:
    return _nobody() if condition is None else Not(condition)


def _nobody() -> Condition:
    """The opposite of everything."""
    return Both(Comparison("id", "~", ""), Not(Comparison("id", "~", "")))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
