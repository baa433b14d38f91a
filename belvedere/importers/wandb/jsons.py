"""JSON in which NaN, Infinity and -Infinity may stand bare, as W&B writes its rows, configurations and summaries."""

import json

import orjson

from belvedere.core.errors import UsageError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=str).encode


def loads(text: str | bytes) -> Json:
    """What a JSON text says; UsageError when it is none, or nested too deeply."""
    try:
        found: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _loads_leniently(text)
    return found


def dumps(value: object) -> str:
    """A value as JSON; what is not finite stands bare."""
    return _dump(value)


def _loads_leniently(text: str | bytes) -> Json:
    """Python's own reader knows NaN and Infinity, and is some six times slower."""
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        start = text[:60]
        raise UsageError(f"this is not JSON ({_reason(error)}); it begins with: {start!r}") from error
    return found


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
