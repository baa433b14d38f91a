"""What a record of an event file says: tensorboard's Event, Summary and Tensor messages, by their field numbers.

Event    1 wall_time double · 2 step int64 · 3 file_version · 4 graph_def · 5 summary · 7 session_log
Summary  1 value: 1 tag · 2 simple_value float · 4 image · 5 histo · 6 audio · 8 tensor · 9 metadata
metadata 1 plugin_data (1 name, 2 content) · 2 display_name · 3 description
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UnknownFormat
from belvedere.importers.protobuf import fields
from belvedere.importers.tensorboard import protobuf
from belvedere.importers.tensorboard.protobuf import Message

WALL_TIME, STEP, FILE_VERSION, GRAPH, SUMMARY, SESSION_LOG = 1, 2, 3, 4, 5, 7
TAG, SIMPLE_VALUE, IMAGE, HISTO, AUDIO, TENSOR, METADATA = 1, 2, 4, 5, 6, 8, 9
SESSION_START = 1
TIME_US_MAX = 1 << 60  # µs since 1970: beyond the year 38000

STRING_TYPE, HALF_TYPE, BFLOAT16_TYPE = 7, 19, 14
DTYPES = {  # by the number of TensorFlow's DataType
    1: "<f4", 2: "<f8", 3: "<i4", 4: "|u1", 5: "<i2", 6: "|i1", 8: "<c8", 9: "<i8", 10: "|b1", 14: "<u2", 17: "<u2",
    18: "<c16", 19: "<f2", 22: "<u4", 23: "<u8",
}  # fmt: skip
FIXED_FIELDS = {1: (5, "<f4"), 2: (6, "<f8"), 8: (9, "<f4"), 18: (12, "<f8")}  # values outside of tensor_content
VARINT_FIELDS = {3: 7, 4: 7, 5: 7, 6: 7, 17: 7, 9: 10, 10: 11, 14: 13, 19: 13, 22: 16, 23: 17}
REPEATED_MAX = 1 << 24  # a few bytes may not become gigabytes

Tensor = NDArray[np.generic] | list[bytes]


@dataclass(frozen=True)
class Metadata:
    """What a value is for. `plugin` is "scalars", "histograms", "images", "text" …, "" when nothing was said."""

    plugin: str = ""
    content: bytes = b""
    description: str = ""


@dataclass(frozen=True)
class SummaryValue:
    """One value under one tag. `fields` is the message itself."""

    tag: str
    metadata: Metadata
    fields: Message

    def has(self, number: int) -> bool:
        return number in self.fields

    def strings(self) -> list[bytes]:
        """The strings of a string tensor, [] when it is none."""
        found = tensor(protobuf.blob(self.fields, TENSOR)) if self.has(TENSOR) else []
        return found if isinstance(found, list) else []


@dataclass(frozen=True)
class Event:
    """One record. `time_us` since 1970 · `restart`: a process began anew and what was logged from `step` on is void."""

    time_us: int
    step: int
    values: tuple[SummaryValue, ...] = ()
    graph: bytes = b""
    is_restart: bool = False
    file_version: str = ""


def decoded(record: bytes) -> Event:
    """An event; UnknownFormat when it is none."""
    found = protobuf.parsed(record)
    session = protobuf.parsed(protobuf.blob(found, SESSION_LOG))
    return Event(
        microseconds(protobuf.double(found, WALL_TIME)),
        protobuf.whole(found, STEP),
        tuple(_values(protobuf.blob(found, SUMMARY))),
        protobuf.blob(found, GRAPH),
        protobuf.whole(session, 1) == SESSION_START,
        protobuf.text(found, FILE_VERSION),
    )


def microseconds(seconds: float) -> int:
    """A time of the event file on our scale; what is no time is 0."""
    return round(seconds * 1e6) if 0 <= seconds < TIME_US_MAX / 1e6 else 0


def _values(summary: bytes) -> Iterator[SummaryValue]:
    for number, value in fields(summary):
        if number == 1 and isinstance(value, bytes):
            found = protobuf.parsed(value)
            yield SummaryValue(protobuf.text(found, TAG), _metadata(protobuf.blob(found, METADATA)), found)


def _metadata(data: bytes) -> Metadata:
    if not data:
        return Metadata()
    found = protobuf.parsed(data)
    plugin = protobuf.parsed(protobuf.blob(found, 1))
    return Metadata(protobuf.text(plugin, 1), protobuf.blob(plugin, 2), protobuf.text(found, 3))


def tensor(data: bytes) -> Tensor:
    """An array in its shape, or the strings of a string tensor in a flat list; UnknownFormat for types of neither.

    Of a bfloat16 tensor the values are widened to float32, which holds them exactly."""
    found = protobuf.parsed(data)
    kind = protobuf.whole(found, 1)
    shape = _shape(protobuf.blob(found, 2))
    if kind == STRING_TYPE:
        return [value for value in found.get(8, []) if isinstance(value, bytes)]
    if kind not in DTYPES:
        raise UnknownFormat(f"a tensor of type {kind}, which is neither of numbers nor of strings")
    values = _numbers(found, kind)
    count = int(np.prod(shape, dtype=np.float64))
    if len(values) < count:  # trailing equal values are written once
        if count > REPEATED_MAX:
            raise UnknownFormat(f"a tensor of shape {shape} with {len(values)} values")
        values = np.concatenate([values, np.repeat(values[-1:] if len(values) else np.zeros(1), count - len(values))])
    if len(values) != count:
        raise UnknownFormat(f"a tensor of shape {shape} with {len(values)} values")
    if kind == BFLOAT16_TYPE:
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.reshape(shape)


def _numbers(found: Message, kind: int) -> NDArray[np.generic]:
    """(n,) of the dtype of the tensor; bfloat16 as its bits."""
    dtype = np.dtype(DTYPES[kind])
    content = protobuf.blob(found, 4)
    if content:
        if len(content) % dtype.itemsize:
            raise UnknownFormat(f"a tensor of {len(content)} bytes of {dtype}")
        return np.frombuffer(content, dtype)
    if kind in FIXED_FIELDS:
        number, packed = FIXED_FIELDS[kind]
        return protobuf.fixed_array(found, number, packed).view(dtype)
    values = protobuf.varint_array(found, VARINT_FIELDS[kind])
    if kind == HALF_TYPE:  # the bits of each half as an integer
        return values.astype(np.uint16).view(np.float16)
    return values.astype(dtype)


def _shape(data: bytes) -> tuple[int, ...]:
    return tuple(max(0, protobuf.whole(dim, 1)) for dim in protobuf.messages(protobuf.parsed(data), 2))
