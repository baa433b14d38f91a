"""The hyper-parameters plug-in: what a session began with, and how it ended.

Its messages stand in the metadata of values without content: 2 experiment · 3 session start (1 hparams, a map of text
to a value; 4 group name; 5 seconds) · 4 session end (1 status; 2 seconds). A value: 1 null · 2 number · 3 text ·
4 truth · 5 mapping · 6 list.
"""

from dataclasses import dataclass

from belvedere.core.entries import Stored
from belvedere.importers.tensorboard import protobuf
from belvedere.importers.tensorboard.protobuf import Message

EXPERIMENT, SESSION_START, SESSION_END = 2, 3, 4
STATES = {1: "finished", 2: "failed"}  # by the status of the session end
NESTING_MAX = 16


@dataclass(frozen=True)
class Session:
    """`config` of a session that starts; `state` of one that ended, "" of one that did not."""

    config: dict[str, Stored]
    state: str = ""


def session(content: bytes) -> Session:
    """What the plug-in's message says; an experiment says nothing of one run."""
    found = protobuf.parsed(content)
    start = protobuf.parsed(protobuf.blob(found, SESSION_START))
    end = protobuf.parsed(protobuf.blob(found, SESSION_END))
    config = _mapping(start, 1, 0)
    return Session(config, STATES.get(protobuf.whole(end, 1), ""))


def _mapping(message: Message, number: int, depth: int) -> dict[str, Stored]:
    entries = protobuf.messages(message, number)
    return {protobuf.text(entry, 1): _value(protobuf.parsed(protobuf.blob(entry, 2)), depth) for entry in entries}


def _value(message: Message, depth: int) -> Stored:
    if 2 in message:
        number = protobuf.double(message, 2)
        return int(number) if number.is_integer() and abs(number) < 1 << 53 else number
    if 3 in message:
        return protobuf.text(message, 3)
    if 4 in message:
        return bool(protobuf.whole(message, 4))
    if depth < NESTING_MAX and 5 in message:
        return _mapping(protobuf.parsed(protobuf.blob(message, 5)), 1, depth + 1)
    if depth < NESTING_MAX and 6 in message:
        items = protobuf.messages(protobuf.parsed(protobuf.blob(message, 6)), 1)
        return [_value(item, depth + 1) for item in items]
    return None
