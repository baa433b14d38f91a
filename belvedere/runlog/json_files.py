"""Small facts on disk: one JSON file each, replaced whole, so that a reader finds the old text or the new one."""

import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from belvedere.core.errors import DamagedLog, UsageError

Fact = TypeVar("Fact")
log = logging.getLogger(__name__)


def write(path: Path, fact: object) -> None:
    """Put a dataclass in the place of what is there. What is written survives the process being killed. UsageError for
    text that no file can hold."""
    try:
        content = msgspec.json.format(msgspec.json.encode(fact), indent=1)
    except UnicodeEncodeError:
        raise UsageError("a text holds half of a surrogate pair, which is no character; send it without") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def read_all(folder: Path, kind: type[Fact]) -> Iterator[Fact]:
    """The facts of a folder, oldest name first. A damaged file is passed over and said once."""
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("[0-9a-z]*.json")):
        try:
            yield msgspec.json.decode(path.read_bytes(), type=kind)
        except (msgspec.DecodeError, OSError) as error:
            log.warning("passed over %s: %s; delete the file when nobody misses it", path.name, error)


def read(path: Path, kind: type[Fact]) -> Fact:
    """One fact; DamagedLog when the file does not hold one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise DamagedLog(f"{path.name} cannot be read ({error}); restore the file, or delete it") from None
