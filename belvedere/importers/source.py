"""The contract of an importer: a module of `belvedere/importers/` (or a package) named as its kind, with

    TITLE = "TensorBoard event files"                      what it reads, for people
    WANTED = "*tfevents* at any depth (TensorBoard)"       what it looks for, in one sentence with the others
    def looks_like(path: Path) -> bool                     whether such runs lie at or below a path; cheap
    def sources(path: Path, tell: Tell) -> list[Source]    all runs there, oldest first; `tell` a sentence for each bad
                                                           one

`sources` is called again while a path is followed: runs that came meanwhile are then among them.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from belvedere.core.entries import RunStarted, Stored
from belvedere.core.names import FOLDER_NAME
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import writer_id

Tell = Callable[[str], None]
NOT_IN_FOLDERS = re.compile(r"[^\w.\- ]+")
FOLDER_CHARACTERS_MAX = 100


class Source(Protocol):
    """One foreign run, or one attempt of it: whoever wrote it was one writer."""

    @property
    def where(self) -> Path:
        """The file or folder it lies in; names the source for people and tells it from others."""
        ...

    @property
    def started(self) -> RunStarted:
        """Who it is. Project, id and writer id are the same whenever the same thing is read (see `foreign_writer`)."""
        ...

    def is_news(self, position: Mapping[str, Stored]) -> bool:
        """Whether there is more than what lies in front of `position`, which `bring` committed; {} is the start."""
        ...

    def bring(self, landing: Landing) -> bool:
        """Land what lies behind `landing.position`, with the times it has, and commit how far that is (now and then,
        and at the end). True when the run is over, so that nothing will follow.

        Called again while a run is followed; a row that waits for its last byte waits for the next call. The same
        records give the same entries in the same order. Media go through `runlog.media.keep(landing.folder, …)`.
        Raises BelvedereError or OSError for what cannot be read."""
        ...


@runtime_checkable
class Beating(Protocol):
    """A source that says itself, with heartbeats, that its run lives: its program may be silent for longer than the
    minute after which another run counts as crashed."""

    def leave(self, landing: Landing, /) -> None:
        """Nobody looks on, so nobody will say that it lives: say how it ended as far as one can see. Commits nothing,
        since a look may have been interrupted."""
        ...


@runtime_checkable
class Importer(Protocol):
    """What a module of an importer offers."""

    TITLE: str
    WANTED: str

    def looks_like(self, path: Path, /) -> bool: ...

    def sources(self, path: Path, tell: Tell, /) -> Sequence[Source]: ...


def foreign_writer(started_secs: float, *identity: str, rank: int = 0) -> str:
    """The writer id of whoever wrote a foreign run: the same for the same identity, such as the path and the run's
    id."""
    digest = hashlib.sha256("\0".join(identity).encode("utf-8", "replace")).hexdigest()[:12]
    return writer_id(rank, max(0, round(started_secs * 1e9)), digest)


def folder_name(text: str, otherwise: str) -> str:
    """A foreign name as the name of a folder: as it is where that can be, `otherwise` where there is none, else with
    what cannot be replaced, and with a mark that keeps two such names apart."""
    if not text or FOLDER_NAME.fullmatch(text):
        return text or otherwise
    plain = NOT_IN_FOLDERS.sub("-", text).strip("-. ")[:FOLDER_CHARACTERS_MAX].strip("-. ") or otherwise
    return f"{plain}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:6]}"
