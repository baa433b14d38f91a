"""Decodes the binary frames that a server sends: "BVS1" | u32 header bytes | header JSON | arrays, 8-byte aligned."""

import json
from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UnknownFormat

MAGIC = b"BVS1"
HEAD_BYTES = 8


def read_frame(frame: bytes) -> list[tuple[Mapping[str, object], dict[str, NDArray[np.generic]]]]:
    """Each entry of a frame: what its header says, and its arrays."""
    if frame[:4] != MAGIC:
        raise UnknownFormat(
            f"not a frame of series (first bytes {frame[:4]!r}); is this a Belvedere server of this version?"
        )
    size = int.from_bytes(frame[4:HEAD_BYTES], "little")
    header = json.loads(frame[HEAD_BYTES : HEAD_BYTES + size])
    data = memoryview(frame)[HEAD_BYTES + size :]
    return [(entry, _arrays(entry, data)) for entry in header["series"]]


def _arrays(entry: Mapping[str, object], data: memoryview) -> dict[str, NDArray[np.generic]]:
    places = cast(Mapping[str, tuple[str, int]], entry.get("arrays", {}))
    count = int(cast(int, entry.get("n", 0)))
    width = len(cast(list[str], entry.get("names", []))) if "names" in entry else 1
    return {
        name: np.frombuffer(data, f"<{dtype}", count * (width if name == "values" else 1), offset)
        for name, (dtype, offset) in places.items()
    }
