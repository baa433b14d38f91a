"""Rows come back as they were logged, page by page, also while the run grows."""

import math
import shutil
from pathlib import Path

import pytest

from belvedere.core.entries import RunStarted, Stored
from belvedere.core.errors import UsageError
from belvedere.runlog.landing import Landing
from belvedere.runlog.layout import run_folder, writer_id
from belvedere.wandb_protocol import history_index, history_rows
from belvedere.wandb_protocol.history_index import Histories, HistoryIndex
from belvedere.wandb_protocol.history_rows import page, page_of, system_page
from tests.wandb_protocol.landed import BEGAN, land

Row = dict[str, Stored]


def opened(root: Path, run_id: str = "run1") -> HistoryIndex:
    index = HistoryIndex(run_folder(root, "p", run_id))
    index.poll()
    return index


def steps(rows: list[Row]) -> list[object]:
    return [row["_step"] for row in rows]


def test_every_value_comes_back_with_its_type(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"i": 1, "f": 1.0, "b": True, "t": "x", "n": None, "l": [1, "a", None], "d": {"a": 1, "b": {"c": 2.5}}},
        {"i": -(2**62), "f": math.inf, "b": False, "t": "", "n": None, "l": [], "d": {"a": 0, "b": {"c": -math.inf}}},
        {"hist": {"_type": "histogram", "values": [1, 2], "bins": [0.0, 1.0, 2.0]}, "a.b": 3, "a/b": 4},
    ]
    land(tmp_path, rows=rows)
    found = page(opened(tmp_path), None, None, 500)
    assert found == [
        {**row, "_step": place, "_timestamp": BEGAN + place, "_runtime": float(place)} for place, row in enumerate(rows)
    ]
    assert [type(found[0][key]) for key in "ifb"] == [int, float, bool]


def test_not_a_number_stays_one(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"loss": math.nan}])
    (row,) = page(opened(tmp_path), None, None, 500)
    assert isinstance(row["loss"], float) and math.isnan(row["loss"])


def test_a_page_ends_in_front_of_its_last_step(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"_step": step, "x": step} for step in (0, 1, 5, 6, 9)])
    index = opened(tmp_path)
    assert steps(page(index, 1, 6, 500)) == [1, 5]
    assert steps(page(index, 6, None, 500)) == [6, 9]
    assert page(index, 2, 5, 500) == []


def test_a_sample_is_spread_evenly_and_holds_both_ends(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"x": step} for step in range(101)])
    assert steps(page(opened(tmp_path), None, None, 5)) == [0, 25, 50, 75, 100]
    assert steps(page(opened(tmp_path), None, None, 1)) == [100]


def test_more_rows_than_an_answer_holds_are_refused_and_not_thinned_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_rows, "ROWS_MAX", 5)
    land(tmp_path, rows=[{"x": step, "system/cpu": 1.0} for step in range(6)])
    index = opened(tmp_path)
    with pytest.raises(UsageError, match="6 rows in one answer refused; ask for at most 5 at a time"):
        page(index, None, None, 6)
    with pytest.raises(UsageError, match="6 rows"):
        page_of(index, ["x"], None, None, 100)
    assert len(page(index, 1, None, 100)) == len(page(index, None, None, 5)) == 5


def test_only_rows_with_all_keys_are_found_by_keys(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": step, **({"b": -step} if step % 3 == 0 else {})} for step in range(10)])
    index = opened(tmp_path)
    assert page_of(index, ["_step", "b", "a"], None, None, 500) == [
        {"_step": step, "b": -step, "a": step} for step in (0, 3, 6, 9)
    ]
    assert page_of(index, ["b"], 1, 7, 500) == [{"b": -3}, {"b": -6}]
    assert page_of(index, ["a", "missing"], None, None, 500) == []
    assert len(page_of(index, ["_step", "_timestamp", "_runtime"], None, None, 500)) == 10


def test_what_was_logged_in_a_mapping_is_found_by_its_path(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"d": {"a": 1, "b": {"c": 2}}}, {"other": 1}, {"e": {"x.y": {"z": 3}}}])
    index = opened(tmp_path)
    assert page_of(index, ["d.a", "d.b.c"], None, None, 500) == [{"d.a": 1, "d.b.c": 2}]
    assert page_of(index, ["e.x.y.z"], None, None, 500) == [{"e.x.y.z": 3}]
    assert page_of(index, ["d.b"], None, None, 500) == [{"d.b": {"c": 2}}]
    assert page_of(index, ["d"], None, None, 500) == [{"d": {"a": 1, "b": {"c": 2}}}]


def test_what_is_added_to_a_step_later_joins_its_row(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": 1, "table": "old"}, {"a": 2}], state=None)
    started = RunStarted(BEGAN, "p", "run1", writer_id(0, round(BEGAN * 1e9), "0000"))
    landing = Landing(run_folder(tmp_path, "p", "run1"), started)
    landing.row(0, round((BEGAN + 9) * 1e6), {"table": "new", "b": 3})
    landing.close()
    assert page(opened(tmp_path), 0, 1, 500) == [
        {"a": 1, "table": "new", "b": 3, "_step": 0, "_timestamp": BEGAN, "_runtime": 0.0}
    ]


def test_rows_that_a_later_attempt_took_up_again_are_hidden(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": step} for step in range(6)])
    land(tmp_path, rows=[{"_step": step, "a": -step} for step in range(3, 5)], number=1, resume_from=3)
    index = opened(tmp_path)
    assert [row["a"] for row in page(index, None, None, 500)] == [0, 1, 2, -3, -4]
    assert [row["a"] for row in page_of(index, ["a"], None, None, 500)] == [0, 1, 2, -3, -4]


def test_measurements_of_the_machine_are_no_rows_of_the_history(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": 1}], system=[{"system.cpu": 3.5, "system.gpu.0.temp": 40}, {"system.cpu": 4.5}])
    index = opened(tmp_path)
    assert steps(page(index, None, None, 500)) == [0]
    assert system_page(index, 500) == [
        {"_wandb": True, "_timestamp": BEGAN, "_runtime": 0.0, "system.cpu": 3.5, "system.gpu.0.temp": 40},
        {"_wandb": True, "_timestamp": BEGAN + 1, "_runtime": 1.0, "system.cpu": 4.5},
    ]


def test_a_sample_of_many_measurements_holds_both_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_index, "STRETCH_BYTES", 512)
    land(tmp_path, system=[{"system.cpu": float(second)} for second in range(101)])
    found = system_page(opened(tmp_path), 3)
    assert [row["system.cpu"] for row in found] == [0.0, 50.0, 100.0]


def test_a_page_reads_only_the_stretch_that_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_index, "STRETCH_BYTES", 1024)
    land(tmp_path, rows=[{"a": step, "b": float(step)} for step in range(2000)])
    index = opened(tmp_path)
    ((writer, _),) = index.writers()
    assert len(writer.stretches) > 20
    for stretch in writer.stretches:
        if not stretch.lowest <= 1000 <= stretch.highest:
            stretch.path = tmp_path / "nowhere"
    (row,) = page(index, 1000, 1001, 500)
    assert (row["_step"], row["a"], row["b"]) == (1000, 1000, 1000.0)


@pytest.mark.parametrize("stretch_bytes", [64, 300, 4096, 1 << 20])
def test_stretches_of_any_size_hold_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stretch_bytes: int
) -> None:
    monkeypatch.setattr(history_index, "STRETCH_BYTES", stretch_bytes)
    land(tmp_path, rows=[{"a": step, **({"t": f"text {step}"} if step % 2 else {})} for step in range(100)])
    found = page(opened(tmp_path), None, None, 500)
    assert [(row["a"], row.get("t")) for row in found] == [
        (step, f"text {step}" if step % 2 else None) for step in range(100)
    ]


def test_the_index_grows_with_the_run(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "p", "run1")
    landing = Landing(folder, RunStarted(BEGAN, "p", "run1", writer_id(0, round(BEGAN * 1e9), "0a")))
    index = HistoryIndex(folder)
    seen = []
    for step in range(5):
        landing.row(step, round((BEGAN + step) * 1e6), {"a": step})
        index.poll()
        seen.append(steps(page(index, None, None, 500)))
    landing.close()
    assert seen == [list(range(step + 1)) for step in range(5)]
    ((writer, _),) = index.writers()
    assert len(writer.stretches) == 1


def test_a_damaged_segment_hides_nothing_else(tmp_path: Path) -> None:
    land(tmp_path, rows=[{"a": 1}])
    land(tmp_path, rows=[{"_step": 1, "a": 2}], number=1)
    folder = run_folder(tmp_path, "p", "run1")
    (segment,) = folder.segments(folder.writers()[0])
    segment.write_bytes(b"no log of ours at all, but long enough to have a header in front of it" * 4)
    assert [row["a"] for row in page(opened(tmp_path), None, None, 500)] == [2]


def test_a_run_that_was_made_again_has_an_index_of_its_own(tmp_path: Path) -> None:
    histories, folder = Histories(), run_folder(tmp_path, "p", "run1")
    land(tmp_path, rows=[{"a": 1}])
    first = histories.of(folder)
    first.poll()
    assert histories.of(folder) is first
    shutil.move(folder.path, tmp_path / "gone")
    land(tmp_path, rows=[{"a": 2}, {"a": 3}])
    again = histories.of(folder)
    again.poll()
    assert [row["a"] for row in page(again, None, None, 500)] == [2, 3]
    histories.forget(folder)
    assert histories.of(folder) is not again
