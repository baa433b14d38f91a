"""The framing of a `.wandb` file: a header, then blocks of 32 KiB, in which records lie in chunks with a checksum.

Header, 7 bytes: ":W&B", 0xBEE1 (u16, little endian), version 0. Chunk: CRC-32 (u32) over the type byte and the content,
size of the content (u16), type (u8: 1 whole, 2 first, 3 middle, 4 last), content. No chunk reaches over the end of a
block; fewer than 7 bytes at its end are padding. The file only grows, so a chunk that is not whole yet will be.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from belvedere.core.errors import UnknownFormat

HEADER = struct.Struct("<4sHB")
MAGIC, MARK, VERSION = b":W&B", 0xBEE1, 0
BLOCK_BYTES = 32768
CHUNK_HEAD = struct.Struct("<IHB")  # CRC-32, size, type
HEAD_BYTES, TYPE_AT = 7, 6  # the checksum begins with the type
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
WHOLE_BEGINS = bytes((WHOLE, 0x08))  # the type, and the tag of a record's number, with which all records begin
READ_BYTES = 128 * BLOCK_BYTES
RECORD_BYTES_MAX = 64 << 20


@dataclass(frozen=True)
class Stretch:
    """What a stretch of a file holds. `start`, `end`: where it begins and where to read on · `troubles`: a sentence for
    each damage, with its place · `is_whole`: nothing lies behind `end`."""

    records: list[bytes]
    start: int
    end: int
    troubles: list[str]
    is_whole: bool


def check_header(file: BinaryIO) -> bool:
    """Whether a W&B log begins here; False when there are too few bytes to tell yet. UnknownFormat for another file."""
    start = file.read(HEADER.size)
    if not MAGIC.startswith(start[: len(MAGIC)]):
        raise UnknownFormat("this is no W&B log: it does not begin with ':W&B'; pass a .wandb file or its folder")
    if len(start) < HEADER.size:
        return False
    _, mark, version = HEADER.unpack(start)
    if mark != MARK or version != VERSION:
        raise UnknownFormat(f"a W&B log of version {version} (mark {mark:#x}), which cannot be read; update Belvedere")
    return True


def read_stretch(path: Path, start: int, size_bytes: int = READ_BYTES) -> Stretch:
    """Whole records from byte `start` (0, or an `end` before) on: some `size_bytes` of them, more where one is longer.

    Raises UnknownFormat for another file, OSError for one that cannot be read."""
    with path.open("rb") as file:
        if start < HEADER.size:
            start = HEADER.size
            if not check_header(file):
                return Stretch([], 0, 0, [], is_whole=True)
        file.seek(start)
        while True:
            content = file.read(size_bytes)
            found = _Chunks(content, start).read()
            is_end = len(content) < size_bytes
            if found.records or found.end > start or is_end or size_bytes > RECORD_BYTES_MAX:
                is_whole = is_end and found.end == start + len(content)
                return Stretch(found.records, start, found.end, found.troubles, is_whole)
            file.seek(start)
            size_bytes *= 4  # one record that is longer than the stretch


class _Chunks:
    """The chunks of `content`, which lies at byte `start` of the file."""

    def __init__(self, content: bytes, start: int) -> None:
        self._content, self._start = content, start
        self.records: list[bytes] = []
        self._damages: list[tuple[int, int]] = []  # from byte, to byte
        self.end = start  # behind the last whole record, or damage
        self._parts: list[bytes] = []

    @property
    def troubles(self) -> list[str]:
        """A sentence for each damage; blocks beside each other are one."""
        return [f"bytes {start} to {end} are damaged and were passed over" for start, end in self._damages]

    def read(self) -> "_Chunks":
        content, start, records = self._content, self._start, self.records
        unpack, crc32, size = CHUNK_HEAD.unpack_from, zlib.crc32, len(content)
        at, block_end = 0, BLOCK_BYTES - start % BLOCK_BYTES
        while True:
            body = at + HEAD_BYTES
            if body > block_end:
                at, block_end = block_end, block_end + BLOCK_BYTES
                body = at + HEAD_BYTES
            if body > size:
                return self
            crc, length, kind = unpack(content, at)
            stop = body + length
            if size < stop <= block_end:
                return self  # not all here yet
            if stop > block_end or crc32(content[at + TYPE_AT : stop]) != crc:
                behind = _next_chunk(content, at + 1, min(block_end, size))
                if behind < 0 and block_end > size:
                    return self  # the last block: what comes may tell, and nothing lies behind it to go on with
                behind = block_end if behind < 0 else behind
                self._damaged(at, behind)
                at = behind
                continue
            if kind == WHOLE:
                records.append(content[body:stop])
                self.end = start + stop
                self._parts.clear()
            else:
                self._part(kind, content[body:stop], start + stop)
            at = stop

    def _part(self, kind: int, part: bytes, end: int) -> None:
        if kind == FIRST:
            self._parts = [part]
        elif self._parts and kind in (MIDDLE, LAST):
            self._parts.append(part)
            if kind == LAST:
                self.records.append(b"".join(self._parts))
                self._parts = []
        if not self._parts:
            self.end = end

    def _damaged(self, at: int, end: int) -> None:
        where, behind = self._start + at, self._start + end
        if self._damages and self._damages[-1][1] == where:
            where = self._damages.pop()[0]
        self._damages.append((where, behind))
        self._parts = []
        self.end = behind


def _next_chunk(content: bytes, at: int, end: int) -> int:
    """Where, from `at` on and in front of `end`, the next chunk begins that holds a whole record; -1 when none does."""
    while (found := content.find(WHOLE_BEGINS, at + TYPE_AT, end)) >= 0:
        at = found - TYPE_AT
        crc, length, _ = CHUNK_HEAD.unpack_from(content, at)
        stop = at + HEAD_BYTES + length
        if stop <= end and zlib.crc32(content[at + TYPE_AT : stop]) == crc:
            return at
        at += 1
    return -1
