"""A file being received: written beside its place among the media, hashed on the way."""

import hashlib
import os
import tempfile
from pathlib import Path

from belvedere.runlog.layout import RunFolder
from belvedere.runlog.media import MediaRef, checked_suffix


class Spool:
    """`write` what comes, then `close`; `keep` puts it into its place, `discard` forgets what did not arrive whole."""

    def __init__(self, folder: RunFolder) -> None:
        folder.media.mkdir(parents=True, exist_ok=True)
        self._fd, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder.media)
        self.path = Path(name)
        self.size_bytes = 0
        self._folder = folder
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """The next bytes."""
        self._digest.update(chunk)
        write_all(self._fd, chunk)
        self.size_bytes += len(chunk)

    def close(self) -> str:
        """The SHA-256 of everything written, once it is on disk."""
        os.fchmod(self._fd, 0o644)
        os.fsync(self._fd)
        os.close(self._fd)
        self._fd = -1
        return self._digest.hexdigest()

    def keep(self, suffix: str) -> MediaRef:
        """Close it, and put it among the media under its hash."""
        ref = MediaRef(self.close(), self.size_bytes, checked_suffix(suffix))
        final = self._folder.medium(ref.sha256, ref.suffix)
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.path, final)
        return ref

    def discard(self) -> None:
        """Forget a file that did not arrive whole; nothing happens to one that is at its place."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self.path.unlink(missing_ok=True)


def write_all(fd: int, content: bytes) -> None:
    """Write until all of it is written."""
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
