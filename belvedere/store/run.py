"""One run, for reading: what it was, how it ended, and everything it logged, as of now (a running one grows between
calls)."""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, overload

import numpy as np

from belvedere.core.entries import Alerted, Defined, FileSaved
from belvedere.core.names import matcher
from belvedere.core.query import Needs, Query, Scale, evenly_chosen, resolved, resolved_media
from belvedere.core.series import Buckets, Floats, Media, RunData, Series, Stage, VectorSeries
from belvedere.store.engine import Engine, RunName
from belvedere.store.filters import parse
from belvedere.store.inventory import inventory
from belvedere.store.lines import x_values
from belvedere.store.liveness import Attempt
from belvedere.store.parts import Exact
from belvedere.store.records import ConsoleLine, ConsolePage, KeyInfo, MediaItem, RunDetail, RunRow

if TYPE_CHECKING:
    import pandas

LISTED_SECONDS = 5.0  # so long a run that is over is believed to be as it was listed
FELLOWS_MAX = 500
DETAIL_SECONDS = 0.05  # attributes read one after another describe the same moment


class Run:
    """Made by `Store.run` and `Store.runs`."""

    def __init__(self, engine: Engine, name: RunName, row: RunRow | None = None) -> None:
        self._engine, self._name = engine, name
        is_over = row is not None and row.state != "running"
        self._listed = row
        self._listed_until = time.monotonic() + (LISTED_SECONDS if is_over else DETAIL_SECONDS)
        self._detail: RunDetail | None = None
        self._detail_at = 0.0
        self._counted: list[KeyInfo] = []
        self._inventory = inventory(())

    def __repr__(self) -> str:
        return f"Run({str(self._name)!r})"

    # ---- what it is ---------------------------------------------------------------------------------------------

    @property
    def project(self) -> str:
        return self._name.project

    @property
    def id(self) -> str:
        return self._name.id

    @property
    def path(self) -> str:
        """ "project/id"."""
        return str(self._name)

    @property
    def row(self) -> RunRow:
        """Its line of the run table; for a listed run as it was listed, while that is fresh."""
        return self._row

    @property
    def name(self) -> str:
        return self._row.name

    @property
    def group(self) -> str:
        return self._row.group

    @property
    def job_type(self) -> str:
        return self._row.job_type

    @property
    def tags(self) -> tuple[str, ...]:
        return self._row.tags

    @property
    def state(self) -> str:
        """running, finished, failed, crashed or stopped."""
        return self._row.state

    @property
    def steps(self) -> int:
        """The last step + 1; 0 when nothing was logged."""
        return self._row.steps

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return self._row.created

    @property
    def updated(self) -> float:
        """When the last entry was written, seconds since 1970."""
        return self._row.updated

    @property
    def config(self) -> Mapping[str, object]:
        return self._row.config

    @property
    def summary(self) -> Mapping[str, object]:
        return self._row.summary

    @property
    def damage(self) -> list[str]:
        """What could not be read: file, offset and reason. Empty when all is well."""
        return list(self._row.damage)

    @property
    def notes(self) -> str:
        return self.detail.notes

    @property
    def environment(self) -> Mapping[str, object]:
        return self.detail.environment

    @property
    def stages(self) -> tuple[Stage, ...]:
        return self.detail.stages

    @property
    def alerts(self) -> tuple[Alerted, ...]:
        return self.detail.alerts

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every process start, by time."""
        return self.detail.attempts

    @property
    def definitions(self) -> Mapping[str, Defined]:
        return self.detail.definitions

    @property
    def files(self) -> tuple[FileSaved, ...]:
        return self.detail.files

    @property
    def dropped_rows(self) -> int:
        """Rows that a full disk refused."""
        return self.detail.dropped_rows

    @property
    def world_size(self) -> int:
        return self.detail.world_size

    @property
    def hosts(self) -> tuple[str, ...]:
        """Machines that wrote to the run."""
        return tuple(dict.fromkeys(attempt.host for attempt in self.attempts if attempt.host))

    @property
    def detail(self) -> RunDetail:
        """All of it at once."""
        now = time.monotonic()
        if self._detail is None or now - self._detail_at > DETAIL_SECONDS:
            self._detail = self._engine.detail(self._name)
            self._detail_at = now
        return self._detail

    @property
    def _row(self) -> RunRow:
        if self._listed is not None and time.monotonic() < self._listed_until:
            return self._listed
        return self.detail.row

    # ---- what it logged -----------------------------------------------------------------------------------------

    def keys(self, pattern: str = "*") -> list[KeyInfo]:
        """Keys that fit a pattern, in the order of their names."""
        fits = matcher(pattern)
        return [info for info in self._engine.keys(self._name) if fits(info.key)]

    @overload
    def series(
        self, key: str, buckets: None = None, lo: float | None = None, hi: float | None = None, x: str = "step",
        scale: Scale = "linear", rank: int | None = None,
    ) -> Series: ...  # fmt: skip

    @overload
    def series(
        self, key: str, buckets: int, lo: float | None = None, hi: float | None = None, x: str = "step",
        scale: Scale = "linear", rank: int | None = None,
    ) -> Buckets: ...  # fmt: skip

    def series(
        self, key: str, buckets: int | None = None, lo: float | None = None, hi: float | None = None, x: str = "step",
        scale: Scale = "linear", rank: int | None = None,
    ) -> Series | Buckets:  # fmt: skip
        """Every point of a series, or its `buckets`. x is "step", "relative", "time" or another key; lo and hi bound
        it."""
        query = Query(str(self._name), (key,), x, lo, hi, buckets, scale, rank)
        return self._engine.series(query) if buckets is None else self._engine.buckets(query)

    def x_values(self, series: Series, x: str = "step", rank: int | None = None) -> Floats:
        """The x of every point of an exact series (n,); NaN where another series has no value at that step."""

        def other() -> Exact:
            return _exact(self.series(x, rank=rank))

        return x_values(_exact(series), x, origin_us=round(self.created * 1e6), other=other)

    def vectors(self, family: str, rank: int | None = None) -> VectorSeries:
        """All vectors of a family, such as "grad_norm"."""
        return self._engine.vectors(self._name, family, rank)

    def media(self, key: str) -> list[MediaItem]:
        """Rich values under a key: images, tables, text …, by step."""
        return self._engine.media(self._name, key)

    def content(self, item: MediaItem) -> bytes | None:
        """The bytes of a rich value's file; None when it has none, or the run was copied without it."""
        return self._engine.content(self._name, item)

    def console(self, offset: int = 0, limit: int | None = None) -> list[ConsoleLine]:
        """Lines that the processes wrote, by time; a negative offset counts from the end."""
        return list(self.console_page(offset, limit).lines)

    def console_page(self, offset: int = 0, limit: int | None = None) -> ConsolePage:
        """Lines with their place among all of them."""
        return self._engine.console(self._name, offset, limit)

    def frame(self, keys: list[str] | None = None) -> "pandas.DataFrame":
        """Series side by side, one row for each step that any of them has (its last value); needs pandas."""
        import pandas

        chosen = [info.key for info in self.keys() if info.kind == "scalar"] if keys is None else keys
        columns = {}
        for key in chosen:
            series = self.series(key)
            is_last = np.append(series.steps[1:] != series.steps[:-1], True)[: len(series)]
            columns[key] = pandas.Series(series.values[is_last], index=series.steps[is_last])
        table = pandas.DataFrame(columns, columns=chosen).sort_index()
        table.index.name = "step"
        return table

    def data(self, needs: Needs) -> RunData:
        """Exactly what a rule or figure declared, as far as the run has it; `needs.optional` may name series or
        families."""
        infos = self.keys()
        scalars = {info.key: info for info in infos if info.kind == "scalar"}
        families = [info.key for info in infos if info.kind == "vector"]
        types = {info.key: info.kind for info in infos if info.kind not in ("scalar", "vector")}
        keys = [key for need in (*needs.series, *needs.optional) for key in resolved(need, scalars)]
        names = [name for need in (*needs.vectors, *needs.optional) for name in resolved(need, families)]
        media = [key for need in (*needs.media, *needs.optional_media) for key in resolved_media(need, types)]
        ranked = [key for need in needs.by_rank for key in resolved(need, scalars)]
        row = self._row
        return RunData(
            self.id, self.project, row.name, row.state, row.config, row.summary,
            {key: self.series(key) for key in dict.fromkeys(keys)},
            {name: self.vectors(name) for name in dict.fromkeys(names)},
            self.stages, row.group,
            {key: self._snapshots(key) for key in dict.fromkeys(media)},
            {key: {rank: self.series(key, rank=rank) for rank in scalars[key].ranks} for key in dict.fromkeys(ranked)},
        )  # fmt: skip

    def lacks(self, needs: Needs) -> str:
        """What a rule or figure requires and the run does not have, in words; "" if nothing. Reads no series."""
        infos = self._engine.keys(self._name)
        if infos is not self._counted:
            self._counted, self._inventory = infos, inventory(infos)
        return self._inventory.lacks(needs)

    def fellows(self) -> "list[Run]":
        """The runs of this run's group, or of its project when it is in none: itself first, then the others, newest
        first, at most FELLOWS_MAX of them."""
        group = self._row.group
        condition = parse(f"group == {json.dumps(group, ensure_ascii=False)}") if group else None
        rows = self._engine.runs(condition, self.project)[:FELLOWS_MAX]
        others = [Run(self._engine, RunName(row.project, row.id), row) for row in rows if row.id != self.id]
        return [self, *others]

    def _snapshots(self, key: str) -> tuple[Media, ...]:
        items = self.media(key)
        chosen = [items[place] for place in evenly_chosen(len(items))]
        return tuple(Media(item.step, item.time, item.type, item.record, self.content(item)) for item in chosen)


def _exact(series: Series) -> Exact:
    return Exact(series.steps, np.round(series.times * 1e6).astype(np.int64), series.values)


__all__ = ["Attempt", "ConsoleLine", "KeyInfo", "MediaItem", "Run"]
