"""Which keys a run logged, how often, and what their values are."""

from collections.abc import Mapping

from belvedere.core.entries import Stored
from belvedere.importers.wandb.values import theirs
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields
from belvedere.wandb_protocol.fields.history import opened
from belvedere.wandb_protocol.history_index import SYSTEM, HistoryIndex, LastValue


def history_keys(asked: Asked, value: object, arguments: Arguments) -> dict[str, object]:
    """Every key with the type of its last value, how many there are, and that value; `lastStep` is -1 in front of the
    first row. What stands in a mapping is called by its path, "a.b"."""
    with opened(asked, value) as index:
        steps, nested = index.steps(), index.nested
        last = int(steps[-1]) if len(steps) else -1
        keys = {
            ".".join(nested.get(key, [key])): _told(one)
            for key, one in sorted(index.last_values().items())
            if not key.startswith(SYSTEM)
        }
        for key in ("_step", "_timestamp"):
            if len(steps):
                keys[key] = _number(len(steps), last if key == "_step" else _newest_time(index))
        return {"sets": [], "keys": keys, "lastStep": last}


def _told(one: LastValue) -> dict[str, object]:
    value = theirs(one.value)
    return {"typeCounts": [{"type": type_name(value), "count": one.count}], "previousValue": value}


def _number(count: int, value: float) -> dict[str, object]:
    return {"typeCounts": [{"type": "number", "count": count}], "previousValue": value, "monotonic": True}


def _newest_time(index: HistoryIndex) -> float:
    return max((one.time_us for one in index.last_values().values()), default=0) / 1e6


def type_name(value: Stored) -> str:
    """What W&B calls the type of a value."""
    if isinstance(value, Mapping):
        return str(value.get("_type", "map"))
    if isinstance(value, list | tuple):
        return "list"
    if value is None:
        return "nil"
    return "string" if isinstance(value, str) else "number"


FIELDS: Fields = {"Run": {"historyKeys": history_keys}}
