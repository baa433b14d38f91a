"""Rows of W&B's history and of its system metrics, as rows of ours, and back.

A history row is the mapping that was logged plus `_step`, `_runtime` (seconds) and `_timestamp` (seconds since 1970).
Keys come in any order; ours are sorted, so that equal rows have one schema in the log.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from belvedere.core.entries import Stored
from belvedere.core.names import KEY_BYTES_MAX
from belvedere.importers.wandb.values import ours, theirs
from belvedere.runlog.codec import plain

STEP_MAX = (1 << 62) - 1
SECONDS_MAX = 1e11  # the year 5138
INT64_MAX = (1 << 63) - 1
DEPTH_MAX = 16  # mappings deeper than this stay values, as in `bv.log`
PLAIN = frozenset((float, int, bool, type(None)))
SYSTEM, OUR_SYSTEM = "system.", "system/"
SYSTEM_OWN = frozenset(("_wandb", "_timestamp", "_runtime"))  # what a row of system metrics holds beside them


@dataclass(frozen=True)
class LandedRow:
    """A row as it lands. `nested` names the flat keys that were logged under a path of several parts."""

    step: int
    time_us: int
    values: dict[str, Stored]
    nested: dict[str, list[str]] = field(default_factory=dict)


def history_row(row: Mapping[str, Stored], *, step: int = 0, time_us: int = 0) -> LandedRow:
    """A row of W&B's history; `step` and `time_us` stand for what it does not say itself."""
    values = dict(sorted(row.items()))
    told_step, told_time = values.get("_step"), values.get("_timestamp")
    if type(told_step) is int and -STEP_MAX <= told_step <= STEP_MAX:
        step = told_step
        del values["_step"]
    if type(told_time) in (float, int) and 0 < told_time < SECONDS_MAX:  # type: ignore[operator]
        time_us = round(told_time * 1e6)  # type: ignore[operator]
        del values["_timestamp"]
    types = set(map(type, values.values()))
    if types <= PLAIN and (int not in types or _are_small(values)) and _are_names(values):
        return LandedRow(step, time_us, values)
    flat: dict[str, Stored] = {}
    nested: dict[str, list[str]] = {}
    for is_nested in (False, True):  # plain keys first: they keep their names
        for key, value in values.items():
            if _goes_deeper(value) == is_nested:
                _flatten([key], value, flat, nested)
    return LandedRow(step, time_us, flat, nested)


def original_row(
    values: Mapping[str, Stored], nested: Mapping[str, list[str]], step: int, time_us: int
) -> dict[str, Stored]:
    """The inverse of `history_row`; values that never were W&B's come as they are."""
    row: dict[str, Stored] = {}
    for key, value in values.items():
        path = nested.get(key)
        found = value if type(value) in PLAIN or type(value) is str else theirs(value)
        if path is None:
            row[key] = found
        else:
            place(row, path, found)
    row.setdefault("_step", step)
    row.setdefault("_timestamp", time_us / 1e6)
    return row


def system_row(row: Mapping[str, Stored], *, time_us: int = 0) -> tuple[int, dict[str, Stored]]:
    """Time and values of a row of system metrics: "system.gpu.0.temp" becomes "system/gpu.0.temp"."""
    time = row.get("_timestamp")
    if isinstance(time, float | int) and 0 < time < SECONDS_MAX:
        time_us = round(time * 1e6)
    values: dict[str, Stored] = {}
    for key in sorted(row):
        if key not in SYSTEM_OWN:
            name = our_system_key(key)
            values[name if len(name.encode("utf-8", "replace")) <= KEY_BYTES_MAX else _short([name])] = _stored(
                row[key]
            )
    return time_us, values


def original_system_row(values: Mapping[str, Stored], time_us: int, runtime: float) -> dict[str, Stored]:
    """The inverse of `system_row`; `runtime` is in seconds since the start of the run."""
    named = {their_system_key(key): theirs(value) for key, value in values.items()}
    return {"_wandb": True, "_timestamp": time_us / 1e6, "_runtime": runtime, **named}


def our_system_key(key: str) -> str:
    """ "system.cpu" and "cpu" as "system/cpu"."""
    return OUR_SYSTEM + key.removeprefix(SYSTEM)


def their_system_key(key: str) -> str:
    """ "system/cpu" as "system.cpu"; other keys as they are."""
    return SYSTEM + key[len(OUR_SYSTEM) :] if key.startswith(OUR_SYSTEM) else key


def flat_key(path: list[str], taken: Mapping[str, object] = {}) -> str:
    """The series name for a path of keys; another one when it cannot be a name, or is taken."""
    key = "/".join(path)
    if not key.isascii():
        key = key.encode("utf-8", "replace").decode("utf-8")
    if not key.strip() or len(key.encode()) > KEY_BYTES_MAX or key in taken:
        return _short(path)
    return key


def _short(path: list[str]) -> str:
    """A name that says how the path begins and is another for every path."""
    digest = hashlib.sha256(repr(path).encode("utf-8", "replace")).hexdigest()[:12]
    start = "/".join(path).strip()[:200].encode("utf-8", "replace").decode("utf-8")
    return f"{start or '(no name)'} #{digest}"


def _are_small(values: Mapping[str, Stored]) -> bool:
    return all(type(value) is not int or -INT64_MAX <= value <= INT64_MAX for value in values.values())


def _are_names(values: Mapping[str, Stored]) -> bool:
    """Whether all keys are series names as they are; False also where that takes a closer look."""
    names = "".join(values)  # joined: one check for all
    if not names.isascii() or not names.isprintable() or "" in values:
        return False
    is_short = len(names) <= KEY_BYTES_MAX or all(len(name) <= KEY_BYTES_MAX for name in values)
    return is_short and (" " not in names or all(map(str.strip, values)))


def _goes_deeper(value: Stored) -> bool:
    return isinstance(value, dict) and "_type" not in value and bool(value)


def _flatten(path: list[str], value: Stored, flat: dict[str, Stored], nested: dict[str, list[str]]) -> None:
    if _goes_deeper(value) and len(path) <= DEPTH_MAX:
        assert isinstance(value, dict)
        for name in sorted(value):
            _flatten([*path, name], value[name], flat, nested)
        return
    key = flat_key(path, flat)
    flat[key] = _stored(value)
    if len(path) > 1 or key != path[0]:
        nested[key] = path


def _stored(value: Stored) -> Stored:
    """A value that a log can hold: whole numbers beyond 64 bits as floats, as W&B's own client has them."""
    kind = type(value)
    if kind is int:
        return value if -INT64_MAX <= value <= INT64_MAX else _as_float(value)  # type: ignore[operator, arg-type]
    return value if kind in PLAIN else plain(ours(value))


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def place(row: dict[str, Stored], path: list[str], value: Stored) -> None:
    """Put a value where its path says, making what is missing on the way."""
    at = row
    for name in path[:-1]:
        below = at.get(name)
        if not isinstance(below, dict):
            below = at[name] = {}
        at = below
    at[path[-1]] = value
