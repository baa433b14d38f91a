"""Entry <-> payload bytes. FORMAT.md describes every payload; old ones stay readable for ever.

A row does not repeat its keys: a SCHEMA names them once per segment with one kind each (f float64, i int64, b bool,
o other), and each row holds the fixed-width numbers in that order, then one MessagePack list with the others. A SHORT
row holds step and time as differences from the timed record in front of it, which is what keeps ten scalars at
9.5 bytes a point.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from belvedere.core.entries import EVENTS, Event, Stored
from belvedere.core.errors import DamagedLog

SCHEMA, ROW, SHORT, FAMILY, VECTOR, EVENT, MAPPED = 1, 2, 3, 4, 5, 6, 7
KIND_OF_TYPE: Mapping[type, str] = {
    float: "f",
    int: "i",
    bool: "b",
    str: "o",
    type(None): "o",
    list: "o",
    dict: "o",
    tuple: "o",
}
PACKED = {"f": "d", "i": "q", "b": "?"}
COLUMN_DTYPE = {"f": "<f8", "i": "<i8", "b": "?"}
ROW_HEAD = struct.Struct("<BHqq")  # type, schema, step, time in µs since 1970
SHORT_HEAD = struct.Struct("<BBbI")  # type, schema, step difference, time difference in µs
VECTOR_HEAD = struct.Struct("<BHqq")  # type, family, step, time in µs since 1970
MAPPED_HEAD = struct.Struct("<Bqq")
SHORT_SCHEMAS = 256
SHORT_MICROSECONDS = 1 << 32
NESTING_MAX = 32

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True)
class Schema:
    """Keys of a row and one kind letter each."""

    keys: tuple[str, ...]
    kinds: str

    @cached_property
    def fixed_keys(self) -> tuple[str, ...]:
        return tuple(key for key, kind in zip(self.keys, self.kinds, strict=True) if kind != "o")

    @cached_property
    def other_keys(self) -> tuple[str, ...]:
        return tuple(key for key, kind in zip(self.keys, self.kinds, strict=True) if kind == "o")

    @cached_property
    def fixed_kinds(self) -> str:
        return self.kinds.replace("o", "")

    @cached_property
    def pack_format(self) -> str:
        return "".join(PACKED[kind] for kind in self.fixed_kinds)

    @cached_property
    def fixed_dtype(self) -> np.dtype[np.void]:
        """Packed record of the numbers; field names are positions, since keys may be any text."""
        return np.dtype([(f"c{i}", COLUMN_DTYPE[kind]) for i, kind in enumerate(self.fixed_kinds)])


@dataclass(frozen=True)
class Family:
    """Name, component names and dtype ("<f4" or "<f8") of a vector series."""

    family: str
    names: tuple[str, ...]
    dtype: str = "<f4"


def encode_schema(number: int, schema: Schema) -> bytes:
    return struct.pack("<BH", SCHEMA, number) + _encode({"keys": schema.keys, "kinds": schema.kinds})


def decode_schema(payload: bytes) -> tuple[int, Schema]:
    body = _decode(payload[3:])
    return int.from_bytes(payload[1:3], "little"), Schema(tuple(body["keys"]), body["kinds"])


def encode_family(number: int, family: Family) -> bytes:
    body = {"family": family.family, "names": family.names, "dtype": family.dtype}
    return struct.pack("<BH", FAMILY, number) + _encode(body)


def decode_family(payload: bytes) -> tuple[int, Family]:
    body = _decode(payload[3:])
    return int.from_bytes(payload[1:3], "little"), Family(body["family"], tuple(body["names"]), body["dtype"])


def pack_vector_head(number: int, step: int, time_us: int) -> bytes:
    """What stands in front of the components of a vector."""
    return VECTOR_HEAD.pack(VECTOR, number, step, time_us)


def encode_others(values: Sequence[object]) -> bytes:
    """The tail of a row: the values that are not numbers."""
    return _encode(values)


def decode_others(tail: bytes) -> list[Stored]:
    """The values that are not numbers, in the order of `Schema.other_keys`."""
    return list(_decode(tail))


def encode_mapped(step: int, time_us: int, values: Mapping[str, object]) -> bytes:
    """A row that names its own keys, for logs whose key set keeps changing."""
    return MAPPED_HEAD.pack(MAPPED, step, time_us) + _encode(values)


def decode_mapped(payload: bytes) -> tuple[int, int, dict[str, Stored]]:
    _, step, time_us = MAPPED_HEAD.unpack_from(payload)
    return step, time_us, _decode(payload[MAPPED_HEAD.size :])


def encode_event(event: Event) -> bytes:
    """[kind, fields] in MessagePack."""
    fields = {name: getattr(event, name) for name in event.__dataclass_fields__}
    try:
        return bytes([EVENT]) + _encode([type(event).__name__, fields])
    except (UnicodeEncodeError, OverflowError, RecursionError):  # half a character, a huge number, a deep nest
        return bytes([EVENT]) + _encode([type(event).__name__, plain(fields)])


def decode_event(payload: bytes) -> Event | None:
    """The event, or None for a kind that a newer Belvedere added; fields we do not know are passed over."""
    kind, fields = _decode(payload[1:])
    event = EVENTS.get(kind)
    if event is None:
        return None
    try:
        return event(**{name: value for name, value in fields.items() if name in event.__dataclass_fields__})
    except TypeError as error:
        raise DamagedLog(
            f"an entry {kind} without a field it needs ({error}); the entry was not written by Belvedere"
        ) from error


def plain(value: object, depth: int = 0) -> Stored:
    """Any plain Python value in a form that can be stored: big integers as tagged text, keys as text, tuples as lists.

    Raises TypeError for objects that are not plain Python values."""
    kind = type(value)
    if kind is int:
        whole: int = value  # type: ignore[assignment]
        return whole if -(1 << 63) <= whole < 1 << 63 else {"_type": "bigint", "value": str(whole)}
    if kind is str:
        text: str = value  # type: ignore[assignment]
        return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    if value is None or kind is float or kind is bool:
        return value  # type: ignore[return-value]
    if depth >= NESTING_MAX:
        return f"… nested deeper than {NESTING_MAX} levels"
    if isinstance(value, Mapping):
        return {str(plain(str(key))): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1) for item in value]
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not a plain value")
