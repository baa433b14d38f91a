"""What a training tells the process that draws its dashboards: a row, a sample, a chart, a save."""

from typing import BinaryIO

import msgspec

from belvedere.live.beside import LENGTH


class Row(msgspec.Struct, tag="row", array_like=True):
    """One step. Accuracy is a share of 1 or in percent; timestamp is seconds since 1970."""

    step: int
    loss: float
    accuracy: float
    tokens_per_sec: float
    gpu_memory_mb: float
    learning_rate: float
    timestamp: float


class Text(msgspec.Struct, tag="text", array_like=True):
    """One sample; NaN accuracy stands for none."""

    step: int
    input: str
    output: str
    target: str
    accuracy: float


class Chart(msgspec.Struct, tag="chart", array_like=True):
    """Draw the dashboard of this step."""

    step: int


class Save(msgspec.Struct, tag="save", array_like=True):
    """Write the histories now."""


Message = Row | Text | Chart | Save
encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def next_message(source: BinaryIO) -> Message | None:
    """The next message; None at the end, also when the writer was cut off in the middle of one."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size: int = LENGTH.unpack(head)[0]
    body = source.read(size)
    return _decode(body) if size and len(body) == size else None
