"""The tests that every engine passes: the same answers as the reference, to the last bit where that can be.

class TestMyEngine(EngineConformance):
    def engine(self, root: Path) -> Engine: ...
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import NotFound
from belvedere.core.query import Query
from belvedere.core.series import Buckets, Series
from belvedere.store.engine import Engine, RunName, run_name
from belvedere.store.engines.memory import MemoryEngine
from belvedere.store.filters import flat, parse
from belvedere.store.records import KeyInfo, RunDetail
from belvedere.store.samples import write_samples

MEAN_TOLERANCE = 1e-12  # of the largest magnitude in the bucket: sums may be taken in another order
WINDOWS = ((None, None), (13.5, 88.0), (0.0, 40.0), (50.0, None), (None, -1.0), (1e9, None), (200.0, 25_000.0))
FILTERS = (
    'state == "finished"', "config.lr > 1e-4 and steps >= 10", 'tags has "sft" or name contains "resu"',
    'config.model.depth == 4 and not state in ["failed", "stopped"]', "summary.loss < 10", "config.betas has 0.95",
    'config.model.name ~ "^g.t$"', "config.amp == true", "config.lr != 0.5", 'summary.final == "good"',
    "created > 1700000045",
)  # fmt: skip


class EngineConformance:
    """Inherit, say how to make the engine over a folder of logs, and run with pytest."""

    def engine(self, root: Path) -> Engine:
        """The engine under test over the logs in `root`."""
        raise NotImplementedError

    def test_runs_are_listed_and_described_alike(self, tmp_path: Path) -> None:
        names, engine, reference = self._prepared(tmp_path)
        assert engine.projects() == reference.projects() == ["demo"]
        assert [row.id for row in engine.runs(None, None)] == [row.id for row in reference.runs(None, None)]
        assert [row.id for row in engine.runs(None, "demo")] == [row.id for row in engine.runs(None, None)]
        for name in names:
            assert engine.find(run_name(name).id) == [run_name(name)]
            assert _facts(engine.detail(run_name(name))) == _facts(reference.detail(run_name(name)))
            assert engine.keys(run_name(name)) == reference.keys(run_name(name))

    def test_filters_choose_alike(self, tmp_path: Path) -> None:
        _, engine, reference = self._prepared(tmp_path)
        for text in FILTERS:
            found = [row.id for row in engine.runs(parse(text), None)]
            assert found == [row.id for row in reference.runs(parse(text), None)], text
            assert found, text

    def test_exact_series_are_what_was_logged(self, tmp_path: Path) -> None:
        names, engine, reference = self._prepared(tmp_path)
        for name in names:
            for info in _numbers(reference, name):
                for query in _queries(name, info, buckets=None):
                    assert_same_series(engine.series(query), reference.series(query), query)

    def test_buckets_hide_nothing(self, tmp_path: Path) -> None:
        names, engine, reference = self._prepared(tmp_path)
        for name in names:
            for info in _numbers(reference, name):
                for count in (3, 40):
                    for query in _queries(name, info, buckets=count):
                        assert_same_buckets(engine.buckets(query), reference.buckets(query), query)

    def test_vectors_come_as_one_matrix(self, tmp_path: Path) -> None:
        _, engine, reference = self._prepared(tmp_path)
        for name in ("demo/rich", "demo/resumed"):
            got, wanted = (one.vectors(run_name(name), "norm", None) for one in (engine, reference))
            assert got.names == wanted.names
            assert _same(got.steps, wanted.steps) and _same(got.times, wanted.times)
            assert _same(got.values, wanted.values.astype(got.values.dtype))

    def test_rich_values_and_console_come_back(self, tmp_path: Path) -> None:
        _, engine, reference = self._prepared(tmp_path)
        for name, key in (("rich", "picture"), ("rich", "note"), ("resumed", "text"), ("rich", "nothing")):
            run = RunName("demo", name)
            got, wanted = (one.media(run, key) for one in (engine, reference))
            assert [replace(item, path=None) for item in got] == [replace(item, path=None) for item in wanted]
        for offset, limit in ((0, None), (0, 5), (-7, 3), (100, 60), (10_000, 5)):
            for name in ("rich", "ranked", "empty"):
                run = RunName("demo", name)
                assert engine.console(run, offset, limit) == reference.console(run, offset, limit)

    def test_the_files_of_rich_values_come_back(self, tmp_path: Path) -> None:
        _, engine, reference = self._prepared(tmp_path)
        run = RunName("demo", "rich")
        there = next(item for item in reference.media(run, "picture") if item.record["suffix"] == ".png")
        assert there.path is not None
        there.path.parent.mkdir(parents=True, exist_ok=True)
        there.path.write_bytes(b"png")
        found = {str(item.record["suffix"]): engine.content(run, item) for item in engine.media(run, "picture")}
        assert found == {".png": b"png", ".jpg": None}  # the other file was not copied with the run
        assert engine.content(run, engine.media(run, "note")[0]) is None

    def test_what_is_missing_is_not_found(self, tmp_path: Path) -> None:
        _, engine, _ = self._prepared(tmp_path)
        plain = RunName("demo", "plain")
        assert "loss" in _not_found(lambda: engine.series(Query(str(plain), ("los",))))
        assert "loss" in _not_found(lambda: engine.buckets(Query(str(plain), ("los",), buckets=5)))
        assert _not_found(lambda: engine.series(Query(str(plain), ("loss",), rank=3)))
        assert _not_found(lambda: engine.vectors(plain, "loss", None))
        assert _not_found(lambda: engine.media(plain, "picture"))
        assert _not_found(lambda: engine.detail(RunName("demo", "nobody")))
        assert engine.find("nobody") == []

    def _prepared(self, root: Path) -> tuple[list[str], Engine, MemoryEngine]:
        names = write_samples(root)
        return names, self.engine(root), MemoryEngine(root)


def _facts(detail: RunDetail) -> list[object]:
    """What every engine knows of a run; damage, files and what only listing takes are told by those that see them."""
    row = replace(detail.row, damage=(), config=_flat(detail.row.config), notes="", facts={}, rows=0)
    return [
        row, detail.notes, dict(detail.environment),
        detail.stages, detail.alerts, detail.dropped_rows, detail.world_size,
        [(one.writer, one.rank, one.started, one.host, one.pid, one.state, one.resume_from) for one in detail.attempts],
        {key: (one.x, tuple(one.summary), one.goal, one.unit, one.hidden) for key, one in detail.definitions.items()},
    ]  # fmt: skip


def _flat(config: Mapping[str, object]) -> dict[str, object]:
    return dict(flat(config, ""))


def _numbers(reference: MemoryEngine, name: str) -> list[KeyInfo]:
    return [info for info in reference.keys(run_name(name)) if info.kind == "scalar"]


def _queries(name: str, info: KeyInfo, *, buckets: int | None) -> Iterator[Query]:
    for lo, hi in WINDOWS:
        yield Query(name, (info.key,), "step", lo, hi, buckets)
    yield Query(name, (info.key,), "relative", None, None, buckets)
    yield Query(name, (info.key,), "relative", 0.0005, 0.004, buckets)
    yield Query(name, (info.key,), "time", 1_700_000_000.001, None, buckets)
    yield Query(name, (info.key,), info.key, None, None, buckets)
    for rank in info.ranks:
        yield Query(name, (info.key,), "step", None, None, buckets, rank=rank)
    if buckets is not None:
        yield Query(name, (info.key,), "step", None, None, buckets, "log")
        yield Query(name, (info.key,), "step", 3.0, 90.0, buckets, "log")
        yield Query(name, (info.key,), "relative", -1.0, None, buckets, "log")


def assert_same_series(got: Series, wanted: Series, about: object = "") -> None:
    """Bit for bit."""
    assert (got.key, got.unit) == (wanted.key, wanted.unit), about
    for field in ("steps", "times", "values"):
        assert _same(getattr(got, field), getattr(wanted, field)), f"{field} differ: {about}"
    assert [array.dtype.str for array in (got.steps, got.times, got.values)] == ["<i8", "<f8", "<f8"], about


def assert_same_buckets(got: Buckets, wanted: Buckets, about: object = "") -> None:
    """Bit for bit, but for the last digits of the mean."""
    assert (got.key, got.unit, got.total) == (wanted.key, wanted.unit, wanted.total), about
    for field in ("x", "x_last", "min", "max", "last", "count", "nan", "posinf", "neginf"):
        assert _same(getattr(got, field), getattr(wanted, field)), f"{field} differ: {about}"
    size = np.maximum(np.abs(wanted.min), np.abs(wanted.max))
    assert _same(np.isnan(got.mean), np.isnan(wanted.mean)), f"mean differs: {about}"
    with np.errstate(over="ignore"):
        near = np.abs(got.mean - wanted.mean) <= MEAN_TOLERANCE * size + 1e-320
    assert np.all(near | np.isnan(wanted.mean)), f"mean differs: {about}"


def _same(got: NDArray[np.generic], wanted: NDArray[np.generic]) -> bool:
    return bool(np.array_equal(got, wanted, equal_nan=got.dtype.kind == "f"))


def _not_found(ask: object) -> str:
    try:
        ask()  # type: ignore[operator]
    except NotFound as error:
        return str(error)
    raise AssertionError("no NotFound was raised")
