"""Segment header and record framing; the bytes are described in FORMAT.md.

A segment is a 64-byte header and then records: u32 length | u32 CRC-32C of the payload | payload. A record that the
file ends inside of is "not yet", never an error; a record whose checksum is wrong is damage, and reading stops in
front of it.
"""

import struct
from dataclasses import dataclass
from hashlib import blake2b

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UnknownFormat

MAGIC = b"\x89BVLOG\r\n"  # a text-mode copy breaks it at once, as in PNG
FORMAT_VERSION = 1
CHECKSUM_CRC32C = 1
HEADER = struct.Struct("<8sHBBIIqq16s8sI")
HEADER_BYTES = 64
FRAME = struct.Struct("<II")
FRAME_BYTES = 8
RECORD_BYTES_MAX = 64 << 20
ALIKE = 16  # records of one size in a row before the next ones are looked at as an array

crc32c = google_crc32c.value


@dataclass(frozen=True)
class SegmentHeader:
    """wall_ns and monotonic_ns were read together: an entry's time is wall + (its monotonic - monotonic_ns)."""

    rank: int
    segment: int
    wall_ns: int
    monotonic_ns: int
    run_digest: bytes  # 16 bytes: blake2b of "project/run id"
    writer_digest: bytes  # 8 bytes: blake2b of the writer id
    version: int = FORMAT_VERSION


def run_digest(project: str, run_id: str) -> bytes:
    """16 bytes that tie a segment to its run even when its folder was moved."""
    return blake2b(f"{project}/{run_id}".encode(), digest_size=16).digest()


def writer_digest(writer_id: str) -> bytes:
    """8 bytes that tie the segments of one process start together."""
    return blake2b(writer_id.encode(), digest_size=8).digest()


def pack_header(header: SegmentHeader) -> bytes:
    """The 64 bytes a segment begins with."""
    head = HEADER.pack(
        MAGIC, header.version, CHECKSUM_CRC32C, 0, header.rank, header.segment,
        header.wall_ns, header.monotonic_ns, header.run_digest, header.writer_digest, 0,
    )  # fmt: skip
    crc: int = crc32c(head[:-4])
    return head[:-4] + crc.to_bytes(4, "little")


def unpack_header(data: bytes, *, path: str) -> SegmentHeader:
    """The header of a segment; UnknownFormat when the file is not ours, damaged there, or of a newer Belvedere."""
    if len(data) < HEADER_BYTES or data[:8] != MAGIC:
        raise UnknownFormat(f"not a Belvedere log (first bytes {data[:8]!r}); move it out of the run folder: {path}")
    fields = HEADER.unpack_from(data)
    version, checksum, rank, segment, wall_ns, monotonic_ns, run, writer, crc = (fields[1], fields[2], *fields[4:])
    if version > FORMAT_VERSION or checksum != CHECKSUM_CRC32C:
        raise UnknownFormat(
            f"log format version {version}, checksum kind {checksum}; this Belvedere reads version {FORMAT_VERSION}: "
            f"install a newer one to read {path}"
        )
    if crc32c(data[: HEADER_BYTES - 4]) != crc:
        raise UnknownFormat(f"the header's checksum is wrong; the rest of the file is not read: {path}")
    return SegmentHeader(rank, segment, wall_ns, monotonic_ns, run, writer, version)


def frame(payload: bytes) -> bytes:
    """One record, ready to be appended."""
    return FRAME.pack(len(payload), crc32c(payload)) + payload


def joined_frame(head: bytes, body: bytes) -> bytes:
    """One record whose payload is `head + body`, without making that first."""
    crc = google_crc32c.extend(crc32c(head), body)
    return b"".join((FRAME.pack(len(head) + len(body), crc), head, body))


@dataclass(frozen=True)
class Scan:
    """Whole records found in a stretch of bytes. `used` is where the next record begins; `trouble` says why reading
    stopped there although bytes follow ("" when the stretch simply ends inside a record or at its end). `runs` maps
    the index of a payload to how many from there on have its size, wherever that was found out in one go."""

    payloads: list[bytes]
    used: int
    runs: dict[int, int]
    trouble: str = ""


def scan(data: bytes, start: int = 0) -> Scan:
    """All whole, undamaged records of `data` from `start` on."""
    payloads: list[bytes] = []
    runs: dict[int, int] = {}
    position, end, unpack, check = start, len(data), FRAME.unpack_from, crc32c
    last_size = alike = 0
    while position + FRAME_BYTES <= end:
        size, crc = unpack(data, position)
        if size == 0 or size > RECORD_BYTES_MAX:
            return Scan(payloads, position, runs, f"a record of {size} bytes")
        stop = position + FRAME_BYTES + size
        if stop > end:
            break
        payload = data[position + FRAME_BYTES : stop]
        if check(payload) != crc:
            return Scan(payloads, position, runs, "a wrong checksum")
        payloads.append(payload)
        position = stop
        alike = alike + 1 if size == last_size else 0
        last_size = size
        if alike == ALIKE:
            alike = 0
            found = _alike(data, position, size)
            if found:
                runs[len(payloads)] = len(found)
                payloads += found
                position += len(found) * (FRAME_BYTES + size)
    return Scan(payloads, position, runs)


def _alike(data: bytes, position: int, size: int) -> list[bytes]:
    """The payloads of the next records of this very size, checked; training loops write thousands in a row."""
    record = np.dtype([("size", "<u4"), ("crc", "<u4"), ("payload", f"V{size}")])
    most = (len(data) - position) // record.itemsize
    if most < ALIKE:
        return []
    table = np.frombuffer(data, record, most, position)
    count = _prefix_length(table["size"] == size)
    payloads: list[bytes] = table["payload"][:count].tolist()
    checked = np.fromiter(map(crc32c, payloads), np.uint32, count)
    return payloads[: _prefix_length(checked == table["crc"][:count])]


def _prefix_length(holds: NDArray[np.bool_]) -> int:
    """How many elements hold before the first that does not."""
    return len(holds) if holds.all() else int(np.argmin(holds))
