"""Records of a `.wandb` file, by the field numbers of W&B's messages: what each says, as plain values.

A record holds its number (1), an id (19), control (16) and one message of the kinds below. A value is a path of keys
(`nested_key`, 2, or `key`, 1) with its JSON text (`value_json`, 16); newer clients may also write a typed value (3 to
8). Raises UsageError for a message that ends too early.
"""

import struct
from collections.abc import Callable, Iterator
from typing import TypeVar

from belvedere.core.entries import Stored
from belvedere.core.errors import UnknownFormat, UsageError
from belvedere.importers.protobuf import BYTES, fields, varint
from belvedere.importers.wandb.jsons import loads
from belvedere.importers.wandb.protobuf import Value, double, message_of, signed, text, zigzag
from belvedere.importers.wandb.rows import place

HISTORY, SUMMARY, CONFIG, FILES, STATS, ARTIFACT = 2, 3, 5, 6, 7, 8
ALERT, METRIC, OUTPUT_RAW, OUTPUT, RUN, EXIT, ENVIRONMENT = 10, 12, 13, 4, 17, 18, 26
PREEMPTING = 23
KINDS = frozenset((
    HISTORY, SUMMARY, CONFIG, FILES, STATS, ARTIFACT, ALERT, METRIC, OUTPUT_RAW, OUTPUT, RUN, EXIT, ENVIRONMENT,
    PREEMPTING,
))  # fmt: skip
ITEM, STEP = 1, 2  # of a history message
UPDATE, REMOVE = 1, 2
KEY, NESTED_KEY, NONE, BOOLEAN, INTEGER, DOUBLE, TEXT, JSON, VALUE_JSON = 1, 2, 3, 4, 5, 6, 7, 8, 16
NUMBER_TAG, SHORT_MAX = 0x08, 0x7F  # a byte beyond that is not the last one of a varint
COMMON = frozenset((HISTORY << 3 | BYTES, SUMMARY << 3 | BYTES))

KeyPath = list[str]
Told = TypeVar("Told")
Found = TypeVar("Found")
Item = tuple[KeyPath, Stored]


def record_number(record: bytes) -> int:
    """The number that the client gave a record, counting from 1; 0 when it has none."""
    if len(record) < 2 or record[0] != NUMBER_TAG:
        return 0
    number = record[1]
    if number > SHORT_MAX:
        try:
            number, _ = varint(record, 1)
        except UnknownFormat as error:
            raise _too_short(error) from error
    return number


def record_kind(record: bytes) -> tuple[int, bytes]:
    """Which message a record holds, and its bytes; (0, b"") when none that is read here. UsageError for one that was
    put together from the parts of several: its sizes do not fit."""
    try:
        at = 1  # behind the tag of the record's number, a varint
        while record[at] > SHORT_MAX:
            at += 1
        tag, low, high = record[at + 1], record[at + 2], record[at + 3]
    except IndexError:
        return _any_kind(record)
    if record[0] == NUMBER_TAG and tag in COMMON:
        body = record[at + 3 :] if low <= SHORT_MAX else record[at + 4 :]
        if len(body) == (low if low <= SHORT_MAX else low - 0x80 + (high << 7)):
            return tag >> 3, body
    return _any_kind(record)


def _any_kind(record: bytes) -> tuple[int, bytes]:
    found = 0, b""
    for number, message in _fields(record):
        if number in KINDS and isinstance(message, bytes):
            found = number, message
    return found


def history_values(message: bytes) -> dict[str, Stored]:
    """A history message as the row that was logged: nested as it was, with `_step`, `_runtime` and `_timestamp`."""
    row: dict[str, Stored] = {}
    for number, found in _fields(message):
        if number == ITEM and isinstance(found, bytes):
            path, value = item_of(found)
            place(row, path, value)
        elif number == STEP and isinstance(found, bytes):  # in case `_step` is no item
            row.setdefault("_step", signed(whole(message_of, found).get(1, [0])[-1]))
    return row


def items(message: bytes, number: int = UPDATE) -> list[Item]:
    """The items of a summary, configuration or stats message."""
    return [item_of(value) for field, value in _fields(message) if field == number and isinstance(value, bytes)]


def item_of(message: bytes) -> Item:
    """Path and value of one item."""
    path: KeyPath = []
    key, value = "", None
    for number, found in _fields(message):
        if number == NESTED_KEY:
            path.append(text(found))
        elif number == KEY:
            key = text(found)
        else:
            value = _value(number, found)
    return path or [key], value


def _value(number: int, found: Value) -> Stored:
    if number in (VALUE_JSON, JSON):
        return _json(text(found))
    if number == BOOLEAN:
        return bool(found)
    if number == INTEGER:
        return zigzag(found)
    if number == DOUBLE:
        return whole(double, found)
    return text(found) if number == TEXT else None


def _json(told: str) -> Stored:
    try:
        return loads(told)
    except UsageError:  # nothing is thrown away
        return told


def whole(read: Callable[[Told], Found], message: Told) -> Found:
    """What `read` makes of a message; UsageError when the message ends too early."""
    try:
        return read(message)
    except (UnknownFormat, IndexError, struct.error) as error:
        raise _too_short(error) from error


def _fields(message: bytes) -> Iterator[tuple[int, Value]]:
    try:
        yield from fields(message)
    except (UnknownFormat, IndexError, struct.error) as error:
        raise _too_short(error) from error


def _too_short(error: Exception) -> UsageError:
    return UsageError(f"a record ends in the middle of a message ({error}); it was passed over")
