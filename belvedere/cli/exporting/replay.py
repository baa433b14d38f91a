"""A stored run told to a mirror from its first entry to its last, as if it were recorded now."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace

from belvedere.cli.exporting.wish import Wish
from belvedere.core.entries import Entry, Event, Logged, RunFinished, RunStarted, VectorLogged
from belvedere.core.errors import NotFound
from belvedere.record.guard import ANY_ERROR, described
from belvedere.record.mirrors.mirror import Mirror
from belvedere.runlog.layout import RunFolder, writer_rank
from belvedere.runlog.reader import read_entries
from belvedere.store.liveness import Attempt, hidden_from

FLUSH_EVERY = 1000  # entries
NO_PLACE = ("Heartbeat", "CompanionOpened", "Received", "RunStarted")


def started_of(wish: Wish) -> RunStarted:
    """How the run began, under the name and words that it has now."""
    run = wish.run
    for writer in wish.folder.writers():
        first = next(_entries(wish.folder, writer), None)
        if isinstance(first, RunStarted):
            return replace(
                first, name=run.name, group=run.group, job_type=run.job_type, tags=list(run.tags), notes=run.notes,
                resume_from=None, project=wish.project or first.project,
            )  # fmt: skip
    raise NotFound(f"nothing was logged in {run.path}, so there is nothing to export")


def replay(wish: Wish, mirror: Mirror, on_progress: Callable[[int], None] = lambda count: None) -> None:
    """Tell all that rank 0 logged, rows that a later attempt did again left out. What fails costs itself and is told
    once; `on_progress` hears how many entries are done."""
    told: set[str] = set()
    end: RunFinished | None = None
    writers = _writers(wish.folder)
    beside = {one.writer for one in writers if one.is_fork}
    for count, (_, _, writer, entry) in enumerate(heapq.merge(*_by_time(wish.folder, writers))):
        if isinstance(entry, RunFinished):
            end = entry if writer not in beside else end
            continue
        try:
            _tell(mirror, entry)
        except ANY_ERROR as error:
            if (kind := f"{type(entry).__name__} {type(error).__name__}") not in told:
                told.add(kind)
                wish.tell(f"{_what(entry)} could not be exported: {described(error)}")
        if count % FLUSH_EVERY == FLUSH_EVERY - 1:
            mirror.flush()
            on_progress(count)
    others = sorted({one.rank for one in writers} - {0})
    if others:
        wish.tell(f"only what rank 0 logged was exported; left out: ranks {', '.join(map(str, others))}")
    mirror.finish(None if wish.run.state == "crashed" else end)


def _tell(mirror: Mirror, entry: Entry) -> None:
    if isinstance(entry, Logged):
        mirror.row(entry)
    elif isinstance(entry, VectorLogged):
        mirror.vector(entry)
    elif isinstance(entry, Event) and type(entry).__name__ not in NO_PLACE:
        mirror.event(entry)


def _writers(folder: RunFolder) -> list[Attempt]:
    """Every log of the run, those of companions and forked children too, oldest first."""
    found = []
    for writer in folder.writers():
        first = next(_entries(folder, writer), None)
        if isinstance(first, RunStarted):
            found.append(_attempt(writer, first))
    return found


def _attempt(writer: str, started: RunStarted) -> Attempt:
    return Attempt(
        writer, writer_rank(writer), started.time, started.host, started.pid, "", started.resume_from,
        started.world_size, started.is_fork,
    )  # fmt: skip


def _by_time(folder: RunFolder, writers: list[Attempt]) -> Iterator[Iterator[tuple[float, int, str, Entry]]]:
    """For each writer of rank 0 its entries with a place to sort them by; a time that goes back counts as the one
    before."""
    for number, (one, hidden) in enumerate(zip(writers, hidden_from(writers), strict=True)):
        if one.rank == 0:
            yield _timed(folder, one.writer, number, hidden)


def _timed(
    folder: RunFolder, writer: str, number: int, hidden: int | None
) -> Iterator[tuple[float, int, str, Entry]]:  # fmt: skip
    newest = 0.0
    for place, entry in enumerate(_entries(folder, writer)):
        if hidden is not None and isinstance(entry, Logged | VectorLogged) and entry.step >= hidden:
            continue
        newest = max(newest, entry.time)
        yield newest, number << 40 | place, writer, entry


def _entries(folder: RunFolder, writer: str) -> Iterator[Entry]:
    for path in folder.segments(writer):
        yield from read_entries(path)


def _what(entry: Entry) -> str:
    if isinstance(entry, Logged):
        return f"the row of step {entry.step} ({', '.join(list(entry.values)[:3])})"
    return f"the vector {entry.family}" if isinstance(entry, VectorLogged) else f"an entry {type(entry).__name__}"
