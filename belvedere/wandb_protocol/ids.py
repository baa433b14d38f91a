"""Opaque ids as clients carry them about: base64 of "Run:v1:<run>:<project>:<entity>", and the same of a project."""

import base64
import binascii
import zlib

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.desk import ProjectValue, RunName

VERSION = "v1"


def run_id(project: ProjectValue, name: str) -> str:
    """The id of a run."""
    return _packed("Run", name, project.name, project.entity)


def run_of(opaque: str) -> RunName:
    """Project and run of an id, also of a plain "project/run"; UsageError for anything else."""
    parts = _unpacked(opaque)
    if len(parts) == 5 and parts[0] == "Run" and parts[1] == VERSION:
        return parts[3], parts[2]
    project, slash, name = opaque.rpartition("/")
    if slash and project and name:
        return project, name
    raise UsageError(f"{opaque[:80]!r} is no id of a run; take the one that the server gave")


def file_id(name: RunName, path: str) -> str:
    """The id of a file of a run."""
    return _packed("File", name[1], name[0], path)


def file_of(opaque: str) -> tuple[RunName, str]:
    """Run and path of a file's id; UsageError for anything else."""
    parts = _unpacked(opaque)
    if len(parts) == 5 and parts[0] == "File" and parts[1] == VERSION:
        return (parts[3], parts[2]), parts[4]
    raise UsageError(f"{opaque[:80]!r} is no id of a file; take the one that the server gave")


def project_id(project: ProjectValue) -> str:
    """The id of a project."""
    return _packed("Project", project.name, project.entity)


def project_number(project: ProjectValue) -> str:
    """Digits that stand for a project: some clients turn them into a number."""
    return str(zlib.crc32(project.name.encode()))


def run_cursor(place: int, name: str) -> str:
    """Where a page of runs ended: behind the run of that name, which was at that place."""
    return _packed("Cursor", str(place), name)


def place_of(cursor: str) -> tuple[int, str]:
    """What `run_cursor` packed; UsageError for what it did not make."""
    parts = _unpacked(cursor)
    if len(parts) == 4 and parts[0] == "Cursor" and parts[2].isdecimal():
        return int(parts[2]), parts[3]
    raise UsageError(f"{cursor[:80]!r} is no cursor of this server; ask for the first page again")


def _packed(kind: str, *parts: str) -> str:
    return base64.b64encode(":".join((kind, VERSION, *parts)).encode()).decode()


def _unpacked(opaque: str) -> list[str]:
    """The parts of an id; names of runs and projects hold no colon, whatever follows may. Clients cut the padding."""
    try:
        text = base64.b64decode(opaque + "=" * (-len(opaque) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return []
    return text.split(":", 4)
