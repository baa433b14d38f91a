"""What an engine is: where a store takes its runs from. conformance.py holds every engine to the same answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from belvedere.core.query import Query
from belvedere.core.series import Buckets, Series, VectorSeries
from belvedere.store.filters import Condition
from belvedere.store.records import ConsolePage, KeyInfo, MediaItem, RunDetail, RunRow


@dataclass(frozen=True)
class RunName:
    """Which run: `str()` of it is "project/id"."""

    project: str
    id: str

    def __str__(self) -> str:
        return f"{self.project}/{self.id}"


class Engine(Protocol):
    """Everything that is read of runs. Missing runs, keys and families raise NotFound."""

    def projects(self) -> list[str]:
        """Names of all projects, sorted."""

    def find(self, run_id: str) -> list[RunName]:
        """Runs with this id, in any project."""

    def runs(self, condition: Condition | None, project: str | None) -> list[RunRow]:
        """Runs that fulfil a condition, newest first."""

    def detail(self, run: RunName) -> RunDetail: ...

    def keys(self, run: RunName) -> list[KeyInfo]:
        """Every key, in the order of their names."""

    def series(self, query: Query) -> Series:
        """Every point of `query.keys[0]` that has an x between lo and hi, sorted by step."""

    def buckets(self, query: Query) -> Buckets:
        """`query.keys[0]` reduced to `query.buckets`."""

    def vectors(self, run: RunName, family: str, rank: int | None) -> VectorSeries: ...

    def media(self, run: RunName, key: str) -> list[MediaItem]: ...

    def content(self, run: RunName, item: MediaItem) -> bytes | None:
        """The bytes of the file that a rich value names; None when it names none, or the file is missing."""

    def console(self, run: RunName, offset: int, limit: int | None) -> ConsolePage:
        """Lines by time, from `offset` on; a negative offset counts from the end."""


def run_name(text: str) -> RunName:
    """ "project/id" as a name."""
    project, _, run_id = text.rpartition("/")
    return RunName(project, run_id)


def page(total: int, offset: int, limit: int | None) -> tuple[int, int]:
    """First line and end of a console page."""
    first = max(0, total + offset) if offset < 0 else min(offset, total)
    return first, total if limit is None else min(total, first + max(0, limit))


def newest_first(rows: Sequence[RunRow]) -> list[RunRow]:
    """The order that runs are listed in."""
    return sorted(rows, key=lambda row: (-row.created, row.project, row.id))
