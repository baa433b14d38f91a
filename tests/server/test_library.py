"""The served runs: the table never waits for all of them, one run never waits for the table."""

from pathlib import Path

import pytest

from belvedere.core.errors import NotFound
from belvedere.server import library as library_module
from belvedere.server.library import Library, shelf_of
from belvedere.store import index
from belvedere.store.store import open_store
from tests.server.recorded import record


def library_of(root: Path) -> Library:
    return Library([shelf_of(open_store(root))])


def test_a_run_is_found_without_the_run_table(tmp_path: Path) -> None:
    record(tmp_path, "run1")
    library = library_of(tmp_path)
    assert library.run(("p", "run1")).steps == 100
    with pytest.raises(NotFound, match="p/other"):
        library.run(("p", "other"))
    assert library.is_behind  # nobody asked for the table yet


def test_what_was_not_read_in_time_is_told_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        record(tmp_path, f"run{number}")
    monkeypatch.setattr(index, "SLICE_SECONDS", 1e-9)  # one run a slice
    monkeypatch.setattr(library_module, "SWEEP_PATIENCE_SECONDS", 60.0)  # however slow the machine
    monkeypatch.setattr(index, "CHEAP_SECONDS", 60.0)
    library = library_of(tmp_path)
    assert (library.rows(patience_secs=0.0), library.is_behind) == ([], True)
    told = library.changes()
    assert (sorted(change.id for change in told), library.is_behind) == (["run0", "run1", "run2"], False)
    assert library.changes() == []
    record(tmp_path, "run1", steps=101, rank=1)
    assert [(change.id, change.steps) for change in library.changes()] == [("run1", 101)]


def test_growth_tells_state_steps_and_keys(tmp_path: Path) -> None:
    record(tmp_path, "run1")
    library = library_of(tmp_path)
    grew = library.growth(("p", "run1"), library.log_bytes(("p", "run1")))
    assert grew is not None
    assert (grew.state, grew.steps, grew.keys_version) == ("finished", 100, len(library.run(("p", "run1")).keys()))
    assert grew.bytes == sum(path.stat().st_size for path in (tmp_path / "p/run1/log").glob("*/*"))
    assert library.growth(("p", "none"), library.log_bytes(("p", "none"))) is None
