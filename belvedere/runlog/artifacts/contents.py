"""Contents of artifacts, each once a project under its md5: what is there under a name is what the name says."""

import contextlib
import hashlib
import os
import secrets
import time
from pathlib import Path
from types import TracebackType

from belvedere.core.errors import UsageError
from belvedere.runlog.artifacts import manifests
from belvedere.runlog.artifacts.records import Artifact
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.layout import ProjectFolder

CHUNK_BYTES = 1 << 20
UPLOAD_SECS_MAX = 3600.0  # a content younger than that may belong to an artifact that is not committed yet


class Arriving:
    """A content on its way in: `write` what comes, then `keep` it under the md5 it was announced with."""

    def __init__(self, folder: ProjectFolder, md5: str) -> None:
        self.final = folder.artifact_content(md5)
        self._md5 = md5
        self._digest = hashlib.md5(usedforsecurity=False)
        self.final.parent.mkdir(parents=True, exist_ok=True)
        self._beside = self.final.with_name(f".{os.getpid()}-{secrets.token_hex(6)}.tmp")
        self._file = self._beside.open("wb")

    def __enter__(self) -> "Arriving":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            self._beside.unlink()

    def write(self, chunk: bytes) -> None:
        """The next bytes."""
        self._digest.update(chunk)
        self._file.write(chunk)

    def keep(self) -> None:
        """Put it in its place; UsageError when it is not what was announced."""
        self._file.close()
        found = self._digest.hexdigest()
        if found != self._md5:
            raise UsageError(f"the content has md5 {found}, but {self._md5} was announced; log the artifact again")
        os.replace(self._beside, self.final)


def keep(folder: ProjectFolder, content: bytes) -> str:
    """Keep bytes of ours; their md5 in hexadecimal."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    with Arriving(folder, md5) as arriving:
        arriving.write(content)
        arriving.keep()
    return md5


def keep_file(folder: ProjectFolder, path: Path) -> str:
    """Keep a copy of a file; its md5 in hexadecimal. What is here already is not written again, but counts as new, so
    that nobody deletes it before the artifact is committed that names it."""
    md5 = md5_of(path)
    final = folder.artifact_content(md5)
    with contextlib.suppress(FileNotFoundError):
        os.utime(final)
        return md5
    with Arriving(folder, md5) as arriving, path.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            arriving.write(chunk)
        arriving.keep()
    return md5


def md5_of(path: Path) -> str:
    """The md5 of a file in hexadecimal."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def is_here(folder: ProjectFolder, md5: str) -> bool:
    """Whether that content lies in the project already."""
    return folder.artifact_content(md5).is_file()


def drop_unnamed(shelf: Shelf, gone: Artifact) -> None:
    """Delete the contents of a deleted artifact that no other one of the project names."""
    if not gone.manifest:
        return
    doomed = _named(shelf, gone)
    for artifact in shelf.artifacts():
        doomed -= _named(shelf, artifact)
        if not doomed:
            return
    for path in map(shelf.folder.artifact_content, doomed):
        if _is_old(path):
            path.unlink(missing_ok=True)


def _named(shelf: Shelf, artifact: Artifact) -> set[str]:
    """md5 of each content that an artifact needs."""
    found = {ref.md5 for ref in artifact.manifests}
    if artifact.manifest:
        entries = manifests.read(shelf.folder, artifact.manifest).contents.values()
        found |= {artifact.manifest, *(entry.md5 for entry in entries if entry.ref is None)}
    return found


def _is_old(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > UPLOAD_SECS_MAX
    return False
