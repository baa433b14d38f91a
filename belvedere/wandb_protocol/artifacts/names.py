"""Names that clients may give, and the opaque ids that we give them.

An id is base64 of "Kind:<project>:<hexadecimal>", as the client takes ids apart (`wandb-artifact://<hex of the id>`).
"""

import base64
import binascii
import re
from pathlib import PurePosixPath

from belvedere.core.errors import NameRefused, NotFound

COLLECTION_NAME = re.compile(r"[\w.\- ]{1,128}")
ALIAS_CHARACTERS_MAX = 128
PATH_CHARACTERS_MAX = 1024
VERSION_ALIAS = re.compile(r"v\d+")


def opaque_id(kind: str, project: str, name: str) -> str:
    """What a client holds in its hand for a thing of a project."""
    return base64.b64encode(f"{kind}:{project}:{name}".encode()).decode()


def taken_apart(opaque: object, kind: str) -> tuple[str, str]:
    """Project and name that an opaque id of that kind stands for; NotFound when it is none of ours."""
    try:
        found, project, name = base64.b64decode(str(opaque), validate=True).decode().split(":", 2)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        found, project, name = "", "", ""
    if found != kind:
        raise NotFound(f"{str(opaque)[:80]!r} is no id of an {kind}; ask for it by name instead")
    return project, name


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
