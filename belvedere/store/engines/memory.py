"""The reference engine: every log read whole, entry by entry, every answer computed from full arrays in the plainest
way.

Slow; it exists so that every other engine has something to be equal to. What was read is kept until a log grows.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from belvedere.core.entries import Console, Entry, Logged, RunStarted, Stored, VectorLogged
from belvedere.core.errors import BelvedereError, NotFound
from belvedere.core.query import Query
from belvedere.core.series import Buckets, Series, VectorSeries
from belvedere.runlog import layout
from belvedere.runlog.layout import RunFolder, writer_rank
from belvedere.runlog.reader import read_entries
from belvedere.store import describe
from belvedere.store.downsample import Window, at_cells, edges_between, empty
from belvedere.store.engine import RunName, newest_first, page, run_name
from belvedere.store.filters import Condition, fields_of, holds
from belvedere.store.journal import Journal
from belvedere.store.lines import TIMES, no_key, within, x_values
from belvedere.store.liveness import Attempt, hidden_from, writer_state
from belvedere.store.media import content, media_items
from belvedere.store.parts import Exact
from belvedere.store.records import ConsoleLine, ConsolePage, KeyInfo, MediaItem, RunDetail, RunRow, media_type
from belvedere.store.tail import big_integer

Moment = tuple[int, int]  # step, µs


@dataclass
class _Wrote:
    """What one writer logged, in log order."""

    name: str
    journal: Journal = field(default_factory=Journal)
    numbers: dict[str, list[tuple[int, int, float]]] = field(default_factory=dict)
    others: dict[str, list[tuple[int, int, Stored]]] = field(default_factory=dict)
    vectors: dict[str, list[tuple[int, int, VectorLogged]]] = field(default_factory=dict)
    console: list[ConsoleLine] = field(default_factory=list)
    hidden: int | None = None

    @property
    def rank(self) -> int:
        return writer_rank(self.name)

    def take(self, entry: Entry) -> None:
        if isinstance(entry, Logged):
            self._take_row(entry)
        elif isinstance(entry, VectorLogged):
            self.vectors.setdefault(entry.family, []).append((*self._moment(entry), entry))
        else:
            if isinstance(entry, Console):
                moment = round(entry.time * 1e6) / 1e6
                self.console += [ConsoleLine(moment, entry.stream, line, self.rank) for line in entry.text.splitlines()]
            self.journal.apply(entry)

    def _moment(self, entry: Logged | VectorLogged) -> Moment:
        moment = entry.step, round(entry.time * 1e6)
        self.journal.rows_until(*moment)
        return moment

    def _take_row(self, entry: Logged) -> None:
        moment = self._moment(entry)
        for key, value in entry.values.items():
            whole = big_integer(value)
            if whole is not None or isinstance(value, int | float):
                number = float(value) if whole is None else whole  # type: ignore[arg-type]
                self.numbers.setdefault(key, []).append((*moment, number))
            else:
                self.others.setdefault(key, []).append((*moment, value))

    def visible(self, points: Iterable[tuple]) -> list[tuple]:  # type: ignore[type-arg]
        return [point for point in points if self.hidden is None or point[0] < self.hidden]


class MemoryEngine:
    """All runs under one root, read anew at every question."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise NotFound(f"no such directory; pass the folder that holds your projects: {root}")
        self.root = root
        self._kept: dict[RunName, tuple[list[int], list[_Wrote]]] = {}

    # ---- runs ---------------------------------------------------------------------------------------------------

    def projects(self) -> list[str]:
        return sorted({folder.project for folder in layout.runs(self.root)})

    def find(self, run_id: str) -> list[RunName]:
        return [RunName(f.project, f.run_id) for f in layout.runs(self.root) if f.run_id == run_id]

    def runs(self, condition: Condition | None, project: str | None) -> list[RunRow]:
        rows = [self.detail(RunName(f.project, f.run_id)).row for f in layout.runs(self.root, project)]
        return newest_first([row for row in rows if condition is None or holds(condition, fields_of(row))])

    def detail(self, run: RunName) -> RunDetail:
        folder, wrote = self._folder(run), self._read(run)
        attempts = [_attempt(one) for one in wrote]
        keys = _keys(wrote)
        texts = {info.key: str(_others(wrote, info.key)[1]) for info in keys if info.kind == "string"}

        def whole(key: str) -> Buckets:
            return naive_buckets(key, _points(wrote, key, None), Window(1), x="step", origin_us=0, unit=None)

        return describe.described(folder, [one.journal for one in wrote], attempts, keys, texts, whole, ())

    def _folder(self, run: RunName) -> RunFolder:
        folder = layout.run_folder(self.root, run.project, run.id)
        if not folder.logs.is_dir():
            raise NotFound(f"no run {str(run)!r}; `belvedere ls` lists all: {self.root}")
        return folder

    def _read(self, run: RunName) -> list[_Wrote]:
        folder = self._folder(run)
        sizes = [path.stat().st_size for name in folder.writers() for path in folder.segments(name)]
        if run not in self._kept or self._kept[run][0] != sizes:
            self._kept[run] = sizes, self._read_whole(folder)
        return self._kept[run][1]

    def _read_whole(self, folder: RunFolder) -> list["_Wrote"]:
        wrote = [_Wrote(name) for name in folder.writers()]
        for one in wrote:
            for path in folder.segments(one.name):
                try:
                    for entry in read_entries(path):
                        one.take(entry)
                except BelvedereError:
                    continue  # the prefix is kept, the next segment stands alone
        for one, hidden in zip(wrote, hidden_from([_attempt(one) for one in wrote]), strict=True):
            one.hidden = hidden
        return wrote

    # ---- values -------------------------------------------------------------------------------------------------

    def keys(self, run: RunName) -> list[KeyInfo]:
        wrote = self._read(run)
        definitions = {key: defined for one in wrote for key, defined in one.journal.defined.items()}
        return describe.with_units(_keys(wrote), definitions)

    def series(self, query: Query) -> Series:
        wrote = self._read(run_name(query.run))
        points = _required(wrote, query)
        kept = within(points, query, origin_us=self._origin(query), other=self._other(wrote, query))
        return Series(query.keys[0], kept.steps, kept.times_us / 1e6, kept.values, _unit(wrote, query.keys[0]))

    def buckets(self, query: Query) -> Buckets:
        wrote = self._read(run_name(query.run))
        points, key = _required(wrote, query), query.keys[0]
        window = Window(1 if query.buckets is None else query.buckets, query.lo, query.hi, query.scale)
        return naive_buckets(
            key, points, window, x=query.x, origin_us=self._origin(query), unit=_unit(wrote, key),
            other=self._other(wrote, query),
        )  # fmt: skip

    def _origin(self, query: Query) -> int:
        name = run_name(query.run)
        return round(describe.created((one.journal for one in self._read(name)), self._folder(name)) * 1e6)

    def _other(self, wrote: list[_Wrote], query: Query) -> Callable[[], Exact]:
        return lambda: _required(wrote, Query(query.run, (query.x,), rank=query.rank))

    def vectors(self, run: RunName, family: str, rank: int | None) -> VectorSeries:
        wrote = self._read(run)
        ranks = sorted({one.rank for one in wrote if family in one.vectors})
        if not ranks or (rank is not None and rank not in ranks):
            raise no_key(family, str(run), _keys(wrote), rank, kind="vector")
        chosen = ranks[0] if rank is None else rank
        rows = [row for one in wrote if one.rank == chosen for row in one.visible(one.vectors.get(family, []))]
        names = tuple(dict.fromkeys(name for row in rows for name in row[2].names))
        rows.sort(key=lambda row: row[0])
        values = np.full((len(rows), len(names)), np.nan)
        for number, row in enumerate(rows):
            values[number, [names.index(name) for name in row[2].names]] = row[2].values
        steps, times = np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64)
        return VectorSeries(family, steps, times / 1e6, names, values, _unit(wrote, family))

    def media(self, run: RunName, key: str) -> list[MediaItem]:
        wrote = self._read(run)
        if not any(key in one.others for one in wrote):
            raise no_key(key, str(run), _keys(wrote), None, kind="media")
        return media_items(_others(wrote, key)[0], key, self._folder(run), [one.journal for one in wrote])

    def content(self, run: RunName, item: MediaItem) -> bytes | None:
        return content(item)

    def console(self, run: RunName, offset: int, limit: int | None) -> ConsolePage:
        lines = sorted((line for one in self._read(run) for line in one.console), key=lambda line: line.time)
        first, last = page(len(lines), offset, limit)
        return ConsolePage(len(lines), first, tuple(lines[first:last]))


# ---- the plainest way ---------------------------------------------------------------------------------------------


def naive_buckets(
    key: str, points: Exact, window: Window, *, x: str, origin_us: int, unit: str | None,
    other: Callable[[], Exact] | None = None,
) -> Buckets:  # fmt: skip
    """Buckets from full arrays, one bucket at a time."""
    total = len(points.steps)
    where = x_values(points, x, origin_us=origin_us, other=other or (lambda: points))
    usable = np.ones(total, bool) if x == "step" or x in TIMES else np.isfinite(where)
    order = np.flatnonzero(usable)[np.argsort(where[usable], kind="stable")]
    where, values = where[order], points.values[order]
    everywhere = where
    inside = where > 0 if window.scale == "log" else np.full(len(where), True)
    inside &= where >= window.lo if window.lo is not None else True
    inside &= where <= window.hi if window.hi is not None else True
    where, values = where[inside], values[inside]
    if not len(where):
        return empty(key, unit=unit, total=total)
    if len(where) <= window.buckets:
        bucket = np.arange(len(where))
    else:
        is_given = window.lo is not None and (window.scale == "linear" or window.lo > 0)
        lo = window.lo if is_given and window.lo is not None else where[0]
        hi = window.hi if window.hi is not None else where[-1]
        start = int(np.argmax(inside))
        inner = np.clip(np.searchsorted(where, edges_between(lo, hi, window)), 0, len(where))
        cuts = at_cells(np.concatenate([[0], inner, [len(where)]]) + start, lambda at: everywhere[at])
        bucket = np.searchsorted(cuts[1:-1] - start, np.arange(len(where)), "right")
    found = [_bucket(where[bucket == number], values[bucket == number]) for number in np.unique(bucket)]
    x_first, x_last, low, high, mean, last, count, nan, plus, minus = (
        np.array(column) for column in zip(*found, strict=True)
    )
    return Buckets(key, x_first, x_last, low, high, mean, last, count, nan, plus, minus, total, unit)


def _bucket(x: np.ndarray, values: np.ndarray) -> tuple[float, ...]:
    finite = values[np.isfinite(values)]
    mean = float(np.sum(finite / len(finite))) if len(finite) else np.nan
    low, high = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
    nan, plus, minus = np.isnan(values).sum(), np.isposinf(values).sum(), np.isneginf(values).sum()
    return x[0], x[-1], low, high, mean, values[-1], len(values), nan, plus, minus


def _attempt(one: _Wrote) -> Attempt:
    started = one.journal.started or RunStarted(0.0, "", "", one.name)
    state = writer_state(one.journal.started, one.journal.finished, grown=time.time(), now=time.time())
    return Attempt(
        one.name, one.rank, started.time, started.host, started.pid, state, started.resume_from, started.world_size,
        started.is_fork,
        one.journal.is_companion,
    )  # fmt: skip


def _required(wrote: list[_Wrote], query: Query) -> Exact:
    key = query.keys[0]
    if not any(key in one.numbers for one in wrote if query.rank in (None, one.rank)):
        raise no_key(key, query.run, _keys(wrote), query.rank)
    return _points(wrote, key, query.rank)


def _points(wrote: list[_Wrote], key: str, rank: int | None) -> Exact:
    chosen = min(one.rank for one in wrote if key in one.numbers) if rank is None else rank
    rows = [row for one in wrote if one.rank == chosen for row in one.visible(one.numbers.get(key, []))]
    rows.sort(key=lambda row: row[0])
    steps, times_us = np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64)
    return Exact(steps, times_us, np.array([row[2] for row in rows], np.float64))


def _others(wrote: list[_Wrote], key: str) -> tuple[list[tuple[int, int, Stored]], Stored]:
    """All rich values by step, and the one that was logged last."""
    chosen = min(one.rank for one in wrote if key in one.others)
    rows = [row for one in wrote if one.rank == chosen for row in one.visible(one.others.get(key, []))]
    return sorted(rows, key=lambda row: row[0]), rows[-1][2] if rows else None


def _unit(wrote: list[_Wrote], key: str) -> str | None:
    units = [describe.definition_of(key, one.journal.defined) for one in wrote]
    return next((defined.unit for defined in reversed(units) if defined is not None and defined.unit), None)


def _keys(wrote: list[_Wrote]) -> list[KeyInfo]:
    found = [*_infos(wrote, "numbers", "scalar"), *_infos(wrote, "vectors", "vector")]
    numeric = {info.key for info in found if info.kind == "scalar"}
    found += [info for info in _infos(wrote, "others", "") if info.key not in numeric]
    return sorted(found, key=lambda info: info.key)


def _infos(wrote: list[_Wrote], what: str, kind: str) -> Iterable[KeyInfo]:
    listed: list[Mapping[str, list[tuple[int, int, object]]]] = [getattr(one, what) for one in wrote]
    for key in dict.fromkeys(key for mapping in listed for key in mapping):
        ranks = tuple(sorted({one.rank for one, mapping in zip(wrote, listed, strict=True) if key in mapping}))
        every = [row for one, m in zip(wrote, listed, strict=True) if one.rank == ranks[0] for row in m.get(key, [])]
        shown = [
            row
            for one, m in zip(wrote, listed, strict=True)
            if one.rank == ranks[0]
            for row in one.visible(m.get(key, []))
        ]
        last = (shown or every)[-1]
        number = float(last[2]) if kind == "scalar" else None
        yield KeyInfo(key, kind or media_type(last[2]), len(shown), number, ranks, None, last[0] if shown else None)
