"""The run table is kept fresh in slices: newest runs first, unchanged ones untouched, one run never waits for all."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from belvedere.core.entries import RunFinished
from belvedere.runlog import layout
from belvedere.runlog.layout import RunFolder, run_folder
from belvedere.store import catalog, index
from belvedere.store.engine import RunName
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.filters import parse
from belvedere.store.index import RunIndex
from belvedere.store.records import KeyInfo, RunRow
from belvedere.store.samples import BEGAN, open_log, write_run


class Described:
    """Describes runs by their name alone, and remembers which."""

    def __init__(self, state: str = "finished") -> None:
        self.state = state
        self.names: list[str] = []

    def __call__(self, folder: RunFolder) -> RunRow:
        self.names.append(folder.run_id)
        return RunRow(folder.project, folder.run_id, state=self.state, created=float(folder.run_id[1:]))


def runs_of(root: Path, count: int) -> None:
    """Runs r1 … rn, of which the last one began to write last."""
    for number in range(1, count + 1):
        folder = write_run(root, [(0, {"a": 1.0})], f"r{number}", start=BEGAN + number)
        os.utime(folder.logs, (BEGAN + number, BEGAN + number))


def ids(found: list[RunRow]) -> list[str]:
    return [row.id for row in found]


def test_newest_runs_are_read_first_and_the_rest_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs_of(tmp_path, 4)
    monkeypatch.setattr(index, "SLICE_SECONDS", 1e-9)  # one run a slice
    described = Described()
    table = RunIndex(tmp_path, described)
    table.refresh_within(0.0)
    assert (table.is_complete, ids(table.rows(None, None))) == (False, [])
    seen = []

    def looking(folder: RunFolder) -> RunRow:
        seen.append(ids(table.rows(None, None)))
        return described(folder)

    table._describe = looking
    table.refresh()
    assert described.names == ["r4", "r3", "r2", "r1"]
    assert seen == [[], ["r4"], ["r4", "r3"], ["r4", "r3", "r2"]]
    assert (table.is_complete, ids(table.rows(None, None))) == (True, ["r4", "r3", "r2", "r1"])


@pytest.mark.parametrize("state", ["finished", "crashed"])
def test_a_run_that_did_not_change_is_not_read_again(tmp_path: Path, state: str) -> None:
    runs_of(tmp_path, 3)
    described = Described(state)
    table = RunIndex(tmp_path, described)
    table.refresh()
    table.refresh()
    assert sorted(described.names) == ["r1", "r2", "r3"]
    (segment,) = run_folder(tmp_path, "demo", "r2").logs.glob("*/*")
    segment.write_bytes(segment.read_bytes() + b"more")
    table.refresh()
    assert described.names[3:] == ([] if state == "finished" else ["r2"])


def test_a_finished_run_that_is_taken_up_again_is_read_again(tmp_path: Path) -> None:
    runs_of(tmp_path, 2)
    engine = FolderEngine(tmp_path)
    assert [row.state for row in engine.runs(None, None)] == ["finished", "finished"]
    writer = open_log(tmp_path, "r1", start=BEGAN + 100)
    assert {row.id: row.state for row in engine.runs(None, None)} == {"r2": "finished", "r1": "running"}
    writer.event(RunFinished(writer.now()))
    assert {row.state for row in engine.runs(None, None)} == {"finished"}


def test_one_run_is_read_while_all_are_being_indexed(tmp_path: Path) -> None:
    runs_of(tmp_path, 2)
    engine = FolderEngine(tmp_path)
    reading, may_go_on = threading.Event(), threading.Event()
    describe = engine.index._describe

    def slowly(folder: RunFolder) -> RunRow:
        reading.set()
        assert may_go_on.wait(60)
        return describe(folder)

    engine.index._describe = slowly
    indexing = threading.Thread(target=engine.runs, args=(None, None))
    indexing.start()
    try:
        assert reading.wait(60)
        assert engine.detail(RunName("demo", "r1")).row.steps == 1
        assert engine.runs_by_now(None, None, patience_secs=0.01) == []
    finally:
        may_go_on.set()
        indexing.join(60)
    assert ids(engine.runs_by_now(None, None, patience_secs=60.0)) == ["r2", "r1"]


def test_few_small_runs_need_no_database_until_a_filter_comes(tmp_path: Path) -> None:
    runs_of(tmp_path, 3)
    engine = FolderEngine(tmp_path)
    assert ids(engine.runs(None, None)) == ["r3", "r2", "r1"]
    assert not layout.catalogue(tmp_path).exists()
    assert ids(engine.runs(parse('id != "r2"'), None)) == ["r3", "r1"]
    assert layout.catalogue(tmp_path).exists()
    assert ids(engine.runs(None, None)) == ["r3", "r2", "r1"]


def test_many_runs_come_from_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "DIRECT_RUNS", 2)
    runs_of(tmp_path, 3)
    RunIndex(tmp_path, Described()).refresh()
    again = Described()
    table = RunIndex(tmp_path, again)
    table.refresh()
    assert (again.names, ids(table.rows(None, None))) == ([], ["r3", "r2", "r1"])


def test_a_run_that_was_deleted_leaves_table_and_catalogue(tmp_path: Path) -> None:
    runs_of(tmp_path, 2)
    assert ids(FolderEngine(tmp_path).runs(parse("steps == 1"), None)) == ["r2", "r1"]
    folder = run_folder(tmp_path, "demo", "r2")
    folder.path.rename(folder.path.with_name(".deleted-r2"))
    assert ids(FolderEngine(tmp_path).runs(parse("steps == 1"), None)) == ["r1"]
    assert ids(FolderEngine(tmp_path).runs(None, None)) == ["r1"]


def test_a_catalogue_that_another_process_holds_does_not_change_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "BUSY_SECONDS", 0.05)
    runs_of(tmp_path, 3)
    engine, condition = FolderEngine(tmp_path), parse('id != "r2"')
    assert ids(engine.runs(condition, None)) == ["r3", "r1"]
    other = sqlite3.connect(layout.catalogue(tmp_path), isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        assert ids(engine.runs(condition, "demo")) == ["r3", "r1"]
        assert ids(engine.runs(condition, "other")) == []
        write_run(tmp_path, [], "r4", start=BEGAN + 4)
        assert ids(engine.runs(condition, None)) == ["r4", "r3", "r1"]
    finally:
        other.close()


def test_a_costly_look_is_not_repeated_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "CHEAP_SECONDS", -1.0)
    monkeypatch.setattr(index, "REST", 1e9)
    runs_of(tmp_path, 1)
    engine = FolderEngine(tmp_path)
    engine.runs_by_now(None, None, patience_secs=5.0)
    write_run(tmp_path, [], "r2", start=BEGAN + 2)
    assert ids(engine.runs_by_now(None, None, patience_secs=5.0)) == ["r1"]
    assert ids(engine.runs(None, None)) == ["r2", "r1"]


def test_the_number_of_keys_moves_only_when_one_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = open_log(tmp_path, "r1")
    writer.row(0, {"a": 1.0, "b": 1.0})
    engine, name = FolderEngine(tmp_path), RunName("demo", "r1")
    assert (engine.growth(name).keys, engine.growth(name).steps) == (2, 1)
    with engine.opened(name) as found:
        listed = found.assembly.keys
    counted: list[int] = []

    def counting() -> list[KeyInfo]:
        counted.append(len(listed()))
        return listed()

    monkeypatch.setattr(found.assembly, "keys", counting)
    writer.row(1, {"b": 2.0, "a": 1.0})
    assert (engine.growth(name).keys, engine.growth(name).steps, counted) == (2, 2, [])
    writer.row(2, {"c": 1.0})
    assert (engine.growth(name).keys, engine.growth(name).steps, counted) == (3, 3, [3])


def test_a_run_that_has_not_grown_is_described_once(tmp_path: Path) -> None:
    writer = open_log(tmp_path, "r1")
    writer.row(0, {"a": float("nan")})
    engine, name = FolderEngine(tmp_path), RunName("demo", "r1")
    before = engine.detail(name)
    assert before.row.state == "running" and engine.detail(name) is before
    (segment,) = writer.folder.segments(writer.started.writer_id)
    os.utime(segment, (BEGAN, BEGAN))  # silent for years
    after = engine.detail(name)
    assert (after.row.state, after.attempts[0].state, after.row.steps) == ("crashed", "crashed", 1)


def test_a_row_of_the_catalogue_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    runs_of(tmp_path, 2)
    condition = parse("steps >= 0")
    engine = FolderEngine(tmp_path)
    assert ids(engine.runs(condition, None)) == ["r2", "r1"]
    engine.index.close()
    with sqlite3.connect(layout.catalogue(tmp_path)) as connection:
        connection.execute("UPDATE run SET row = x'ff' WHERE id = 'r1'")
    connection.close()
    again = FolderEngine(tmp_path)
    assert ids(again.runs(condition, None)) == ["r2", "r1"]
    again.index.close()
