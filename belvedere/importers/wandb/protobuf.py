"""The little of protobuf that W&B's records need: varints, fixed-width numbers and byte strings.

A message is a run of fields; each begins with a varint whose low three bits say how it is written and whose others are
its number. Raises IndexError or struct.error where a message ends too early.
"""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_double = struct.Struct("<d").unpack

Value = int | bytes


def varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a byte, and where the next thing begins."""
    found = shift = 0
    while True:
        byte = message[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, at
        shift += 7
        if shift > 63:
            raise IndexError(f"a varint of more than 64 bits at byte {at}")


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Number and value of every field, in order: whole numbers of varints, the bytes of everything else."""
    at, end = 0, len(message)
    while at < end:
        tag, at = varint(message, at)
        number, way = tag >> 3, tag & 7
        if way == VARINT:
            value, at = varint(message, at)
            yield number, value
            continue
        size, at = varint(message, at) if way == BYTES else (WIDTHS[way], at)
        if at + size > end:
            raise IndexError(f"field {number} of {size} bytes reaches beyond its message")
        yield number, message[at : at + size]
        at += size


WIDTHS = {FIXED64: 8, FIXED32: 4, 3: 1 << 62, 4: 1 << 62, 6: 1 << 62, 7: 1 << 62}  # groups and the like: never written


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
