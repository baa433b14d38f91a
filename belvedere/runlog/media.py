"""Large values, kept once by the hash of their content beside the log.

The content comes first, then the row that names it: a row never points at a file that is not there. Nothing waits for
the disk, which SIGKILL does not need; after a power loss a reader can tell a cut content by its hash.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from belvedere.core.errors import UsageError
from belvedere.runlog.layout import RunFolder

CHUNK_BYTES = 1 << 20
SUFFIX = re.compile(r"(\.[A-Za-z0-9]{1,12}){0,2}")


@dataclass(frozen=True)
class MediaRef:
    """A kept content: its SHA-256 in hexadecimal, its size and the suffix that tells its type."""

    sha256: str
    size_bytes: int
    suffix: str


def keep(folder: RunFolder, content: bytes | Path, suffix: str) -> MediaRef:
    """Copy bytes, or the file at a path, into the media folder unless the same content is there. Constant memory."""
    suffix = checked_suffix(suffix)
    folder.media.mkdir(parents=True, exist_ok=True)
    temporary = folder.media / f".{os.getpid()}-{secrets.token_hex(6)}.tmp"
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with temporary.open("wb") as target:
            for chunk in _chunks(content):
                digest.update(chunk)
                size_bytes += len(chunk)
                target.write(chunk)
        ref = MediaRef(digest.hexdigest(), size_bytes, suffix)
        final = folder.medium(ref.sha256, suffix)
        final.parent.mkdir(exist_ok=True)
        os.replace(temporary, final)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    return ref


def checked_suffix(suffix: str) -> str:
    """A file suffix such as ".png" or ".tar.gz", lower case; "" is allowed. Anything else raises UsageError."""
    if not SUFFIX.fullmatch(suffix):
        raise UsageError(f"file suffix {suffix!r} refused; use a dot and up to 12 letters or digits, such as '.png'")
    return suffix.lower()


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk


def locate(folder: RunFolder, sha256: str, suffix: str) -> Path:
    """Where a kept content lies; the file may be missing when the folder was copied without its media."""
    return folder.medium(sha256, suffix)
