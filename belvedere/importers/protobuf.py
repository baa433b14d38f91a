"""The wire format of protobuf: fields of a message by their number. What they mean is said where they are read."""

from collections.abc import Iterator

from belvedere.core.errors import UnknownFormat

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
VARINT_BITS_MAX = 70

Raw = int | bytes


def fields(data: bytes) -> Iterator[tuple[int, Raw]]:
    """Number and value of each field: an int for varints, bytes for everything else (fixed ones too). UnknownFormat
    when it is no message."""
    position, end = 0, len(data)
    while position < end:
        key, position = varint(data, position)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, position = varint(data, position)
            yield number, value
            continue
        if kind == BYTES:
            size, position = varint(data, position)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise UnknownFormat(f"no protobuf message: field {number} of wire type {kind} at byte {position}")
        if position + size > end:
            raise UnknownFormat(f"no protobuf message: field {number} of {size} bytes where {end - position} are left")
        yield number, data[position : position + size]
        position += size


def varint(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned number, and the position behind it."""
    value = shift = 0
    while position < len(data) and shift < VARINT_BITS_MAX:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise UnknownFormat(f"no protobuf message: a number without an end at byte {position}")
