"""Filters as W&B's `Api().runs(filters=…)` takes them, {"config.lr": {"$gt": 0.1}}, asked of plain facts."""

import re
from collections.abc import Callable, Mapping

from belvedere.core.errors import FilterError


def fits(facts: Mapping[str, object], condition: Mapping[str, object]) -> bool:
    """Whether facts fulfil every entry of a condition; FilterError for an operator that is not known."""
    return all(_entry(facts, str(name), wanted) for name, wanted in condition.items())


def _entry(facts: Mapping[str, object], name: str, wanted: object) -> bool:
    if name in ("$and", "$or", "$nor"):
        if not isinstance(wanted, list | tuple):
            raise FilterError(f"{name} takes a list of filters, got {type(wanted).__name__}")
        found = [fits(facts, one) for one in wanted]
        return all(found) if name == "$and" else any(found) == (name == "$or")
    if name == "$not" and isinstance(wanted, Mapping):
        return not fits(facts, wanted)
    value = _looked_up(facts, name)
    if isinstance(wanted, Mapping) and any(str(key).startswith("$") for key in wanted):
        return all(_holds(value, str(operator), operand, wanted) for operator, operand in wanted.items())
    return _equal(value, wanted)


def _looked_up(facts: Mapping[str, object], name: str) -> object:
    """A value by its path; a key may hold dots itself, and ".value" is how W&B's own config is nested."""
    if name in facts:
        return facts[name]
    for cut in [place for place, letter in enumerate(name) if letter == "."]:
        inner = facts.get(name[:cut])
        if isinstance(inner, Mapping):
            rest = name[cut + 1 :]
            found = _looked_up(inner, rest)
            return found if found is not None else _looked_up(inner, rest.removesuffix(".value"))
    return None


def _equal(value: object, wanted: object) -> bool:
    if isinstance(value, list | tuple) and not isinstance(wanted, list | tuple):
        return wanted in value
    return value == wanted


def _holds(value: object, operator: str, operand: object, all_of: Mapping[str, object]) -> bool:
    if operator == "$options":
        return True
    if operator == "$regex":
        flags = re.IGNORECASE if "i" in str(all_of.get("$options", "")) else 0
        return isinstance(value, str) and re.search(str(operand), value, flags) is not None
    if operator == "$exists":
        return (value is not None) == bool(operand)
    if operator == "$not" and isinstance(operand, Mapping):
        return not all(_holds(value, str(name), one, operand) for name, one in operand.items())
    if operator in ("$in", "$nin"):
        choices = operand if isinstance(operand, list | tuple) else [operand]
        return any(_equal(value, one) for one in choices) == (operator == "$in")
    if operator in ("$eq", "$ne"):
        return _equal(value, operand) == (operator == "$eq")
    if operator not in COMPARISONS:
        raise FilterError(f"the operator {operator!r} is not known; use $gt, $gte, $lt, $lte, $in, $regex, $exists …")
    return _is_ordered(value, operand) and COMPARISONS[operator](value, operand)


COMPARISONS: Mapping[str, Callable[..., bool]] = {
    "$gt": lambda value, operand: value > operand,
    "$gte": lambda value, operand: value >= operand,
    "$lt": lambda value, operand: value < operand,
    "$lte": lambda value, operand: value <= operand,
}


def _is_ordered(value: object, operand: object) -> bool:
    """Numbers with numbers, texts with texts."""
    numbers = isinstance(value, int | float) and isinstance(operand, int | float)
    return numbers or (isinstance(value, str) and isinstance(operand, str))
