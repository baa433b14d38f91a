"""The server's own upkeep: what is over or long is brought into columns, what runs and is short is left alone."""

from pathlib import Path

import pytest

from belvedere.server import upkeep
from belvedere.server.library import Library, shelf_of
from belvedere.store.store import open_store
from tests.server.recorded import record


def test_a_run_that_is_over_is_compacted_and_reads_the_same(tmp_path: Path) -> None:
    over, running = record(tmp_path, "over"), record(tmp_path, "running", finished=False)
    library = Library([shelf_of(open_store(tmp_path))])
    before = library.run(("p", "over")).series("train/loss").values.tolist()
    upkeep.Upkeep(library).round()
    assert over.manifests()
    assert not running.manifests()
    assert library.run(("p", "over")).series("train/loss").values.tolist() == before


def test_a_long_tail_is_compacted_while_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "TAIL_BYTES", 1000)
    running = record(tmp_path, "running", finished=False)
    upkeep.Upkeep(Library([shelf_of(open_store(tmp_path))])).round()
    assert running.manifests()


def test_a_run_that_cannot_be_compacted_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    odd, fine = record(tmp_path, "a-odd"), record(tmp_path, "b-fine")
    odd.columns.write_text("a file where a folder should be")
    upkeep.Upkeep(Library([shelf_of(open_store(tmp_path))])).round()
    assert "p/a-odd stays uncompacted" in caplog.text
    assert fine.manifests()


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    folder = record(tmp_path, "over")
    worker = upkeep.Upkeep(Library([shelf_of(open_store(tmp_path))]))
    worker.round()
    first = folder.manifests()
    worker.round()
    assert folder.manifests() == first


def test_a_backlog_does_not_keep_a_growing_run_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "TAIL_BYTES", 1000)
    over = [record(tmp_path, f"over{number}") for number in range(2)]
    running = record(tmp_path, "running", finished=False)
    worker = upkeep.Upkeep(Library([shelf_of(open_store(tmp_path))]))
    monkeypatch.setattr(upkeep, "ROUND_SECONDS", 0.0001)
    assert worker.round() is False
    assert running.manifests() and not all(folder.manifests() for folder in over)
    monkeypatch.setattr(upkeep, "ROUND_SECONDS", 60.0)
    assert worker.round() is True
    assert all(folder.manifests() for folder in over)
