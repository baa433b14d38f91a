"""Sorts the payloads of one poll by schema and family, so that each kind can be viewed as arrays at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Event, Stored
from belvedere.core.errors import DamagedLog
from belvedere.core.series import Ints
from belvedere.runlog import codec
from belvedere.runlog.frame import Scan

_SHORT_FIELDS = [("type", "u1"), ("number", "u1"), ("step", "i1"), ("time", "<u4")]
_FULL_FIELDS = [("type", "u1"), ("number", "<u2"), ("step", "<i8"), ("time", "<i8")]
_MAPPED_FIELDS = [("type", "u1"), ("step", "<i8"), ("time", "<i8")]


@dataclass
class Group:
    """Timed payloads of one form: all begin with the packed record `dtype`, and end there when `is_fixed`.

    `positions` count among all payloads of the poll, `ranks` among its timed ones."""

    dtype: np.dtype[np.void]
    is_fixed: bool
    is_absolute: bool
    meaning: codec.Schema | codec.Family | None
    payloads: list[bytes] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)

    @cached_property
    def table(self) -> NDArray[np.void]:
        """(n,) packed records: the fixed parts of all payloads."""
        size = self.dtype.itemsize
        parts = self.payloads if self.is_fixed else [payload[:size] for payload in self.payloads]
        return np.frombuffer(b"".join(parts), self.dtype)

    def tails(self) -> Iterator[bytes]:
        """What follows the fixed part of each payload."""
        size = self.dtype.itemsize
        return (payload[size:] for payload in self.payloads)


@dataclass
class Sorted:
    """The payloads of a poll by kind. `count` of them made sense; `trouble` says why the next one did not."""

    groups: dict[tuple[int, int], Group] = field(default_factory=dict)
    events: list[tuple[int, Event]] = field(default_factory=list)
    definitions: list[int] = field(default_factory=list)
    timed: int = 0
    count: int = 0
    trouble: str = ""

    def clock(self, step: int, time_us: int) -> tuple[Ints, Ints]:
        """Steps and times (timed,) of all timed payloads, given the step and time in front of the first one."""
        steps, times = np.zeros(self.timed, np.int64), np.zeros(self.timed, np.int64)
        is_absolute = np.zeros(self.timed, np.bool_)
        for group in self.groups.values():
            steps[group.ranks], times[group.ranks] = group.table["step"], group.table["time"]
            is_absolute[group.ranks] = group.is_absolute
        return _accumulated(steps, is_absolute, step), _accumulated(times, is_absolute, time_us)


def sort_out(found: Scan, schemas: dict[int, codec.Schema], families: dict[int, codec.Family]) -> Sorted:
    """Payloads by kind; definitions met on the way are added to `schemas` and `families`."""
    out = Sorted()
    payloads, position = found.payloads, 0
    try:
        while position < len(payloads):
            payload = payloads[position]
            form = payload[0]
            number = _number(payload)
            if number is None:
                _read_other(out, position, payload, schemas, families)
                position += 1
                continue
            group = out.groups.get((form, number)) or _new_group(form, number, schemas, families)
            size, expected = len(payload), group.dtype.itemsize
            if size != expected and (group.is_fixed or size < expected):
                raise DamagedLog(f"{size} bytes where {expected} were expected")
            out.groups[form, number] = group
            alike = payloads[position : position + found.runs.get(position, 1)]
            count = len(alike) if len(alike) == 1 else _same_heads(alike, 2 if form == codec.SHORT else 3)
            group.payloads += alike[:count]
            group.positions += range(position, position + count)
            group.ranks += range(out.timed, out.timed + count)
            out.timed += count
            position += count
    except (KeyError, IndexError, TypeError, ValueError, msgspec.MsgspecError, DamagedLog) as error:
        out.trouble = f"a record that makes no sense ({error})"
    out.count = position
    return out


def _number(payload: bytes) -> int | None:
    """The schema or family of a timed payload; None for other kinds."""
    form = payload[0]
    if form == codec.SHORT:
        return payload[1]
    if form in (codec.ROW, codec.VECTOR):
        return payload[1] | payload[2] << 8
    return 0 if form == codec.MAPPED else None


def _same_heads(payloads: list[bytes], width: int) -> int:
    """How many of these equally long payloads begin with the same bytes as the first one."""
    table = np.frombuffer(b"".join(payloads), np.uint8).reshape(len(payloads), -1)[:, :width]
    same = (table == table[0]).all(axis=1)
    return len(payloads) if same.all() else int(np.argmin(same))


def columns(group: Group, schema: codec.Schema) -> tuple[NDArray[np.generic], ...]:
    """One (n,) array for each number of a row."""
    values = group.table["values"]
    return tuple(np.ascontiguousarray(values[name]) for name in schema.fixed_dtype.names or ())


def others(group: Group) -> tuple[list[Stored], ...]:
    """The values of each row that are not numbers; () for a schema without any."""
    return () if group.is_fixed else tuple(codec.decode_others(tail) for tail in group.tails())


def _new_group(form: int, number: int, schemas: dict[int, codec.Schema], families: dict[int, codec.Family]) -> Group:
    if form == codec.MAPPED:
        return Group(np.dtype(_MAPPED_FIELDS), False, True, None)
    if form == codec.VECTOR:
        family = families[number]
        packed = np.dtype([*_FULL_FIELDS, ("values", family.dtype, (len(family.names),))])
        return Group(packed, True, True, family)
    schema = schemas[number]
    fields = _SHORT_FIELDS if form == codec.SHORT else _FULL_FIELDS
    packed = np.dtype([*fields, ("values", schema.fixed_dtype)])
    return Group(packed, not schema.other_keys, form == codec.ROW, schema)


def _read_other(
    out: Sorted, position: int, payload: bytes, schemas: dict[int, codec.Schema], families: dict[int, codec.Family]
) -> None:
    """A definition or an event; a kind that a newer Belvedere added is passed over."""
    form = payload[0]
    if form == codec.SCHEMA:
        number, schema = codec.decode_schema(payload)
        schemas[number] = schema
        out.definitions.append(position)
    elif form == codec.FAMILY:
        number, family = codec.decode_family(payload)
        families[number] = family
        out.definitions.append(position)
    elif form == codec.EVENT:
        event = codec.decode_event(payload)
        if event is not None:
            out.events.append((position, event))


def _accumulated(parts: Ints, is_absolute: NDArray[np.bool_], before: int) -> Ints:
    """Absolute parts as they are, differences added to the last absolute one (or to `before`)."""
    differences = np.where(is_absolute, 0, parts)
    total = np.cumsum(differences)
    base = np.maximum.accumulate(np.where(is_absolute, np.arange(len(parts)), -1))
    start = np.where(base < 0, before, parts[base] - total[base])
    absolute: Ints = start + total
    return absolute
