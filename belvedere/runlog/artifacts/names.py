"""Names that collections, aliases and files of artifacts may have."""

import re
from pathlib import PurePosixPath

from belvedere.core.errors import NameRefused

COLLECTION_NAME = re.compile(r"[\w.\- ]{1,128}")
ALIAS_CHARACTERS_MAX = 128
PATH_CHARACTERS_MAX = 1024
VERSION_ALIAS = re.compile(r"v\d+")


def checked_collection(name: object) -> str:
    """A name that a collection may have; NameRefused else."""
    text = str(name or "")
    if not COLLECTION_NAME.fullmatch(text):
        raise NameRefused(
            f"artifact name {text[:80]!r} refused; use 1 to 128 letters, digits, spaces, '.', '_', '-', and no version"
        )
    return text


def checked_alias(alias: object) -> str:
    """An alias that may be given; v0, v1 … are versions and are given by us."""
    text = str(alias or "")
    if not text or len(text) > ALIAS_CHARACTERS_MAX or "/" in text or ":" in text:
        raise NameRefused(
            f"alias {text[:80]!r} refused; use up to {ALIAS_CHARACTERS_MAX} characters without '/' and ':'"
        )
    return text


def is_version(alias: str) -> bool:
    """Whether this is v0, v1 …, which no alias can be."""
    return VERSION_ALIAS.fullmatch(alias) is not None


def checked_path(path: object) -> str:
    """The path of a file inside an artifact; NameRefused when it would lie outside of wherever it is put."""
    text = str(path or "")
    parts = PurePosixPath(text.replace("\\", "/")).parts
    is_text = text.encode("utf-8", "replace").decode() == text
    is_plain = is_text and bool(parts) and len(text) <= PATH_CHARACTERS_MAX and "\0" not in text
    if not is_plain or parts[0] == "/" or ".." in parts or re.match(r"[A-Za-z]:", text):
        raise NameRefused(f"artifact file {text[:80]!r} refused; use a relative path without '..'")
    return text


def split_version(name: str) -> tuple[str, str]:
    """Collection and alias of "name:alias"; the alias is "latest" when none is given."""
    collection, _, alias = name.partition(":")
    return collection, alias or "latest"
