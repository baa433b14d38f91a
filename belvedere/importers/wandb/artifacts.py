"""Artifacts that a run logged: the manifest stands in the `.wandb` file, the contents lie in the client's folders,
named by their MD5. They become versions on the shelf of the project, where W&B's client and ours find them.

A content is taken from the file that the manifest names, or from the client's cache, when it is there with the size and
the MD5 that the manifest says; a `.wandb` file from elsewhere may name any file, but not what is in it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from belvedere.core.errors import BelvedereError
from belvedere.importers.telling import FILE_BYTES_MAX
from belvedere.importers.wandb.messages import ArtifactMessage, FileMessage
from belvedere.runlog.artifacts import contents
from belvedere.runlog.artifacts.manifests import Entry, Manifest, hexadecimal
from belvedere.runlog.artifacts.records import TABLE_TYPE
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.artifacts.versions import Wish, logged
from belvedere.runlog.layout import RunFolder, project_folder

NAMED_MAX = 3  # files that the sentence about missing ones names


class Artifacts:
    """The artifacts of one file on their way to the shelf of the project. `tell` hears why one is left out."""

    def __init__(self, folder: RunFolder, tell: Callable[[str], None]) -> None:
        self._run_id, self._tell = folder.run_id, tell
        self._shelf = Shelf(project_folder(folder.root, folder.project))

    def take(self, told: ArtifactMessage, *, step: int, time: float) -> None:
        """Make it a version, unless it is one already. Tables are shown as what they are (tables.py)."""
        if told.type == TABLE_TYPE or not told.is_final:
            return
        missing = [file.path for file in told.files if not file.address and not self._has(file)]
        if missing or told.is_listed_elsewhere:
            self._tell(f"the artifact {told.name!r} was left out: {_reason(missing, len(told.files))}")
            return
        fields: dict[str, object] = {
            "run_id": self._run_id, "entity": told.entity, "sequence_client_id": told.sequence_client_id,
            "description": told.description or None, "metadata": told.metadata or None, "tags": told.tags,
            "history_step": step, "created_at": time,
        }  # fmt: skip
        wish = Wish(told.name, told.type, told.digest, told.client_id, told.aliases, True, fields)
        try:
            logged(self._shelf, wish, Manifest({file.path: _entry(file) for file in told.files}))
        except BelvedereError as error:
            self._tell(f"the artifact {told.name!r} was left out: {error}")

    def _has(self, file: FileMessage) -> bool:
        """Whether the content is on the shelf, if need be by bringing it there."""
        try:
            md5 = hexadecimal(file.digest)
        except BelvedereError:
            return False
        if contents.is_here(self._shelf.folder, md5):
            return True
        for path in _places(file, md5):
            if _is_it(path, file.size_bytes, md5):
                contents.keep_file(self._shelf.folder, path)
                return True
        return False


def _entry(file: FileMessage) -> Entry:
    return Entry(file.digest, file.size_bytes or None, file.address or None)


def _is_it(path: Path, size_bytes: int, md5: str) -> bool:
    try:
        is_like_it = path.is_file() and path.stat().st_size == size_bytes <= FILE_BYTES_MAX
        return is_like_it and contents.md5_of(path) == md5
    except OSError:  # not ours to read, or gone meanwhile
        return False


def _places(file: FileMessage, md5: str) -> Iterator[Path]:
    """Where the client may have the content: what it prepared for the upload, then its cache."""
    if file.local_path:
        yield Path(file.local_path)
    cache = os.environ.get("WANDB_CACHE_DIR") or os.path.expanduser("~/.cache")
    for folder in (Path(cache, "wandb"), Path(cache)):
        yield folder / "artifacts" / "obj" / "md5" / md5[:2] / md5[2:]


def _reason(missing: list[str], count: int) -> str:
    if not missing:
        return "its list of files lies outside of the log; upload it with `wandb sync` instead"
    named = ", ".join([*missing[:NAMED_MAX], "…"][: len(missing) if len(missing) <= NAMED_MAX else None])
    return (
        f"{len(missing)} of its {count} files are not on this machine as they were logged, or are larger than "
        f"{FILE_BYTES_MAX >> 20} MiB ({named}); import where it was trained, before the client clears its cache"
    )
