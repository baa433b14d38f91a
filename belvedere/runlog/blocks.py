"""Many rows of floats with the same keys as log records, made at once: what brings foreign logs in by the million."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from belvedere.core.series import Ints
from belvedere.runlog import codec
from belvedere.runlog.frame import crc32c

_SHORT = (("type", "u1"), ("number", "u1"), ("step", "i1"), ("time", "<u4"))
_FULL = (("type", "u1"), ("number", "<u2"), ("step", "<i8"), ("time", "<i8"))
Table = NDArray[np.void]
Fields = tuple[tuple[str, str], ...]


def encoded_rows(
    number: int, steps: Ints, times_us: Ints, values: NDArray[np.float64], last_step: int, last_us: int
) -> bytes:  # fmt: skip
    """Records of the rows (n, k) of schema `number` behind a record of `last_step` and `last_us`: short ones where
    they fit, full ones elsewhere."""
    step_gaps = _gaps(steps, last_step)
    # A first row far from the last one would overflow; it is a full one anyway.
    near = min(max(last_us, int(times_us[0]) - codec.SHORT_MICROSECONDS), int(times_us[0]) + 1)
    gaps_us = _gaps(times_us, near)
    is_short = (gaps_us >= 0) & (gaps_us < codec.SHORT_MICROSECONDS) & (step_gaps >= -128) & (step_gaps < 128)
    if number >= codec.SHORT_SCHEMAS:
        is_short[:] = False
    if is_short.all():
        return _table(_SHORT, codec.SHORT, number, step_gaps, gaps_us, values).tobytes()
    full = _table(_FULL, codec.ROW, number, steps[~is_short], times_us[~is_short], values[~is_short])
    if not is_short.any():
        return full.tobytes()
    short = _table(_SHORT, codec.SHORT, number, step_gaps[is_short], gaps_us[is_short], values[is_short])
    return _woven(is_short, short, full)


def _table(
    fields: Fields, kind: int, number: int, steps: Ints, times_us: Ints, values: NDArray[np.float64]
) -> Table:  # fmt: skip
    """(n,) whole records of one form, with their checksums."""
    payload, record = _dtypes(fields, values.shape[1])
    table = np.zeros(len(values), record)
    inner = table["payload"]
    table["size"] = payload.itemsize
    inner["type"], inner["number"], inner["step"], inner["time"] = kind, number, steps, times_us
    inner["values"] = values
    payloads = np.ascontiguousarray(inner).view(f"V{payload.itemsize}").tolist()
    table["crc"] = np.fromiter(map(crc32c, payloads), np.uint32, len(payloads))
    return table


@lru_cache(maxsize=64)
def _dtypes(fields: Fields, columns: int) -> tuple[np.dtype[np.void], np.dtype[np.void]]:
    """The payload of a form, and its whole record. Making them takes longer than many a block."""
    payload = np.dtype([*fields, ("values", "<f8", (columns,))])
    return payload, np.dtype([("size", "<u4"), ("crc", "<u4"), ("payload", payload)])


def _gaps(numbers: Ints, before: int) -> Ints:
    """The difference of each number (n,) from the one in front of it."""
    gaps = np.empty_like(numbers)
    gaps[0] = int(numbers[0]) - before if abs(int(numbers[0]) - before) < 1 << 62 else -(1 << 62)
    np.subtract(numbers[1:], numbers[:-1], out=gaps[1:])
    return gaps


def _woven(is_short: NDArray[np.bool_], short: Table, full: Table) -> bytes:
    """The records of both forms in the order of the rows."""
    changes = np.flatnonzero(np.diff(is_short)) + 1
    bounds = [0, *changes.tolist(), len(is_short)]
    parts, taken = [], {True: 0, False: 0}
    for start, end in pairwise(bounds):
        kind = bool(is_short[start])
        source, first = (short if kind else full), taken[kind]
        taken[kind] = first + end - start
        parts.append(source[first : first + end - start].tobytes())
    return b"".join(parts)
