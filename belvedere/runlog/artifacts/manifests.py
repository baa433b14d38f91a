"""Manifests: which files an artifact has, and under which md5 the content of each lies.

{"version": 1, "storagePolicy": …, "contents": {path: {"digest": base64 md5, "size", "ref"?, "birthArtifactID"?}}}
An entry with "ref" has its content elsewhere; its digest is whatever that place calls it.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from belvedere.core.errors import UsageError
from belvedere.runlog.artifacts.names import checked_path
from belvedere.runlog.layout import ProjectFolder

MANIFEST_BYTES_MAX = 256 << 20
MD5_BYTES = 16
DIGEST_HEAD = "wandb-artifact-manifest-v1\n"


class Entry(msgspec.Struct, omit_defaults=True):
    """One file of an artifact."""

    digest: str = ""
    size: int | None = None
    ref: str | None = None
    birthArtifactID: str | None = None
    extra: dict[str, object] | None = None

    @property
    def md5(self) -> str:
        """The content's md5 in hexadecimal."""
        return hexadecimal(self.digest)


class Manifest(msgspec.Struct):
    """All files of an artifact."""

    contents: dict[str, Entry]
    version: int = 1
    storagePolicy: str = "wandb-storage-policy-v1"
    storagePolicyConfig: dict[str, object] = msgspec.field(default_factory=dict)


@dataclass(frozen=True)
class Extent:
    """How much an artifact holds, references included as far as they say."""

    files: int
    size_bytes: int


def hexadecimal(digest: object) -> str:
    """The md5 in hexadecimal that a base64 text stands for; UsageError when it is none."""
    try:
        raw = base64.b64decode(str(digest or ""), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != MD5_BYTES:
        raise UsageError(f"digest {str(digest)[:60]!r} is no md5 in base64; send that of the file's content")
    return raw.hex()


def base64_md5(md5: str) -> str:
    """The base64 text of an md5 in hexadecimal."""
    return base64.b64encode(bytes.fromhex(md5)).decode()


def digest_of(contents: Mapping[str, Entry]) -> str:
    """The digest of an artifact with these files, as W&B's client computes it: the same content, the same version."""
    lines = [f"{path}:{entry.digest}\n" for path, entry in sorted(contents.items())]
    return hashlib.md5("".join([DIGEST_HEAD, *lines]).encode(), usedforsecurity=False).hexdigest()


def read(folder: ProjectFolder, md5: str) -> Manifest:
    """The manifest whose content has that md5; UsageError when it was not uploaded or is none."""
    path = folder.artifact_content(md5)
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise UsageError(f"a manifest of {path.stat().st_size} bytes refused; {MANIFEST_BYTES_MAX} are allowed")
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise UsageError(f"the manifest with md5 {md5} never arrived; upload it before the commit") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"the manifest with md5 {md5} cannot be read ({error}); log the artifact again") from None


def joined(manifests: Iterable[Manifest]) -> Manifest:
    """Later manifests over earlier ones, path by path."""
    last = Manifest({})
    contents: dict[str, Entry] = {}
    for last in manifests:
        contents.update(last.contents)
    return msgspec.structs.replace(last, contents=contents)


def checked(folder: ProjectFolder, contents: Mapping[str, Entry]) -> Extent:
    """How much it is, when every content that it names is here with the size it says; UsageError else."""
    size_bytes = 0
    for path, entry in contents.items():
        checked_path(path)
        if (entry.size or 0) < 0:
            raise UsageError(f"the manifest gives {path[:80]!r} {entry.size} bytes; log the artifact again")
        size_bytes += entry.size or 0
        if entry.ref is not None:
            continue
        content = folder.artifact_content(entry.md5)
        found = content.stat().st_size if content.is_file() else None
        if found is None or found != (entry.size or 0):
            raise UsageError(
                f"the manifest names {path[:80]!r} with md5 {entry.md5} and {entry.size} bytes, but "
                f"{'that content never arrived' if found is None else f'that content has {found} bytes'}; log it again"
            )
    return Extent(len(contents), size_bytes)
