"""The framing of event files: TFRecord.

    u64 length | u32 masked CRC-32C of those 8 bytes | the record | u32 masked CRC-32C of the record

Little-endian. A CRC is masked by turning it right by 15 bits and adding 0xa282ead8, so that a checksum of data which
hold checksums stays a good one. A record that the file ends inside of is "not yet".
"""

import struct
from dataclasses import dataclass

import google_crc32c
import numpy as np
from numpy.typing import NDArray

HEAD_BYTES = 12
TAIL_BYTES = 4
RECORD_BYTES_MAX = 1 << 30  # protobuf refuses messages of 2 GiB; longer is damage
SIZES_KNOWN_MAX = 1 << 16
MASK_DELTA = 0xA282EAD8

_crc = google_crc32c.value
_size_of = struct.Struct("<Q").unpack
_crc_of = struct.Struct("<I").unpack


@dataclass(frozen=True, eq=False)
class Records:
    """Records found in a stretch of bytes. starts, sizes (n,) int64: where each lies · `used`: where the next one
    begins, or would · `troubles`: (byte, what) for each record that was passed over or stopped the reading ·
    `is_stuck`: bytes follow that are no record."""

    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    used: int
    troubles: tuple[tuple[int, str], ...] = ()
    is_stuck: bool = False


class Framer:
    """Finds records; remembers the heads of sizes it has seen, since few sizes make up a file."""

    def __init__(self) -> None:
        self._sizes: dict[bytes, int] = {}

    def records(self, data: bytes) -> Records:
        """All whole records of `data`, which begins with one. A record whose checksum is wrong is passed over."""
        starts, sizes, troubles, position, is_stuck = self._walk(data)
        whole_starts, whole_sizes = np.array(starts, np.int64), np.array(sizes, np.int64)
        if not starts:
            return Records(whole_starts, whole_sizes, position, tuple(troubles), is_stuck)
        is_right = _is_right(data, whole_starts, whole_sizes)
        if not is_right.all():
            wrong = whole_starts[~is_right] - HEAD_BYTES
            troubles += [(int(at), "a record with a wrong checksum was passed over") for at in wrong]
        return Records(whole_starts[is_right], whole_sizes[is_right], position, tuple(sorted(troubles)), is_stuck)

    def _walk(self, data: bytes) -> tuple[list[int], list[int], list[tuple[int, str]], int, bool]:
        starts: list[int] = []
        sizes: list[int] = []
        troubles: list[tuple[int, str]] = []
        known, position, end = self._sizes, 0, len(data)
        while position + HEAD_BYTES <= end:
            size = known.get(data[position : position + HEAD_BYTES])
            if size is None:
                size = self._new_size(data, position)
                if size < 0:
                    found = self._next_head(data, position + 1)
                    what = "bytes that are no record" + (" were passed over" if found >= 0 else "")
                    troubles.append((position, what))
                    if found < 0:
                        return starts, sizes, troubles, position, True
                    position = found
                    continue
            start = position + HEAD_BYTES
            after = start + size + TAIL_BYTES
            if after > end:
                break
            starts.append(start)
            sizes.append(size)
            position = after
        return starts, sizes, troubles, position, False

    def _new_size(self, data: bytes, position: int) -> int:
        """The size that a head tells; -1 when its checksum is wrong or no record is that long."""
        head = data[position : position + HEAD_BYTES]
        size = int(_size_of(head[:8])[0])
        if size > RECORD_BYTES_MAX or _crc_of(head[8:])[0] != masked_crc(head[:8]):
            return -1
        if len(self._sizes) < SIZES_KNOWN_MAX:
            self._sizes[head] = size
        return size

    def _next_head(self, data: bytes, position: int) -> int:
        """Where the next head with a right checksum begins; -1 when there is none."""
        count = len(data) - HEAD_BYTES + 1 - position
        if count <= 0:
            return -1
        # A cheap look at all places at once: the upper half of any real length is 0, and no checksum of one is 0,
        # which leaves little to do in the zeros that a power cut leaves behind.
        is_zero = np.frombuffer(data, np.uint8)[position:] == 0
        is_likely = ~(is_zero[8 : count + 8] & is_zero[9 : count + 9] & is_zero[10 : count + 10] & is_zero[11:])
        for place in range(4, 8):
            is_likely &= is_zero[place : count + place]
        for at in (np.flatnonzero(is_likely) + position).tolist():
            if self._new_size(data, at) >= 0:
                return int(at)
        return -1


def masked_crc(data: bytes) -> int:
    """The masked CRC-32C of some bytes."""
    crc: int = _crc(data)
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF


def _is_right(data: bytes, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n,) whether each record has its checksum."""
    ends = starts + sizes
    bounds = zip(starts.tolist(), ends.tolist(), strict=True)
    crcs = np.fromiter((_crc(data[start:end]) for start, end in bounds), np.uint32, len(starts))
    expected = ((crcs >> np.uint32(15)) | (crcs << np.uint32(17))) + np.uint32(MASK_DELTA)
    told = gathered(np.frombuffer(data, np.uint8), ends, 4).view("<u4")[:, 0]
    found: NDArray[np.bool_] = told == expected
    return found


def gathered(data: NDArray[np.uint8], starts: NDArray[np.int64], count: int) -> NDArray[np.uint8]:
    """(n, count) bytes: `count` of them from each start on."""
    found: NDArray[np.uint8] = data[starts[:, None] + np.arange(count)]
    return found
