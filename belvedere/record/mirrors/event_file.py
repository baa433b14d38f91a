"""Writes TensorBoard's event files: the framing, and the few protobuf messages that a run needs.

record   u64 length | u32 masked CRC-32C of those 8 bytes | message | u32 masked CRC-32C of the message
Event    1 wall_time double · 2 step int64 · 3 file_version text · 5 summary · 7 session_log
Summary  1 value, repeated: 1 tag · 2 simple_value float · 4 image · 5 histo · 6 audio · 8 tensor · 9 metadata
"""

import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

import google_crc32c

VERSION = b"brain.Event:2"
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MASK_DELTA = 0xA282EAD8
SESSION_START = 1

_crc = google_crc32c.value


class EventFile:
    """One event file, opened anew; `wall_time` is seconds since 1970. Raises OSError when it cannot be written."""

    def __init__(self, folder: Path, wall_time: float, suffix: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(wall_time):010d}.{platform.node() or 'localhost'}.{os.getpid()}"
        number = sum(1 for _ in folder.glob(f"{name}.*"))  # two of one second and process are two files
        self.path = folder / f"{name}.{number}{suffix}"
        self._file = self.path.open("xb")
        self._write(field_double(1, wall_time) + field_bytes(3, VERSION))

    def restart(self, wall_time: float, step: int) -> None:
        """What earlier files of the folder say of steps from this one on is void."""
        self._write(_head(wall_time, step) + field_bytes(7, field_varint(1, SESSION_START)))

    def values(self, wall_time: float, step: int, values: Iterable[bytes]) -> None:
        """One event with some values, each a message as `event_values` makes them."""
        self._write(_head(wall_time, step) + field_bytes(5, b"".join(field_bytes(1, value) for value in values)))

    def graph(self, wall_time: float, graph_def: bytes) -> None:
        """A graph, as TensorFlow's GraphDef."""
        self._write(_head(wall_time, 0) + field_bytes(4, graph_def))

    def flush(self) -> None:
        """Hand to the system what is buffered."""
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _write(self, message: bytes) -> None:
        size = struct.pack("<Q", len(message))
        self._file.write(b"".join((size, _masked(size), message, _masked(message))))


def _head(wall_time: float, step: int) -> bytes:
    return field_double(1, wall_time) + (field_varint(2, step) if step else b"")


def _masked(data: bytes) -> bytes:
    crc: int = _crc(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF)


# ---- fields of a message ------------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    """An integer, negative ones as 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field_varint(number: int, value: int) -> bytes:
    """An int64, enum or bool."""
    return varint(number << 3 | VARINT) + varint(value)


def field_bytes(number: int, value: bytes) -> bytes:
    """Text in UTF-8, bytes, a message, or a packed array."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def field_double(number: int, value: float) -> bytes:
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def field_float(number: int, value: float) -> bytes:
    """A float32; what lies beyond its range is an infinity."""
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        packed = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return varint(number << 3 | FIXED32) + packed
