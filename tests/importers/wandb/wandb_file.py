"""Writes `.wandb` files, for tests: framing and protobuf as the client makes them, in a few lines of our own."""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

HEADER = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
BLOCK = 32768


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def item(path: Sequence[str], value_json: str) -> bytes:
    return b"".join(field(2, part) for part in path) + field(16, value_json)


def leaves(row: Mapping[str, object], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    found: list[tuple[tuple[str, ...], object]] = []
    for key, value in row.items():
        here = (*path, key)
        found += leaves(value, here) if isinstance(value, dict) and value else [(here, value)]
    return found


def items(row: Mapping[str, object], number: int = 1) -> bytes:
    return b"".join(field(number, item(path, json.dumps(value))) for path, value in leaves(row))


def seconds(time: float) -> bytes:
    return field(1, int(time)) + field(2, round(time % 1 * 1e9))


def record(kind: int, message: bytes, number: int = 0) -> bytes:
    return field(1, number) + field(kind, message)


def history(step: int, time: float, **values: object) -> bytes:
    row = {**values, "_step": step, "_runtime": 0.5 * step, "_timestamp": time}
    return record(2, items(row) + field(2, field(1, step)), step + 10)


def summary(**values: object) -> bytes:
    return record(3, items(values))


def run(run_id: str = "abc", project: str = "p", *, start: float = 1000.0, name: str = "", **config: object) -> bytes:
    update = b"".join(field(1, field(1, key) + field(16, json.dumps(value))) for key, value in config.items())
    message = field(1, run_id) + field(3, project) + field(4, update) + field(13, "host") + field(17, seconds(start))
    return record(17, message + (field(8, name) if name else b""))


def end(code: int = 0) -> bytes:
    return record(18, field(1, code) + field(2, 7))


def framed(records: Sequence[bytes]) -> bytes:
    """A whole file."""
    out = bytearray(HEADER)
    for payload in records:
        rest, is_first = payload, True
        while is_first or rest:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out += bytes(left)
                left = BLOCK
            part, rest = rest[: left - 7], rest[left - 7 :]
            kind = (1 if is_first else 4) if not rest else (2 if is_first else 3)
            out += struct.pack("<IHB", zlib.crc32(bytes([kind]) + part), len(part), kind) + part
            is_first = False
    return bytes(out)


def write(folder: Path, records: Sequence[bytes], run_id: str = "abc", stamp: str = "20260101_000000") -> Path:
    """The file of one run as it lies in a folder `wandb`."""
    place = folder / f"offline-run-{stamp}-{run_id}"
    (place / "files").mkdir(parents=True, exist_ok=True)
    path = place / f"run-{run_id}.wandb"
    path.write_bytes(framed(records))
    return path
