#!/usr/bin/env python3
"""Reads Belvedere run logs with nothing but Python's standard library, so that nobody's data is ever hostage.

    python read_rlog.py RUN_FOLDER_OR_FILE [...]        prints one JSON object per entry
    python read_rlog.py RUN_FOLDER --csv train/loss     prints step,time,value of one series

The format is described in belvedere/runlog/FORMAT.md. This file does not import Belvedere; copy it wherever you need
it.
"""

import json
import struct
import sys
from pathlib import Path

MAGIC = b"\x89BVLOG\r\n"
PACKED = {"f": "d", "i": "q", "b": "?"}


def crc32c_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def unpack_messagepack(data, position=0):
    """(value, next position) of one MessagePack value."""
    tag = data[position]
    position += 1
    if tag < 0x80 or tag >= 0xE0:
        return (tag if tag < 0x80 else tag - 256), position
    if tag in FIXED:
        code = struct.Struct(">" + FIXED[tag])
        return code.unpack_from(data, position)[0], position + code.size
    if tag in CONSTANTS:
        return CONSTANTS[tag], position
    if 0xA0 <= tag < 0xC0 or tag in TEXT_OR_BYTES:
        size, position = read_size(data, position, tag, tag & 31, 0xA0 <= tag < 0xC0)
        raw = bytes(data[position : position + size])
        return (raw if tag in (0xC4, 0xC5, 0xC6) else raw.decode("utf-8", "replace")), position + size
    is_map = tag < 0x90 or tag in (0xDE, 0xDF)
    size, position = read_size(data, position, tag, tag & 15, tag < 0xA0)
    items = []
    for _ in range(size * (2 if is_map else 1)):
        item, position = unpack_messagepack(data, position)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if is_map else items), position


FIXED = {0xCA: "f", 0xCB: "d", 0xCC: "B", 0xCD: "H", 0xCE: "I", 0xCF: "Q", 0xD0: "b", 0xD1: "h", 0xD2: "i", 0xD3: "q"}
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
TEXT_OR_BYTES = (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB)
SIZED = {0xC4: "B", 0xC5: "H", 0xC6: "I", 0xD9: "B", 0xDA: "H", 0xDB: "I", 0xDC: "H", 0xDD: "I", 0xDE: "H", 0xDF: "I"}


def read_size(data, position, tag, small, is_small):
    if is_small:
        return small, position
    code = struct.Struct(">" + SIZED[tag])
    return code.unpack_from(data, position)[0], position + code.size


def payloads(data):
    """Whole, undamaged payloads; says on stderr where reading stopped early."""
    position = 64
    while position + 8 <= len(data):
        size, crc = struct.unpack_from("<II", data, position)
        payload = data[position + 8 : position + 8 + size]
        if len(payload) < size and 0 < size <= 64 << 20:
            print(f"the file ends inside the record at byte {position}", file=sys.stderr)
            return
        if size == 0 or size > 64 << 20 or crc32c(payload) != crc:
            print(f"damage at byte {position}; the rest of this segment is not read", file=sys.stderr)
            return
        yield payload
        position += 8 + size


def entries(data):
    """Entries of one segment: ("row", step, time, {key: value}), ("vector", step, time, family, {name: value}),
    ("event", kind, {...})."""
    if data[:8] != MAGIC or len(data) < 64:
        raise SystemExit("not a Belvedere run log")
    version = struct.unpack_from("<H", data, 8)[0]
    if version != 1:
        raise SystemExit(f"format version {version}; this reader knows version 1")
    schemas, families, step, time_us = {}, {}, 0, 0
    for payload in payloads(data):
        form = payload[0]
        if form in (1, 4):
            number = struct.unpack_from("<H", payload, 1)[0]
            (schemas if form == 1 else families)[number] = unpack_messagepack(payload, 3)[0]
        elif form == 3:
            number, step_gap, gap_us = struct.unpack_from("<BbI", payload, 1)
            step, time_us = step + step_gap, time_us + gap_us
            yield "row", step, time_us / 1e6, row(payload, 7, schemas[number])
        elif form == 2:
            number, step, time_us = struct.unpack_from("<Hqq", payload, 1)
            yield "row", step, time_us / 1e6, row(payload, 19, schemas[number])
        elif form == 7:
            step, time_us = struct.unpack_from("<qq", payload, 1)
            yield "row", step, time_us / 1e6, unpack_messagepack(payload, 17)[0]
        elif form == 5:
            number, step, time_us = struct.unpack_from("<Hqq", payload, 1)
            family = families[number]
            code = "f" if family["dtype"] == "<f4" else "d"
            values = struct.unpack_from(f"<{len(family['names'])}{code}", payload, 19)
            yield "vector", step, time_us / 1e6, family["family"], dict(zip(family["names"], values))
        elif form == 6:
            kind, fields = unpack_messagepack(payload, 1)[0]
            yield "event", kind, fields


def row(payload, start, schema):
    code = struct.Struct("<" + "".join(PACKED[kind] for kind in schema["kinds"] if kind != "o"))
    numbers = iter(code.unpack_from(payload, start))
    others = iter(unpack_messagepack(payload, start + code.size)[0] if "o" in schema["kinds"] else ())
    return {key: next(others if kind == "o" else numbers) for key, kind in zip(schema["keys"], schema["kinds"])}


def segments(path):
    path = Path(path)
    return sorted(path.rglob("*.rlog")) if path.is_dir() else [path]


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return
    key = arguments[arguments.index("--csv") + 1] if "--csv" in arguments else None
    paths = arguments[: arguments.index("--csv")] if key else arguments
    if key:
        print("step,time,value")
    for segment in (segment for path in paths for segment in segments(path)):
        for entry in entries(segment.read_bytes()):
            if key is None:
                print(json.dumps(entry, ensure_ascii=False))
            elif entry[0] == "row" and key in entry[3]:
                print(f"{entry[1]},{entry[2]!r},{entry[3][key]!r}")


if __name__ == "__main__":
    main(sys.argv[1:])
