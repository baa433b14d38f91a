"""Files of a run by their path ("media/images/x.png", "config.yaml"): FileSaved tells the content of each by its hash.

A path names a file of a run and nothing on this disk: contents lie under their hash.
"""

import base64
import errno
import hashlib
import mimetypes
import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from belvedere.core.entries import FileSaved
from belvedere.core.errors import NotFound, UsageError
from belvedere.importers.wandb.values import suffix_of
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.media import MediaRef
from belvedere.wandb_protocol.desk import Desk, KnownFiles, RunName
from belvedere.wandb_protocol.recording import Recording
from belvedere.wandb_protocol.signing import SIGNED, signature

PATH_BYTES_MAX = 1024
MD5_BYTES_MAX = 64 << 20  # of a larger file nobody waits for the md5
CHUNK_BYTES = 1 << 20
ODD = re.compile(r"[\x00-\x1f\x7f\\]")
GONE = ""  # the hash in the entry of a file that was deleted
PURPOSE = "run file"


def checked_path(path: str) -> str:
    """A path inside a run's folder of files; UsageError for one that would leave it, or that no file can have."""
    try:
        size_bytes = len(path.encode())
    except UnicodeEncodeError:
        size_bytes = 0
    if not 0 < size_bytes <= PATH_BYTES_MAX or ODD.search(path) or {"", ".", ".."} & set(path.split("/")):
        raise UsageError(
            f"file name {path[:80]!r} refused; use a path of 1 to {PATH_BYTES_MAX} bytes inside the run's files, "
            "without '..', backslashes or control characters"
        )
    return path


def upload_address(desk: Desk, base: str, name: RunName, path: str) -> str:
    """Where the content of one file of one run is PUT, by whoever holds the address."""
    signed = signature(desk.key, PURPOSE, *name, path)
    return f"{base}{SIGNED}files/{signed}/{quote(name[0])}/{quote(name[1])}/{quote(path)}"


def read_address(base: str, entity: str, name: RunName, path: str) -> str:
    """Where the content of a file is read."""
    return f"{base}/files/{quote(entity)}/{quote(name[0])}/{quote(name[1])}/{quote(path)}"


def keep_saved(desk: Desk, name: RunName, path: str, ref: MediaRef) -> None:
    """Say in the run's log what a file holds now; the same once more changes nothing. OSError when the disk is full."""
    with desk.attempts.recording(name) as recording:
        known = _known(desk, recording)
        if known.get(path) != (ref.sha256, ref.size_bytes):
            _append(recording, FileSaved(time.time(), path, ref.sha256, ref.size_bytes))
            known[path] = ref.sha256, ref.size_bytes


def delete(desk: Desk, name: RunName, paths: Iterable[str]) -> None:
    """Files that the run no longer has. Their contents stay until the run goes: rows may name them too."""
    desk.shelves.run(name)  # NotFound when it is not there
    with desk.attempts.recording(name) as recording:
        known = _known(desk, recording)
        for path in paths:
            if known.pop(path, None) is not None:
                _append(recording, FileSaved(time.time(), path, GONE, 0))


def files_of(desk: Desk, name: RunName) -> list[FileSaved]:
    """The files of a run as they are now, by path."""
    return sorted(desk.shelves.run(name).detail.files, key=lambda saved: saved.path)


def missing(path: str) -> FileSaved:
    """A file that is not there."""
    return FileSaved(0.0, path, GONE, 0)


def content_of(desk: Desk, name: RunName, path: str) -> Path:
    """Where the content of a file lies; NotFound when there is no such file, or the run was copied without it."""
    for saved in files_of(desk, name):
        if saved.path == path:
            found = content_path(desk.shelves.folder(name), saved)
            if found is not None:
                return found
    raise NotFound(f"run {'/'.join(name)} has no file {path[:200]!r}; `files()` lists those it has")


def content_path(folder: RunFolder, saved: FileSaved) -> Path | None:
    """The kept content of a file, under whatever suffix; None when it is not here."""
    expected = folder.medium(saved.sha256, suffix_of(saved.path))
    if expected.is_file():
        return expected
    return next(iter(sorted(expected.parent.glob(f"{saved.sha256}*"))), None)


def like(pattern: str) -> Callable[[str], bool]:
    """Whether a text fits a pattern of the LIKE kind: "%" for any run of characters, "_" for one, a backslash in front
    takes them as they are."""
    parts = _like_parts(pattern)
    first, *middle = [re.compile("".join(part), re.DOTALL) for part in parts]
    last = middle.pop() if middle else None

    def fits(text: str) -> bool:
        """The parts between "%", each at its first place: one expression for all could try for ever."""
        if last is None:
            return first.fullmatch(text) is not None
        end = len(text) - len(parts[-1])
        found = first.match(text, 0, max(0, end))
        for part in middle:
            found = part.search(text, found.end(), end) if found else None
        return found is not None and found.end() <= end and last.fullmatch(text, end) is not None

    return fits


def mime_type(path: str) -> str:
    """What kind of content the name of a file tells."""
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def iso(seconds: float) -> str:
    """A time as the client reads it: 2026-11-20T20:51:26Z."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_precise(seconds: float) -> str:
    """The same to the microsecond."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=4096)
def md5_of(path: Path, size_bytes: int) -> str | None:
    """base64 of a content's MD5, None for a very large one. What lies under a hash never changes."""
    if size_bytes > MD5_BYTES_MAX:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
    return base64.b64encode(digest.digest()).decode()


def _like_parts(pattern: str) -> list[list[str]]:
    """What stands between "%", each character as an expression."""
    parts: list[list[str]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == "%":
            parts.append([])
        elif character == "_":
            parts[-1].append(".")
        else:
            parts[-1].append(re.escape(next(characters, "\\") if character == "\\" else character))
    return parts


def _known(desk: Desk, recording: Recording) -> KnownFiles:
    """What each file of a run that is being written holds: read once, for a run may have ten thousand images."""
    known = desk.files.get(recording)
    if known is None:
        known = {saved.path: (saved.sha256, saved.size_bytes) for saved in files_of(desk, recording.name)}
        desk.files[recording] = known
    return known


def _append(recording: Recording, event: FileSaved) -> None:
    landing = recording.newest.landing
    landing.event(event)
    if landing.dropped_rows:
        raise OSError(errno.ENOSPC, f"the disk refused an entry of {'/'.join(recording.name)}")
