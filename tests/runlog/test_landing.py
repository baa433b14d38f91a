"""What another program's records become: each of them once, at its own time, whatever dies in between."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from belvedere.core.entries import Alerted, Configured, Described, Logged, Received, RunFinished, RunStarted
from belvedere.core.errors import UsageError
from belvedere.runlog.landing import Landing, landed_rows
from belvedere.runlog.layout import RunFolder, run_folder
from belvedere.runlog.reader import read_entries
from belvedere.store.store import open_store

WRITER = "r0-100000000000-0a"
FIRST_US = 100_000_000


def started(folder: RunFolder) -> RunStarted:
    return RunStarted(100.0, folder.project, folder.run_id, WRITER, host="elsewhere")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return run_folder(tmp_path, "p", "abcd1234")


def entries(folder: RunFolder) -> list[object]:
    return [entry for path in folder.segments(WRITER) for entry in read_entries(path)]


def test_rows_keep_the_times_they_were_brought_with(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    assert landing.row(3, FIRST_US + 7, {"loss": 1.5, "text": "a", "nested": {"b": [1, None]}})
    assert landing.row(2, FIRST_US - 5_000_000, {"loss": 1})  # earlier in time and in step
    landing.close()
    logged = [entry for entry in entries(folder) if isinstance(entry, Logged)]
    assert [(row.step, round(row.time * 1e6)) for row in logged] == [(3, FIRST_US + 7), (2, FIRST_US - 5_000_000)]
    assert logged[0].values == {"loss": 1.5, "text": "a", "nested": {"b": [1, None]}}


def test_what_was_committed_is_where_to_go_on(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    assert landing.position == {}
    landing.commit(history=5, place="a")
    landing.commit(history=9)
    landing.close()
    assert Landing(folder, started(folder)).position == {"history": 9, "place": "a"}


def test_what_a_crash_left_behind_the_last_commit_is_passed_over_once(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    landing.row(0, FIRST_US, {"loss": 1.0})
    landing.commit(history=1)
    alert = Alerted(101.0, 1, "look")
    landing.row(1, FIRST_US + 1, {"loss": 2.0})
    landing.event(alert)
    landing.vector(1, FIRST_US + 1, "grad", ("a", "b"), np.ones(2))
    landing.close()  # as a kill would: nothing was committed

    again = Landing(folder, started(folder))
    assert again.position == {"history": 1}
    assert not again.row(1, FIRST_US + 1, {"loss": 2.0})
    assert not again.event(alert)
    assert not again.vector(1, FIRST_US + 1, "grad", ("a", "b"), np.ones(2))
    assert again.row(1, FIRST_US + 1, {"loss": 2.0}), "a second record of the same step and time is a second record"
    assert again.row(2, FIRST_US + 2, {"loss": 3.0})
    again.commit(history=4)
    again.close()
    assert sorted(landed_rows(folder, WRITER)) == [
        (0, FIRST_US), (1, FIRST_US + 1), (1, FIRST_US + 1), (2, FIRST_US + 2),
    ]  # fmt: skip


def test_a_commit_made_in_an_earlier_segment_is_found(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    landing.row(0, FIRST_US, {"loss": 1.0})
    landing.commit(history=1)
    landing.close()
    for _ in range(2):  # two lives that commit nothing
        landing = Landing(folder, started(folder))
        landing.row(1, FIRST_US + 1, {"loss": 2.0})
        landing.close()
    assert len(folder.segments(WRITER)) == 3
    assert len(list(landed_rows(folder, WRITER))) == 2


def test_a_mark_has_the_time_of_the_newest_record(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    landing.row(0, FIRST_US + 2_500_000, {"loss": 1.0})
    landing.commit(history=1)
    landing.close()
    assert [entry.time for entry in entries(folder) if isinstance(entry, Received)] == [102.5]
    assert open_store(folder.root).run("abcd1234").updated == 102.5


def test_a_value_that_no_log_can_hold_is_refused_with_its_key(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    with pytest.raises(UsageError, match=r"step 0 \(loss\)"):
        landing.row(0, FIRST_US, {"loss": object()})  # type: ignore[dict-item]


def test_the_newest_description_wins_and_leaves_the_rest_alone(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    landing.event(Described(101.0, name="first", tags=["a", "b"], notes="n"))
    landing.event(Described(102.0, name="second", group="g"))
    landing.event(Described(103.0, tags=[]))
    landing.commit()
    landing.close()
    run = open_store(folder.root).run("abcd1234")
    assert (run.name, run.group, run.tags, run.notes, run.job_type) == ("second", "g", (), "n", "")


def test_facts_of_another_program_are_kept_as_it_says_them(folder: RunFolder) -> None:
    landing = Landing(folder, started(folder))
    landing.event(Configured(101.0, {"sweep": "s1", "config": {"t": [1]}}, section="wandb"))
    landing.event(Configured(102.0, {"sweep": "s2"}, section="wandb"))
    landing.close()
    run = open_store(folder.root).run("abcd1234")
    assert run.detail.foreign == {"wandb": {"sweep": "s2", "config": {"t": [1]}}}
    assert run.config == {}


@pytest.mark.parametrize("is_reopened", [False, True])
def test_what_is_added_to_a_run_that_ended_shows_in_the_list_of_runs(folder: RunFolder, is_reopened: bool) -> None:
    landing = Landing(folder, started(folder))
    landing.row(0, FIRST_US, {"loss": 1.0})
    landing.event(RunFinished(101.0))
    landing.commit()
    store = open_store(folder.root)
    assert [(run.name, run.steps) for run in store.runs()] == [("abcd1234", 1)]
    if is_reopened:
        landing.close()
        landing = Landing(folder, started(folder))
    landing.event(Described(102.0, name="renamed"))
    assert [(run.name, run.steps) for run in store.runs()] == [("renamed", 1)]
    landing.row(1, FIRST_US + 1, {"loss": 2.0})
    landing.commit()
    assert [(run.name, run.steps) for run in store.runs()] == [("renamed", 2)]
    landing.close()


def test_a_disk_that_is_full_at_the_start_leaves_nothing_in_the_way(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    def full(*given: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "open", full)
        with pytest.raises(OSError, match="No space left"):
            Landing(folder, started(folder))
    assert folder.writers() == []
    folder.writer(WRITER).mkdir()  # as a kill leaves it between two steps
    landing = Landing(folder, started(folder))
    assert landing.row(0, FIRST_US, {"loss": 1.0})
    landing.close()
    assert open_store(folder.root).run("p/abcd1234").series("loss").values.tolist() == [1.0]


def test_events_hold_half_characters_and_huge_numbers_and_are_known_again(folder: RunFolder) -> None:
    odd = Configured(100.0, {"\ud800": "\udfff", "huge": 1 << 70, "deep": {"a": [1]}})
    for is_first in (True, False):
        landing = Landing(folder, started(folder))
        assert landing.event(odd) is is_first
        landing.close()
    big = {"_type": "bigint", "value": str(1 << 70)}
    found = [entry for entry in entries(folder) if isinstance(entry, Configured)]
    assert [dict(one.values) for one in found] == [{"?": "?", "huge": big, "deep": {"a": [1]}}]
