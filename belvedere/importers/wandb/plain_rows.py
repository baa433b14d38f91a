"""History messages that hold nothing but short plain items, as nearly all do: cut by one expression, and their values
read as one JSON list. A program logs the same keys again and again, so what follows from the keys is found once.

An item: tag, size, tag, size, key, tag (two bytes), size, value. Sizes below 128 are one byte. JSON holds no control
characters and these keys none either, so it is certain where one ends.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.importers.wandb.jsons import loads
from belvedere.importers.wandb.rows import INT64_MAX, PLAIN, SECONDS_MAX, STEP_MAX, LandedRow, flat_key

_split = re.compile(
    rb"\n[\x00-\x7f]\x12[\x00-\x7f]([^\x82\x00-\x1f]+)\x82\x01[\x00-\x7f]([^\x00-\x1f]+)"
).split  # fmt: skip
STEP, TIME = "_step", "_timestamp"
STEP_FIELD = b"\x12"  # what may follow the items: the step again
KEY_SETS_MAX = 4096


@dataclass(frozen=True)
class _Keys:
    """What follows from the set of keys: the series names in order, and how to get their values, then step and time."""

    names: tuple[str, ...]
    values: Callable[[Mapping[bytes, Stored]], tuple[Stored, ...]]


def plain_row(message: bytes) -> LandedRow | None:
    """The row; None when the message takes a closer look (see `records.history_values`)."""
    parts = _split(message)
    if any(parts[:-1:3]) or (parts[-1] and parts[-1][:1] != STEP_FIELD):
        return None
    try:
        told = loads(b"[" + b",".join(parts[2::3]) + b"]")
    except UsageError:
        return None
    keys = parts[1::3]
    if not isinstance(told, list) or len(told) != len(keys):
        return None
    row = dict(zip(keys, told, strict=True))
    known = _keys(frozenset(row))
    if known is None or len(row) != len(keys):
        return None
    *values, step, time = known.values(row)
    types = set(map(type, values))
    if not types <= PLAIN or (int in types and not all(map(_is_small, values))):
        return None
    if type(step) is not int or type(time) is not float or abs(step) > STEP_MAX or not 0 < time < SECONDS_MAX:
        return None
    return LandedRow(step, round(time * 1e6), dict(zip(known.names, values, strict=True)))


@lru_cache(KEY_SETS_MAX)
def _keys(keys: frozenset[bytes]) -> _Keys | None:
    """None when there is a key that cannot be a series name as it is, or no step or time, or nothing else."""
    try:
        named = {key.decode(): key for key in keys}
    except UnicodeDecodeError:
        return None
    if not named.keys() > {STEP, TIME} or any(flat_key([name]) != name for name in named):
        return None
    names = tuple(sorted(named.keys() - {STEP, TIME}))
    return _Keys(names, itemgetter(*(named[name] for name in (*names, STEP, TIME))))


def _is_small(value: Stored) -> bool:
    return type(value) is not int or -INT64_MAX <= value <= INT64_MAX
