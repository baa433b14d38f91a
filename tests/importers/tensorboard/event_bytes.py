"""Event files for tests, written by the recorder's own encoder, which tests/record/mirrors hold against TensorBoard."""

import struct
from pathlib import Path

from belvedere.record.mirrors.event_file import EventFile, field_bytes, field_double, field_float, field_varint


def record_of(message: bytes, *, masked_crc: int | None = None) -> bytes:
    """A framed record, with another checksum of the message where one is given."""
    from belvedere.importers.tensorboard.framing import masked_crc as crc_of

    size = struct.pack("<Q", len(message))
    told = crc_of(message) if masked_crc is None else masked_crc
    return size + struct.pack("<I", crc_of(size)) + message + struct.pack("<I", told)


def scalar_message(tag: str, step: int, value: float, wall_time: float = 1.5) -> bytes:
    """An Event with one old-style scalar, as most writers write it."""
    inner = field_bytes(1, tag.encode()) + field_float(2, value)
    head = field_double(1, wall_time) + (field_varint(2, step) if step else b"")
    return head + field_bytes(5, field_bytes(1, inner))


def new_style_message(tag: str, step: int, value: float, wall_time: float = 1.5) -> bytes:
    """An Event with one scalar as a tensor of the scalars plug-in, as TensorFlow 2 writes it."""
    tensor = field_varint(1, 1) + field_bytes(2, b"") + field_bytes(4, struct.pack("<f", value))
    metadata = field_bytes(9, field_bytes(1, field_bytes(1, b"scalars")))
    inner = field_bytes(1, tag.encode()) + field_bytes(8, tensor) + metadata
    head = field_double(1, wall_time) + (field_varint(2, step) if step else b"")
    return head + field_bytes(5, field_bytes(1, inner))


def value_message(step: int, *values: bytes, wall_time: float = 1.5) -> bytes:
    """An Event with some values."""
    return (
        field_double(1, wall_time) + field_varint(2, step) + field_bytes(5, b"".join(field_bytes(1, v) for v in values))
    )


def write_run(
    folder: Path, *messages: bytes, started: float = 1000.0, restart: int | None = None, name: str = ""
) -> Path:
    """An event file with a version, perhaps a restart, and messages."""
    file = EventFile(folder, started, f".{name}" if name else "")
    if restart is not None:
        file.restart(started, restart)
    file.close()
    with file.path.open("ab") as target:
        for message in messages:
            target.write(record_of(message))
    return file.path
