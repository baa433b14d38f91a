"""As much of protobuf's wire format as event files need: fields of a message by their number."""

import struct

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UnknownFormat
from belvedere.importers.protobuf import BYTES, FIXED32, FIXED64, VARINT, Raw, fields, varint

Message = dict[int, list[Raw]]

_double = struct.Struct("<d").unpack
_float = struct.Struct("<f").unpack


def span(data: bytes, within: tuple[int, int], *path: int) -> tuple[int, int]:
    """Where the value of the field lies that is reached by the numbers of `path`, one inside the other, from the
    message at `within`; (0, 0) when there is none. The first of several counts."""
    for wanted in path:
        position, end = within
        within = (0, 0)
        while position < end:
            key, position = varint(data, position)
            kind = key & 7
            if kind == VARINT:
                size = varint(data, position)[1] - position
            elif kind == BYTES:
                size, position = varint(data, position)
            elif kind in (FIXED64, FIXED32):
                size = 8 if kind == FIXED64 else 4
            else:
                return 0, 0
            if key >> 3 == wanted:
                within = (position, position + size)
                break
            position += size
        if within == (0, 0):
            return within
    return within


def parsed(data: bytes) -> Message:
    """All fields of a message, each with its values in order."""
    found: Message = {}
    for number, value in fields(data):
        found.setdefault(number, []).append(value)
    return found


def signed(value: int) -> int:
    """An int64 from its varint."""
    return value - (1 << 64) if value >= 1 << 63 else value


def text(message: Message, number: int) -> str:
    """A text field, "" when it is absent."""
    return blob(message, number).decode("utf-8", "replace")


def blob(message: Message, number: int) -> bytes:
    """The last value of a bytes field, b"" when it is absent."""
    found = message.get(number, [b""])[-1]
    return found if isinstance(found, bytes) else b""


def whole(message: Message, number: int) -> int:
    """The last value of an integer field (int32, int64, enum), 0 when it is absent."""
    found = message.get(number, [0])[-1]
    return signed(found) if isinstance(found, int) else 0


def double(message: Message, number: int) -> float:
    """A double, 0.0 when it is absent."""
    found = blob(message, number)
    return float(_double(found)[0]) if len(found) == 8 else 0.0


def single(message: Message, number: int) -> float:
    """A float, 0.0 when it is absent."""
    found = blob(message, number)
    return float(_float(found)[0]) if len(found) == 4 else 0.0


def messages(message: Message, number: int) -> list[Message]:
    """All messages of a repeated field."""
    return [parsed(found) for found in message.get(number, []) if isinstance(found, bytes)]


def fixed_array(message: Message, number: int, dtype: str) -> NDArray[np.generic]:
    """A repeated field of fixed-width numbers, packed or not, as (n,)."""
    width = np.dtype(dtype).itemsize
    joined = b"".join(found for found in message.get(number, []) if isinstance(found, bytes))
    if len(joined) % width:
        raise UnknownFormat(f"no protobuf message: {len(joined)} bytes of numbers of {width} bytes each in {number}")
    return np.frombuffer(joined, dtype)


def varint_array(message: Message, number: int) -> NDArray[np.int64]:
    """A repeated field of integers, packed or not, as (n,) int64."""
    found: list[int] = []
    for value in message.get(number, []):
        if isinstance(value, int):
            found.append(signed(value))
            continue
        position = 0
        while position < len(value):
            one, position = varint(value, position)
            found.append(signed(one))
    return np.array(found, np.int64)
