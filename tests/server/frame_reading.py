"""A second, independent reader of binary frames, for tests and benchmarks."""

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Entry:
    """One series of a frame: what its header says, and its arrays."""

    facts: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def read_frame(frame: bytes) -> list[Entry]:
    """All series of a frame."""
    assert frame[:4] == b"BVS1"
    (header_bytes,) = struct.unpack_from("<I", frame, 4)
    assert (8 + header_bytes) % 8 == 0
    header = json.loads(frame[8 : 8 + header_bytes])
    return [_entry(facts, frame[8 + header_bytes :]) for facts in header["series"]]


def _entry(facts: dict[str, Any], data: bytes) -> Entry:
    arrays = {}
    width = len(facts.get("names", ())) or 1
    for name, (dtype, offset) in facts.get("arrays", {}).items():
        assert offset % 8 == 0
        count = facts["n"] * (width if name == "values" else 1)
        arrays[name] = np.frombuffer(data, f"<{dtype}", count, offset)
    return Entry(facts, arrays)
