"""Manifests: which column files cover which stretch of which log. Each is whole in itself; the newest valid one counts.

A manifest is one log record: u32 length | u32 CRC-32C | MessagePack. It is created exclusively, so that of two
compactors one loses; a torn one is passed over.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from belvedere.runlog.frame import frame, scan
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import Cursor
from belvedere.store.journal import Journal

VERSION = 1


@dataclass
class Covered:
    """How far one writer's segments are in columns, and what its events up to there add up to."""

    cursors: dict[int, Cursor] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)


@dataclass
class Generation:
    """One column file."""

    name: str
    size_bytes: int
    points: int


@dataclass
class Manifest:
    """Column files, oldest first, and what they cover."""

    number: int = 0
    version: int = VERSION
    generations: list[Generation] = field(default_factory=list)
    writers: dict[str, Covered] = field(default_factory=dict)


def newest(folder: RunFolder) -> Manifest | None:
    """The newest valid manifest; a torn one, or one of a newer version, is passed over."""
    for number in folder.manifests():
        found = read(folder.manifest(number))
        if found is not None:
            return found
    return None


def read(path: Path) -> Manifest | None:
    """The manifest in a file; None when it is not whole or not ours."""
    try:
        found = scan(path.read_bytes())
        manifest = msgspec.msgpack.decode(found.payloads[0], type=Manifest, strict=False) if found.payloads else None
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    return manifest if manifest is not None and manifest.version <= VERSION else None


def create(folder: RunFolder, manifest: Manifest) -> bool:
    """Writes a manifest under its number; False when another compactor was quicker."""
    path = folder.manifest(manifest.number)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        return False
    try:
        record = frame(msgspec.msgpack.encode(manifest))
        with os.fdopen(fd, "wb") as target:
            target.write(record)
            target.flush()
            os.fsync(target.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    sync_folder(folder.path)
    return True


def sync_folder(path: Path) -> None:
    """Makes names in a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
