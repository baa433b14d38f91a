"""The files of a PNG dashboard: training_step_000050.png for each, and training_latest.png, which is always whole and
the same bytes as the newest."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from belvedere.core.errors import UsageError

LATEST = "training_latest.png"


def publish(png: bytes, folder: Path, step: int) -> Path:
    """Write the dashboard of a step and make it the latest one; the path of its own file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"training_step_{step:06d}.png"
        replace(path, png)
        _link(path, folder / LATEST)
    except OSError as error:
        raise UsageError(
            f"the dashboard cannot be written ({error.strerror}); choose another folder: {folder}"
        ) from error
    return path


def replace(path: Path, content: bytes) -> None:
    """Put content at a path in one step: who looks sees the old file or the new one, never a part of it."""
    temporary = _beside(path)
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _link(path: Path, latest: Path) -> None:
    """A second name for the same bytes; a copy where the file system has no links."""
    temporary = _beside(latest)
    try:
        try:
            os.link(path, temporary)
        except OSError:
            temporary.write_bytes(path.read_bytes())
        os.replace(temporary, latest)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _beside(path: Path) -> Path:
    """A name in the same folder: os.replace is atomic only within one file system."""
    return path.with_name(f".{path.name}-{secrets.token_hex(4)}.tmp")
