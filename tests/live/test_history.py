"""Histories as files: complete, readable by any JSON parser, and never written more often than they grow."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from belvedere.figures.dashboard_content import Sample
from belvedere.live.history import COLUMNS, JOURNAL, History, read
from belvedere.live.text_samples import FILE, KEPT, TextSamples

NAN, INF = math.nan, math.inf


def strict(path: Path) -> dict[str, object]:
    """JSON as the standard knows it: no NaN, no Infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    found = json.loads(path.read_text(), parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def test_columns_hold_every_row_and_no_word_that_json_does_not_know(tmp_path: Path):
    history = History(tmp_path, ("step", "loss"))
    for step, loss in enumerate([1.5, NAN, INF, -INF]):
        history.add((step, loss), 1000.0 + 0.25 * step)
    history.close()
    told = strict(tmp_path / COLUMNS)
    assert told == {
        "format": "belvedere metrics history 1", "rows": 4, "timestamp_start": 1000.0,
        "columns": {
            "step": [0, 1, 2, 3], "loss": [1.5, None, "Infinity", "-Infinity"], "seconds": [0, 0.25, 0.5, 0.75],
        },
    }  # fmt: skip
    assert not (tmp_path / JOURNAL).exists()
    np.testing.assert_array_equal(read(tmp_path)["loss"], [1.5, NAN, INF, -INF])


def test_a_history_that_was_cut_off_reads_as_far_as_it_was_written(tmp_path: Path):
    history = History(tmp_path, ("step",))
    for step in range(1234):
        history.add((step,), float(step))
    assert read(tmp_path)["step"].tolist() == list(range(1200))  # whole blocks of 100; columns were made at 1000
    assert len(strict(tmp_path / COLUMNS)["columns"]["step"]) == 1000  # type: ignore[index,call-overload]


def test_an_earlier_history_is_kept_beside_the_new_one(tmp_path: Path):
    for value in (1.0, 2.0):
        history = History(tmp_path, ("loss",))
        history.add((value,), 0.0)
        history.close()
    assert strict(tmp_path / COLUMNS)["columns"] == {"loss": [2], "seconds": [0]}
    assert strict(tmp_path / f"{COLUMNS}.before")["columns"] == {"loss": [1], "seconds": [0]}


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_history_goes_on_behind_a_step(tmp_path: Path, is_closed: bool):
    history = History(tmp_path, ("step", "loss"))
    for step in (1, 2, 3):
        history.add((step, NAN if step == 2 else 4.0 - step), 1000.0 + step)
    history.flush()
    if is_closed:
        history.close()
    history = History(tmp_path, ("step", "loss"), resume_from=2)
    assert history.rows() == [(1.0, 3.0), (2.0, pytest.approx(NAN, nan_ok=True))]
    history.add((3, INF), 1010.0)
    history.close()
    told = strict(tmp_path / COLUMNS)
    seconds = [0, 1, 9] if is_closed else [0, 1, 1]  # cut off, nobody knows when it began: the pause does not count
    assert told["columns"] == {"step": [1, 2, 3], "loss": [3, None, "Infinity"], "seconds": seconds}
    assert not list(tmp_path.glob("*.before"))


def test_a_history_that_is_none_is_kept_aside_when_another_goes_on(tmp_path: Path):
    (tmp_path / COLUMNS).write_text('{"columns": {"other": [1]}}')
    history = History(tmp_path, ("step",), resume_from=7)
    history.add((8,), 0.0)
    history.close()
    assert strict(tmp_path / COLUMNS)["columns"] == {"step": [8], "seconds": [0]}
    assert (tmp_path / f"{COLUMNS}.before").exists()
    nothing = History(tmp_path / "new", ("step",), resume_from=7)
    assert nothing.rows() == []


def test_samples_go_on_behind_a_step(tmp_path: Path):
    samples = TextSamples(last=2)
    for step in range(6):
        samples.add(Sample(step, "in", f"out {step}", "", 0.5))
    samples.save(tmp_path)
    again = TextSamples(last=2)
    again.go_on(tmp_path, 3)
    assert [sample.step for sample in again.all()] == [0, 1, 2, 3]
    assert ([sample.step for sample in again.last], again.seen) == ([2, 3], 4)
    (tmp_path / FILE).write_text('{"columns": {"step": ["x"]}}')
    fresh = TextSamples(last=2)
    fresh.go_on(tmp_path, 3)
    assert fresh.all() == []


def test_samples_are_bounded_and_the_last_are_among_them(tmp_path: Path):
    samples = TextSamples(last=5)
    for step in range(10_000):
        samples.add(Sample(step, "in", "out", accuracy=NAN if step % 2 else 0.5))
    samples.save(tmp_path)
    told = strict(tmp_path / FILE)
    columns = told["columns"]
    assert isinstance(columns, dict)
    assert (told["seen"], len(columns["step"])) == (10_000, KEPT + 5)
    assert columns["step"][-5:] == [9995, 9996, 9997, 9998, 9999]
    assert columns["accuracy"][-2:] == [0.5, None]
    assert 3000 < np.mean(columns["step"][:-5]) < 7000  # an even choice


def test_the_choice_of_samples_is_the_same_each_time():
    def chosen() -> list[int]:
        samples = TextSamples(last=2)
        for step in range(1000):
            samples.add(Sample(step, "", ""))
        return [sample.step for sample in samples.all()]

    assert chosen() == chosen()
