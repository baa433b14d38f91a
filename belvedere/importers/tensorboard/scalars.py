"""The scalars of very many records at once.

Records of one tag differ in their time, step and value only, so that numpy cuts these out of thousands of records
together. Only what looks exactly like a record of one scalar goes this way; `rest` is left to `events.decoded`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.importers.tensorboard import events, protobuf
from belvedere.importers.tensorboard.framing import gathered

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

TIME_KEY, STEP_KEY, SUMMARY_KEY, VALUE_KEY, TAG_KEY, SIMPLE_KEY = 0x09, 0x10, 0x2A, 0x0A, 0x0A, 0x15
STEP_BYTES_MAX = 9  # a tenth byte makes a step negative
SCALARS = b"scalars"
FLOAT_TYPE = 1
SIMPLE_BYTES = 5  # SIMPLE_KEY and a float
PADDING = bytes(32)  # looking at a few bytes behind the last record then needs no test


@dataclass(frozen=True, eq=False)
class ScalarBlock:
    """Scalars of one tag in the order of the file. steps, times_us (n,) int64 · values (n,) float64."""

    tag: str
    steps: Ints
    times_us: Ints
    values: NDArray[np.float64]


def scalar_blocks(data: bytes, starts: Ints, sizes: Ints) -> tuple[list[ScalarBlock], Ints]:
    """The scalars among the records at starts (n,) with sizes (n,), by tag; and which records (m,) are something
    else."""
    if not len(starts):
        return [], np.zeros(0, np.int64)
    padded = np.frombuffer(data + PADDING, np.uint8)
    layout = _layout(padded, starts, starts + sizes)
    taken = np.flatnonzero(layout.is_regular)
    ids, names = _tags(data, layout, taken)
    values, is_scalar = _values(data, padded, layout, taken, ids, len(names))
    taken, ids, values = taken[is_scalar], ids[is_scalar], values[is_scalar]
    is_rest = np.ones(len(starts), np.bool_)
    is_rest[taken] = False
    seconds = gathered(padded, starts[taken] + 1, 8).view("<f8")[:, 0]
    is_time = (seconds >= 0) & (seconds < events.TIME_US_MAX / 1e6)
    times_us = np.rint(np.where(is_time, seconds, 0) * 1e6).astype(np.int64)
    steps = layout.steps[taken]
    order = np.argsort(ids, kind="stable")
    bounds = np.flatnonzero(np.diff(ids[order])) + 1
    blocks = [
        ScalarBlock(names[ids[part[0]]], steps[part], times_us[part], values[part])
        for part in np.split(order, bounds)
        if len(part)
    ]
    return blocks, np.flatnonzero(is_rest)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the parts of each record (n,) lie: its summary begins at `summary`, the tag reaches from `tag` to
    `tag_end`, the record ends at `end`."""

    is_regular: Bools
    steps: Ints
    summary: Ints
    tag: Ints
    tag_end: Ints
    end: Ints


def _layout(data: Bytes, starts: Ints, ends: Ints) -> _Layout:
    """Every record as if it were: time, step, one value that begins with its tag."""
    has_step = data[starts + 9] == STEP_KEY  # step 0 is not written
    steps, behind_step, is_number = _varints(data, starts + 10, has_step, STEP_BYTES_MAX)
    summary = np.where(has_step, behind_step, starts + 9)
    is_regular = (ends - starts >= 16) & (data[starts] == TIME_KEY) & is_number & (summary < ends)
    summary = np.minimum(summary, ends)
    all_of_them = np.ones(len(starts), np.bool_)
    size, position, is_size = _varints(data, summary + 1, all_of_them, 3)
    is_regular &= (data[summary] == SUMMARY_KEY) & is_size & (position + size == ends)
    position = np.minimum(position, ends)
    is_regular &= data[position] == VALUE_KEY
    size, position, is_size = _varints(data, position + 1, all_of_them, 3)
    is_regular &= is_size & (position + size == ends)
    position = np.minimum(position, ends)
    is_regular &= data[position] == TAG_KEY
    size, tag, is_size = _varints(data, position + 1, all_of_them, 2)
    tag_end = tag + size
    is_regular &= is_size & (tag_end + SIMPLE_BYTES <= ends)
    return _Layout(is_regular, np.where(has_step, steps, 0), summary, tag, tag_end, ends)


def _varints(data: Bytes, starts: Ints, chosen: Bools, bytes_max: int) -> tuple[Ints, Ints, Bools]:
    """The numbers (n,) at `starts`, the positions behind them, and whether each ends within `bytes_max` bytes."""
    values, position = np.zeros(len(starts), np.int64), starts.copy()
    going = chosen.copy()
    for place in range(bytes_max):
        byte = data[np.minimum(starts + place, len(data) - 1)].astype(np.int64)
        values += np.where(going, (byte & 0x7F) << (7 * place), 0)
        position += going
        going &= byte >= 0x80
        if not going.any():
            break
    return values, position, ~going


def _tags(data: bytes, layout: _Layout, taken: Ints) -> tuple[Ints, list[str]]:
    """A number for each record (m,), the same for the same tag; and the tags by number."""
    starts, ends = layout.tag[taken].tolist(), layout.tag_end[taken].tolist()
    texts = list(map(data.__getitem__, map(slice, starts, ends)))
    numbers: dict[bytes, int] = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    ids = np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))
    return ids, [text.decode("utf-8", "replace") for text in numbers]


def _values(
    data: bytes, padded: Bytes, layout: _Layout, taken: Ints, ids: Ints, tag_count: int
) -> tuple[NDArray[np.float64], Bools]:  # fmt: skip
    """The value (m,) of each taken record, and whether it is a scalar at all."""
    behind_tag, ends = layout.tag_end[taken], layout.end[taken]
    is_scalar = (padded[behind_tag] == SIMPLE_KEY) & (ends - behind_tag == SIMPLE_BYTES)
    at = np.where(is_scalar, behind_tag + 1, 0)
    # Scalars as tensors: all records of a tag and size hold the same bytes around their four of the value.
    sizes = ends - behind_tag
    others = np.flatnonzero(~is_scalar & (sizes < 1 << 12))
    kinds = sizes[others] * tag_count + ids[others]
    order = others[np.argsort(kinds, kind="stable")]
    bounds = np.flatnonzero(np.diff(sizes[order] * tag_count + ids[order])) + 1
    for alike in np.split(order, bounds) if len(order) else ():
        first = int(taken[alike[0]])
        place = _tensor_place(data[int(layout.summary[first]) : int(layout.end[first])], int(sizes[alike[0]]))
        if place < 0:
            continue
        table = gathered(padded, behind_tag[alike], int(sizes[alike[0]]))
        same = table == table[0]
        same[:, place : place + 4] = True
        fits = alike[same.all(axis=1)]
        is_scalar[fits] = True
        at[fits] = behind_tag[fits] + place
    return gathered(padded, at, 4).view("<f4")[:, 0].astype(np.float64), is_scalar


def _tensor_place(summary: bytes, size: int) -> int:
    """Where, in the last `size` bytes of a summary, the float32 of its one scalar tensor lies; -1 when it is something
    else."""
    whole = (0, len(summary))
    value = protobuf.span(summary, protobuf.span(summary, whole, events.SUMMARY), 1)
    plugin = protobuf.span(summary, value, events.METADATA, 1, 1)
    tensor = protobuf.span(summary, value, events.TENSOR)
    kind = protobuf.parsed(summary[slice(*tensor)]).get(1)
    if summary[slice(*plugin)] != SCALARS or kind != [FLOAT_TYPE]:
        return -1
    for number in (4, 5):  # tensor_content, float_val
        start, end = protobuf.span(summary, tensor, number)
        if end - start == 4:
            return start - (len(summary) - size)
    return -1
