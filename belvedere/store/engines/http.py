"""The engine over a Belvedere server: `bv.open("http://127.0.0.1:7007")`."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec
import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Alerted, Defined
from belvedere.core.errors import BelvedereError, FilterError, NotFound, ServerUnreachable, UsageError
from belvedere.core.query import Query
from belvedere.core.series import Buckets, Series, Stage, VectorSeries
from belvedere.store.engine import RunName, run_name
from belvedere.store.filters import Condition, as_filter
from belvedere.store.frames import read_frame
from belvedere.store.liveness import Attempt
from belvedere.store.records import ConsoleLine, ConsolePage, KeyInfo, MediaItem, RunDetail, RunRow

TIMEOUT_SECONDS = 30.0
WAIT_SECONDS = 20  # for a table that the server is still reading: one that lacks runs is worse than a late one
RUNS_PER_PAGE = 500
LINES_PER_PAGE = 50_000
STEPS_MAX = 1_000_000
NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class _Row(msgspec.Struct):
    """A run as the server tells it; fields it does not know are passed over."""

    project: str
    id: str
    name: str = ""
    group: str = ""
    job_type: str = ""
    tags: list[str] = []
    state: str = "finished"
    steps: int = 0
    created: float = 0.0
    updated: float = 0.0
    config: dict[str, object] = {}
    summary: dict[str, object] = {}
    damage: list[str] = []

    def row(self) -> RunRow:
        """In the words of the store."""
        return RunRow(
            self.project, self.id, self.name, self.group, self.job_type, tuple(self.tags), self.state, self.steps,
            self.created, self.updated, self.config, {key: _number(value) for key, value in self.summary.items()},
            tuple(self.damage),
        )  # fmt: skip


class _Page(msgspec.Struct):
    total: int
    runs: list[_Row]


class _Attempt(msgspec.Struct):
    writer: str
    rank: int
    started: float
    host: str = ""
    pid: int = 0
    state: str = "finished"
    resume_from: int | None = None


class _Alert(msgspec.Struct):
    title: str
    step: int = 0
    time: float = 0.0
    text: str = ""
    level: str = "info"


class _Definition(msgspec.Struct):
    x: str | None = None
    summary: list[str] = []
    goal: str | None = None
    unit: str | None = None
    hidden: bool = False


class _Detail(_Row):
    notes: str = ""
    environment: dict[str, object] = {}
    stages: list[Stage] = []
    alerts: list[_Alert] = []
    attempts: list[_Attempt] = []
    definitions: dict[str, _Definition] = {}
    dropped_rows: int = 0
    world_size: int = 1


class HttpEngine:
    """All runs of one server. A token comes from the address (`?token=`) or from BELVEDERE_API_KEY."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._token = next(iter(parse_qs(parts.query).get("token", [])), os.environ.get("BELVEDERE_API_KEY", ""))

    # ---- runs ---------------------------------------------------------------------------------------------------

    def projects(self) -> list[str]:
        return sorted(str(found["project"]) for found in self._json("/api/projects", {"wait": WAIT_SECONDS}))

    def find(self, run_id: str) -> list[RunName]:
        text = f"id == {json.dumps(run_id, ensure_ascii=False)}"
        return sorted((RunName(row.project, row.id) for row in self._rows(text, None)), key=str)

    def runs(self, condition: Condition | None, project: str | None) -> list[RunRow]:
        return self._rows("" if condition is None else as_filter(condition), project)

    def _rows(self, text: str, project: str | None) -> list[RunRow]:
        found: list[RunRow] = []
        while True:
            asked = {
                "filter": text,
                "project": project or "",
                "sort": "-created",
                "offset": len(found),
                "limit": RUNS_PER_PAGE,
                "wait": WAIT_SECONDS,
            }
            page = msgspec.json.decode(self._get("/api/runs", {k: v for k, v in asked.items() if v != ""}), type=_Page)
            found += [row.row() for row in page.runs]
            if not page.runs or len(found) >= page.total:
                return found

    def detail(self, run: RunName) -> RunDetail:
        found = msgspec.json.decode(self._get(_place(run)), type=_Detail)
        return RunDetail(
            found.row(), found.notes, found.environment, tuple(found.stages),
            tuple(Alerted(one.time, one.step, one.title, one.text, one.level) for one in found.alerts),
            tuple(
                Attempt(one.writer, one.rank, one.started, one.host, one.pid, one.state, one.resume_from)
                for one in found.attempts
            ),
            {
                key: Defined(0.0, key, one.x, tuple(one.summary), one.goal, one.unit, one.hidden)
                for key, one in found.definitions.items()
            },
            (), found.dropped_rows, found.world_size,
        )  # fmt: skip

    def keys(self, run: RunName) -> list[KeyInfo]:
        return [_key_info(found) for found in self._json(_place(run) + "/keys", field="keys")]

    # ---- numbers ------------------------------------------------------------------------------------------------

    def series(self, query: Query) -> Series:
        entry, arrays = self._frame(query, None)
        steps = arrays["steps"].astype(np.int64)
        return Series(
            query.keys[0], steps, _floats(arrays["times"]), _floats(arrays["values"]), _text(entry.get("unit"))
        )

    def buckets(self, query: Query) -> Buckets:
        entry, arrays = self._frame(query, query.buckets)
        x, x_last, low, high, mean, last = (
            _floats(arrays[name]) for name in ("x", "x_last", "min", "max", "mean", "last")
        )
        count, nan, plus, minus = (arrays[name].astype(np.int64) for name in ("count", "nan", "posinf", "neginf"))
        total, unit = int(cast(int, entry["total"])), _text(entry.get("unit"))
        return Buckets(query.keys[0], x, x_last, low, high, mean, last, count, nan, plus, minus, total, unit)

    def _frame(self, query: Query, buckets: int | None) -> tuple[Mapping[str, object], dict[str, NDArray[np.generic]]]:
        asked = {
            "key": query.keys[0], "x": query.x, "lo": query.lo, "hi": query.hi, "buckets": buckets,
            "scale": query.scale, "rank": query.rank, "dtype": "f8",
        }  # fmt: skip
        given = {name: value for name, value in asked.items() if value is not None}
        entry, arrays = read_frame(self._get(_place(run_name(query.run)) + "/series", given))[0]
        if entry.get("error"):
            raise NotFound(str(entry["error"]))
        return entry, arrays

    def vectors(self, run: RunName, family: str, rank: int | None) -> VectorSeries:
        asked = {"family": family, "max_steps": STEPS_MAX, "rank": rank}
        given = {name: value for name, value in asked.items() if value is not None}
        entry, arrays = read_frame(self._get(_place(run) + "/vectors", given))[0]
        if entry.get("error"):
            raise NotFound(str(entry["error"]))
        names = tuple(cast(list[str], entry["names"]))
        values = arrays["values"].reshape(-1, len(names))
        steps = arrays["steps"].astype(np.int64)
        return VectorSeries(
            family, steps, _floats(arrays["times"]), names, cast(NDArray[np.floating], values), _text(entry.get("unit"))
        )

    # ---- other values -------------------------------------------------------------------------------------------

    def media(self, run: RunName, key: str) -> list[MediaItem]:
        return [_media_item(found) for found in self._json(_place(run) + "/media", {"key": key}, field="items")]

    def content(self, run: RunName, item: MediaItem) -> bytes | None:
        if not item.sha256:
            return None
        try:
            return self._get(f"{_place(run)}/files/{item.sha256}{item.record.get('suffix', '')}")
        except NotFound:
            return None

    def console(self, run: RunName, offset: int, limit: int | None) -> ConsolePage:
        lines: list[ConsoleLine] = []
        first, total = offset, 0
        while True:
            left = LINES_PER_PAGE if limit is None else min(LINES_PER_PAGE, limit - len(lines))
            at = first + len(lines) if lines else offset
            page = json.loads(self._get(_place(run) + "/console", {"offset": at, "limit": left}))
            total, got = int(page["total"]), page["lines"]
            first = int(page["offset"]) if not lines else first
            lines += [ConsoleLine(one["time"], one["stream"], one["text"], one.get("rank", 0)) for one in got]
            if not got or first + len(lines) >= total or (limit is not None and len(lines) >= limit):
                return ConsolePage(total, first, tuple(lines))

    # ---- the wire -----------------------------------------------------------------------------------------------

    def told(self, path: str) -> dict[str, object]:
        """What the server says at one of its addresses that is not about a run: a JSON object."""
        return cast(dict[str, object], json.loads(self._get(path)))

    def _json(
        self, path: str, given: Mapping[str, object] | None = None, *, field: str = ""
    ) -> list[dict[str, object]]:
        found = json.loads(self._get(path, given))
        return cast(list[dict[str, object]], found[field] if field else found)

    def _get(self, path: str, given: Mapping[str, object] | None = None) -> bytes:
        address = self.address + path + (f"?{urlencode(given)}" if given else "")
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address, headers=headers), timeout=TIMEOUT_SECONDS
            ) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error.code, error.read(), address) from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise ServerUnreachable(
                f"no answer ({reason}); is `belvedere serve` running there? {self.address}"
            ) from error


def _refused(status: int, body: bytes, address: str) -> BelvedereError:
    """The server's refusal as the error that the same question to a folder would raise."""
    try:
        told = json.loads(body)
        text = "; ".join(part for part in (str(told["error"]), str(told.get("next", ""))) if part)
    except (ValueError, KeyError, TypeError):
        text = f"the server answered {status}: {address}"
    kind = {404: NotFound, 400: UsageError, 401: UsageError, 403: UsageError}.get(status, ServerUnreachable)
    return FilterError(text) if kind is UsageError and "filter" in text else kind(text)


def _place(run: RunName) -> str:
    return f"/api/runs/{quote(run.project, safe='')}/{quote(run.id, safe='')}"


def _key_info(found: Mapping[str, object]) -> KeyInfo:
    last = _number(found.get("last"))
    step = found.get("last_step")
    return KeyInfo(
        str(found["key"]), str(found["kind"]), int(cast(int, found["count"])),
        float(last) if isinstance(last, int | float) else None, tuple(cast(Sequence[int], found.get("ranks", ()))),
        _text(found.get("unit")), None if step is None else int(cast(int, step)),
    )  # fmt: skip


def _media_item(found: Mapping[str, object]) -> MediaItem:
    record = cast(Mapping[str, object], found["record"])
    step, moment = int(cast(int, found["step"])), float(cast(float, found["time"]))
    path: Path | None = None  # it lies on the server
    return MediaItem(step, moment, str(found["type"]), record, path, str(record.get("sha256", "")))


def _number(value: object) -> object:
    return NOT_FINITE.get(value, value) if isinstance(value, str) else value


def _floats(values: NDArray[np.generic]) -> NDArray[np.float64]:
    return values.astype(np.float64)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
