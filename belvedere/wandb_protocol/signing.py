"""Addresses that need no other key: a signature over what exactly they are good for.

The key lies in the cache folder of the runs, so that addresses handed out before a restart are good after it.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from belvedere.runlog.layout import signing_key

SIGNED = "/signed/"  # in front of every address that carries a signature
KEY_BYTES = 32
SIGNATURE_DIGITS = 40


def signature(key: bytes, *parts: str) -> str:
    """40 hexadecimal digits over the parts, each with its length, so that ("a", "bc") is not ("ab", "c")."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(raw)}:".encode() + raw)
    return digest.hexdigest()[:SIGNATURE_DIGITS]


def is_signed(key: bytes, given: str, *parts: str) -> bool:
    """Whether a signature is ours, compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), signature(key, *parts).encode())


def kept_key(root: Path) -> bytes:
    """The signing key of a root, made when there is none; a new one for this process where nothing can be written."""
    path = signing_key(root)
    for _ in range(2):
        found = _read(path)
        if found is not None:
            return found
        _write_new(path)
    return secrets.token_bytes(KEY_BYTES)


def _read(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except OSError:
        return None
    return found if len(found) == KEY_BYTES else None


def _write_new(path: Path) -> None:
    """Linked into place whole: of two servers that start together, the second takes the first one's key."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as target:
            target.write(secrets.token_bytes(KEY_BYTES))
        if path.is_file() and _read(path) is None:
            path.unlink()
        os.link(temporary, path)
    except OSError:
        return
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
