"""The default engine: run folders on this machine's disk. Needs no service; writes nothing but the catalogue."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock

import numpy as np

from belvedere.core.errors import NotFound
from belvedere.core.query import Query
from belvedere.core.series import Buckets, Series, VectorSeries
from belvedere.runlog import layout
from belvedere.runlog.layout import RunFolder
from belvedere.store import describe
from belvedere.store.assembly import Assembly, attempts
from belvedere.store.axes import Unit
from belvedere.store.cache import CACHE_BYTES, ByteCache
from belvedere.store.columns import NUMBER, OTHER
from belvedere.store.downsample import Line, Window, reduce
from belvedere.store.engine import RunName, page, run_name
from belvedere.store.filters import Condition
from belvedere.store.follow import Follower
from belvedere.store.index import RunIndex
from belvedere.store.lines import line_along, no_key, within
from belvedere.store.liveness import Attempt, run_state
from belvedere.store.media import content, media_items
from belvedere.store.parts import Exact
from belvedere.store.records import ConsoleLine, ConsolePage, KeyInfo, MediaItem, RunDetail, RunRow

OPEN_RUNS_MAX = 512
TAILS_BYTES_MAX = 256 << 20  # tails of runs that nobody asked for lately are dropped beyond this
TIDY_SECONDS = 0.2  # adding up the tails of all open runs is no work for every request


@dataclass(frozen=True)
class Growth:
    """What of a growing run moves. keys: how many there are."""

    state: str
    steps: int
    keys: int


class OpenRun:
    """A followed run and what was made of it at its present version."""

    def __init__(self, folder: RunFolder, cache: ByteCache) -> None:
        self.folder = folder
        self.follower = Follower(folder, cache)
        self.assembly = Assembly(self.follower)
        self._detail: RunDetail | None = None
        self._detail_version = -1
        self._keys: list[KeyInfo] = []
        self._keys_version = -1
        self._listed: tuple[int, ...] = ()
        self._listed_count = 0

    @property
    def created(self) -> float:
        return describe.created((w.tail.journal for w in self.follower.ordered()), self.folder)

    def unit(self, key: str) -> str | None:
        found = None
        for writer in self.follower.ordered():
            defined = describe.definition_of(key, writer.tail.journal.defined)
            found = defined.unit if defined is not None and defined.unit else found
        return found

    def keys(self) -> list[KeyInfo]:
        """Every key, in the order of their names; the same list for as long as the run has not grown."""
        if self._keys_version != self.follower.version:
            definitions = {}
            for writer in self.follower.ordered():
                definitions.update(writer.tail.journal.defined)
            self._keys = describe.with_units(self.assembly.keys(), definitions)
            self._keys_version = self.follower.version
        return self._keys

    def detail(self) -> RunDetail:
        """The description; made anew when the run grew. While it runs its processes are looked at each time."""
        before = self._detail
        if before is not None and self._detail_version == self.follower.version:
            self._detail = before if before.row.state != "running" else self._checked(before)
        else:
            self._detail = self._described()
            self._detail_version = self.follower.version
        return self._detail

    def growth(self) -> Growth:
        """What a page that watches the run is told; costs the same for ten keys and ten thousand."""
        found = attempts(self.follower, time.time())
        journals = [writer.tail.journal for writer in self.follower.ordered()]
        return Growth(run_state(found), describe.last_step(journals, found) + 1, self._key_count())

    def _key_count(self) -> int:
        """How many keys there are, counted anew only when a writer has one more."""
        listed = (self.follower.manifest.number, *(writer.tail.key_count for writer in self.follower.ordered()))
        if listed != self._listed:
            self._listed, self._listed_count = listed, len(self.assembly.keys())
        return self._listed_count

    def _checked(self, before: RunDetail) -> RunDetail:
        """The description of a run that has not grown: the same one unless a process died or a file was torn."""
        found = tuple(attempts(self.follower, time.time()))
        row = replace(before.row, state=run_state(found), damage=tuple(self._damage(found)))
        is_same = (row.state, row.damage, found) == (before.row.state, before.row.damage, before.attempts)
        return before if is_same else replace(before, row=row, attempts=found)

    def _described(self) -> RunDetail:
        found = attempts(self.follower, time.time())
        keys = self.assembly.keys()
        journals = [writer.tail.journal for writer in self.follower.ordered()]
        damage = self._damage(found)
        return describe.described(self.folder, journals, found, keys, self._texts(keys), self._whole, damage)

    def _damage(self, found: Sequence[Attempt]) -> list[str]:
        return self.follower.damage({attempt.writer for attempt in found if attempt.state == "running"})

    def _texts(self, keys: list[KeyInfo]) -> dict[str, str]:
        return {
            info.key: str(self.assembly.last_other(info.key, info.ranks[0])) for info in keys if info.kind == "string"
        }

    def _whole(self, key: str) -> Buckets:
        rank = self.assembly.rank_of(key, NUMBER)
        parts = self.assembly.sorted_parts(key, rank or 0)
        return reduce(key, Line(parts, "steps", Unit()), Window(1), unit=None, total=sum(part.count for part in parts))


class FolderEngine:
    """All runs under one root."""

    def __init__(self, root: Path, *, cache_bytes: int = CACHE_BYTES) -> None:
        if not root.is_dir():
            raise NotFound(f"no such directory; pass the folder that holds your projects, or set BELVEDERE_DIR: {root}")
        self.root, self.cache = root, ByteCache(cache_bytes)
        self._open: OrderedDict[RunName, OpenRun] = OrderedDict()
        self._lock = RLock()
        self._tidy_at = 0.0
        self.index = RunIndex(root, self._row)

    # ---- runs ---------------------------------------------------------------------------------------------------

    def projects(self) -> list[str]:
        return sorted({folder.project for folder in layout.runs(self.root)})

    def find(self, run_id: str) -> list[RunName]:
        folders = (RunFolder(self.root, project, run_id) for project in layout.projects(self.root))
        return [RunName(folder.project, run_id) for folder in folders if folder.logs.is_dir()]

    def runs(self, condition: Condition | None, project: str | None) -> list[RunRow]:
        self.index.refresh()
        return self.index.rows(condition, project)

    def runs_by_now(self, condition: Condition | None, project: str | None, *, patience_secs: float) -> list[RunRow]:
        """The same, as far as it is known after so long; `index.is_complete` tells whether that is all."""
        self.index.refresh_within(patience_secs)
        return self.index.rows(condition, project)

    def growth(self, run: RunName) -> Growth:
        """State, steps and number of keys of a run, without describing it."""
        with self.opened(run) as found:
            return found.growth()

    def detail(self, run: RunName) -> RunDetail:
        with self.opened(run) as found:
            return found.detail()

    def follower(self, run: RunName) -> Follower:
        """The follower of a run, polled; hold its lock while reading from it."""
        with self.opened(run) as found:
            return found.follower

    @contextmanager
    def opened(self, run: RunName) -> Iterator[OpenRun]:
        """A run, polled and held for this thread."""
        found = self._opened(run)
        with found.follower.lock:
            try:
                found.follower.poll()
            except FileNotFoundError as error:
                with self._lock:
                    self._open.pop(run, None)
                raise NotFound(f"no run {str(run)!r}; `belvedere ls` lists all: {self.root}") from error
            yield found

    def _opened(self, run: RunName) -> OpenRun:
        with self._lock:
            found = self._open.get(run)
            if found is None:
                folder = layout.run_folder(self.root, run.project, run.id)
                if not folder.path.is_dir():
                    raise NotFound(f"no run {str(run)!r}; `belvedere ls` lists all: {self.root}")
                found = self._open[run] = OpenRun(folder, self.cache)
            self._open.move_to_end(run)
            if time.monotonic() >= self._tidy_at:
                self._close_others()
                self._tidy_at = time.monotonic() + TIDY_SECONDS
            return found

    def _close_others(self) -> None:
        while len(self._open) > 1 and (
            len(self._open) > OPEN_RUNS_MAX
            or sum(opened.follower.tail_bytes for opened in self._open.values()) > TAILS_BYTES_MAX
        ):
            self._open.popitem(last=False)

    def _row(self, folder: RunFolder) -> RunRow:
        """The row of a run; one that cannot be read at all is listed with the reason."""
        name = RunName(folder.project, folder.run_id)
        was_open = name in self._open
        try:
            row = self.detail(name).row
        except (OSError, NotFound) as error:
            return RunRow(folder.project, folder.run_id, folder.run_id, state="crashed", damage=(str(error),))
        if not was_open and row.state != "running":
            with self._lock:
                self._open.pop(name, None)  # listing a thousand runs must not keep them all
        return row

    # ---- numbers ------------------------------------------------------------------------------------------------

    def keys(self, run: RunName) -> list[KeyInfo]:
        with self.opened(run) as found:
            return found.keys()

    def series(self, query: Query) -> Series:
        key = query.keys[0]
        with self.opened(run_name(query.run)) as found:
            points = found.assembly.exact(key, self._rank(found, query))
            points = within(points, query, origin_us=round(found.created * 1e6), other=self._other(found, query))
            return Series(key, points.steps, points.times_us / 1e6, points.values, found.unit(key))

    def buckets(self, query: Query) -> Buckets:
        key = query.keys[0]
        window = Window(1 if query.buckets is None else query.buckets, query.lo, query.hi, query.scale)
        with self.opened(run_name(query.run)) as found:
            rank = self._rank(found, query)
            parts = found.assembly.sorted_parts(key, rank)
            origin_us = round(found.created * 1e6) if query.x == "relative" else 0
            line = line_along(parts, query.x, origin_us=origin_us, other=self._other(found, query))
            return reduce(key, line, window, unit=found.unit(key), total=sum(part.count for part in parts))

    def _rank(self, found: OpenRun, query: Query) -> int:
        rank = found.assembly.rank_of(query.keys[0], NUMBER) if query.rank is None else query.rank
        if rank is None or (query.rank is not None and not found.assembly.has(query.keys[0], query.rank)):
            raise no_key(query.keys[0], str(query.run), found.assembly.keys(), query.rank)
        return rank

    def _other(self, found: OpenRun, query: Query) -> Callable[[], Exact]:
        """The series that x is taken from, read when it is needed."""

        def read() -> Exact:
            asked = Query(query.run, (query.x,), rank=query.rank)
            return found.assembly.exact(query.x, self._rank(found, asked))

        return read

    def vectors(self, run: RunName, family: str, rank: int | None) -> VectorSeries:
        with self.opened(run) as found:
            chosen = found.assembly.vector_rank(family) if rank is None else rank
            if chosen is None or not found.assembly.has_family(family, chosen):
                raise no_key(family, str(run), found.assembly.keys(), rank, kind="vector")
            return found.assembly.vectors(family, chosen, found.unit(family))

    # ---- other values -------------------------------------------------------------------------------------------

    def media(self, run: RunName, key: str) -> list[MediaItem]:
        with self.opened(run) as found:
            rank = found.assembly.rank_of(key, OTHER)
            if rank is None:
                raise no_key(key, str(run), found.assembly.keys(), None, kind="media")
            values = ((rich.step, rich.time_us, rich.value) for rich in found.assembly.others(key, rank))
            journals = [writer.tail.journal for writer in found.follower.ordered()]
            return media_items(values, key, found.folder, journals)

    def content(self, run: RunName, item: MediaItem) -> bytes | None:
        return content(item)

    def console(self, run: RunName, offset: int, limit: int | None) -> ConsolePage:
        with self.opened(run) as found:
            sources = found.assembly.console_sources()
            times = np.concatenate([source.times_us for source in sources]) if sources else np.zeros(0, np.int64)
            first, last = page(len(times), offset, limit)
            chosen = np.argsort(times, kind="stable")[first:last]
            firsts = np.cumsum([0, *(len(source.times_us) for source in sources)])
            lines: dict[int, ConsoleLine] = {}
            for source, start in zip(sources, firsts.tolist(), strict=False):
                own = np.sort(chosen[(chosen >= start) & (chosen < start + len(source.times_us))])
                lines |= dict(zip(own.tolist(), source.lines(own - start), strict=True))
            return ConsolePage(len(times), first, tuple(lines[number] for number in chosen.tolist()))

    def close(self) -> None:
        """Lets go of the catalogue and of all open files."""
        with self._lock:
            self._open.clear()
        self.index.close()
