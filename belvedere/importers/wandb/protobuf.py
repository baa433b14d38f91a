"""The little of protobuf that W&B's records need: varints, fixed-width numbers and byte strings.

A message is a run of fields; each begins with a varint whose low three bits say how it is written and whose others are
its number. Raises UnknownFormat or struct.error where a message ends too early.
"""

import struct

from belvedere.importers.protobuf import Raw, fields

_double = struct.Struct("<d").unpack

Value = Raw


def message_of(message: bytes) -> dict[int, list[Value]]:
    """All values of every field number."""
    found: dict[int, list[Value]] = {}
    for number, value in fields(message):
        found.setdefault(number, []).append(value)
    return found


def text(value: Value) -> str:
    """A string field."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def signed(value: Value) -> int:
    """A number of type int32 or int64, which has 64 bits when it is negative."""
    found = value if isinstance(value, int) else 0
    return found - (1 << 64) if found >> 63 else found


def zigzag(value: Value) -> int:
    """A number of type sint64."""
    found = value if isinstance(value, int) else 0
    return (found >> 1) ^ -(found & 1)


def double(value: Value) -> float:
    """A number of type double."""
    return float(_double(value)[0]) if isinstance(value, bytes) else float(value)
