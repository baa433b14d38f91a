"""Reading runs as users do: find them, follow them, look at every value."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.core.entries import RunFinished
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.query import Needs
from belvedere.runlog import layout
from belvedere.store import catalog
from belvedere.store.compact import compact_run
from belvedere.store.liveness import Attempt, hidden_from, run_state
from belvedere.store.samples import BEGAN, open_log, write_run, write_samples
from belvedere.store.store import Store, open_store


@pytest.fixture
def samples(tmp_path: Path) -> Store:
    write_samples(tmp_path)
    return open_store(tmp_path)


def test_a_run_is_found_by_id_or_by_project_and_id(tmp_path: Path) -> None:
    write_run(tmp_path, [], "same", project="a")
    write_run(tmp_path, [], "same", project="b")
    store = open_store(tmp_path)
    assert store.projects() == ["a", "b"]
    assert store.run("b/same").project == "b"
    with pytest.raises(UsageError, match="a/same, b/same"):
        store.run("same")
    with pytest.raises(NotFound, match="did you mean same"):
        store.run("sane")
    with pytest.raises(NotFound):
        store.run("a/other")


def test_runs_come_newest_first(tmp_path: Path) -> None:
    for number in (2, 1, 3):
        write_run(tmp_path, [], f"r{number}", start=BEGAN + number)
    assert [run.id for run in open_store(tmp_path).runs()] == ["r3", "r2", "r1"]


def test_a_running_run_is_followed(tmp_path: Path) -> None:
    writer = open_log(tmp_path)
    run = open_store(tmp_path).run("run1")
    for step in range(3):
        writer.row(step, {"loss": float(step)})
        assert run.series("loss").values.tolist() == [float(one) for one in range(step + 1)]
    assert run.keys()[0].count == 3
    writer.row(3, {"acc": 1})
    assert [info.key for info in run.keys("a*")] == ["acc"]
    time.sleep(0.06)
    assert (run.state, run.steps, dict(run.summary)) == ("running", 4, {"loss": 2.0, "acc": 1.0})
    assert run.damage == []
    writer.event(RunFinished(writer.now(), "stopped"))
    time.sleep(0.06)
    assert run.state == "stopped"


def test_a_silent_writer_elsewhere_is_called_crashed(tmp_path: Path) -> None:
    writer = open_log(tmp_path)
    (segment,) = writer.folder.segments(writer.started.writer_id)
    run = open_store(tmp_path).run("run1")
    assert run.state == "running"
    os.utime(segment, (time.time() - 61, time.time() - 61))
    time.sleep(0.06)
    assert run.state == "crashed"


def test_state_is_the_worst_of_the_last_processes() -> None:
    def attempt(rank: int, state: str, world: int = 2) -> Attempt:
        return Attempt(f"r{rank}", rank, 0.0, "", 0, state, None, world)

    assert run_state([]) == "crashed"
    assert run_state([attempt(0, "finished"), attempt(1, "crashed")]) == "crashed"
    assert (
        run_state([attempt(0, "crashed"), attempt(1, "crashed"), attempt(0, "finished"), attempt(1, "finished")])
        == "finished"
    )
    assert run_state([attempt(0, "finished"), attempt(1, "running")]) == "running"
    assert run_state([attempt(1, "crashed"), attempt(0, "finished", world=1)]) == "finished"


def test_a_resumed_attempt_hides_the_rows_it_takes_up_again() -> None:
    def attempt(rank: int, resume: int | None) -> Attempt:
        return Attempt("w", rank, 0.0, "", 0, "finished", resume)

    assert hidden_from([attempt(0, None), attempt(1, None), attempt(0, 60), attempt(1, 60)]) == [60, 60, None, None]
    assert hidden_from([attempt(0, None), attempt(0, None)]) == [None, None]
    assert hidden_from([attempt(0, None), attempt(0, 60), attempt(0, 40)]) == [40, 40, None]


def test_resuming_shows_one_line(samples: Store) -> None:
    series = samples.run("resumed").series("loss")
    assert series.steps.tolist() == list(range(150))
    assert series.values[[59, 60, 89, 90]].tolist() == [59.0, 1060.0, 1089.0, 2090.0]
    assert [stage.name for stage in samples.run("resumed").stages] == ["stage0", "stage1", "stage2"]
    assert samples.run("resumed").steps == 150


def test_ranks_are_read_apart(samples: Store) -> None:
    run = samples.run("ranked")
    infos = {info.key: info.ranks for info in run.keys()}
    assert infos == {"loss": (0, 1), "only/1": (1,)}
    assert run.series("loss").values[0] == 0.0
    assert run.series("loss", rank=1).values[0] == pytest.approx(0.1)
    assert len(run.series("only/1")) == 50
    assert run.world_size == 2 and len(run.attempts) == 4


def test_a_missing_key_names_close_ones(samples: Store) -> None:
    with pytest.raises(NotFound, match="did you mean loss"):
        samples.run("plain").series("train_loss")
    with pytest.raises(NotFound, match="vector family"):
        samples.run("rich").vectors("nrm")
    with pytest.raises(UsageError, match="buckets=0"):
        samples.run("plain").series("loss", buckets=0)


def test_everything_that_was_logged_comes_back(samples: Store) -> None:
    run = samples.run("rich")
    assert run.environment == {"command": "train.py"}
    assert run.alerts[0].title == "careful"
    assert run.dropped_rows == 2
    assert run.series("loss").unit == "nats"
    assert {info.key: info.kind for info in run.keys()} == {
        "loss": "scalar", "norm": "vector", "note": "string", "nothing": "none", "picture": "image",
    }  # fmt: skip
    assert (run.summary["loss"], run.summary["loss.min"], run.summary["loss.best"]) == (-5.0, -1099.0, -1099.0)
    assert (run.summary["note"], run.summary["final"]) == ("step 1199", "good")
    pictures = run.media("picture")
    assert [(item.step, item.type) for item in pictures[:3]] == [(0, "image"), (0, "image"), (100, "image")]
    assert pictures[1].path is not None and pictures[1].path.name == "ab" * 32 + ".jpg"
    assert [line.text for line in run.console(limit=3)] == ["line 0", "next 0", "line 10"]
    assert [line.text for line in run.console(offset=-1)] == ["next 1190"]
    norm = run.vectors("norm")
    assert norm.names == ("h.0", "h.1", "h.2") and norm.values.shape == (1200, 3)
    assert np.isnan(norm.values[0, 2]) and norm.values[700, 2] == 100.0


def test_integers_beyond_64_bits_are_numbers(samples: Store) -> None:
    series = samples.run("ragged").series("big")
    assert series.values[:2].tolist() == [float(2**60), float(2**70 + 5)]


def test_a_frame_joins_on_steps(samples: Store) -> None:
    table = samples.run("ragged").frame(["a", "b"])
    assert table.index.name == "step" and list(table.columns) == ["a", "b"]
    assert table.loc[1].tolist() == [0.5, 1.0] and np.isnan(table.loc[0, "b"])
    assert samples.run("backwards").frame(["loss"]).index.is_unique


def test_data_delivers_what_was_declared_and_no_more(samples: Store) -> None:
    data = samples.run("rich").data(
        Needs(series=("train/loss|loss", "missing"), vectors=("no*",), optional=("norm", "lr"))
    )
    assert (list(data.series), list(data.vectors)) == (["loss"], ["norm"])
    assert samples.run("long").data(Needs(series=("*le",))).series.keys() == {"double", "single"}


def test_any_series_can_be_x(samples: Store) -> None:
    run = samples.run("long")
    buckets = run.series("double", buckets=10, x="lr", lo=100.0, hi=500.0)
    assert buckets.x[0] >= 100.0 and buckets.x_last[-1] <= 500.0
    exact = run.series("double", x="lr", lo=100.0, hi=500.0)
    assert len(exact) == buckets.count.sum()
    assert np.array_equal(run.x_values(exact, "lr"), 0.1 * exact.steps)


def test_the_catalogue_is_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path, [(0, {"a": 1.0})], "one")
    rows = [run.row for run in open_store(tmp_path).runs()]
    assert [run.row for run in open_store(tmp_path).runs("summary.a == 1")] == rows  # a filter makes it
    path = layout.catalogue(tmp_path)
    for content in (b"not a database at all" * 100, None):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        assert [run.row for run in open_store(tmp_path).runs("summary.a == 1")] == rows
    path.unlink(missing_ok=True)
    path.mkdir()  # cannot be a database
    assert [run.row for run in open_store(tmp_path).runs("summary.a == 1")] == rows
    path.rmdir()
    monkeypatch.setattr(catalog, "VERSION", catalog.VERSION + 1)
    assert [run.row for run in open_store(tmp_path).runs()] == rows


def test_the_catalogue_sees_new_and_grown_runs(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.runs() == []
    writer = open_log(tmp_path, "one")
    assert [run.steps for run in store.runs()] == [0]
    writer.row(4, {"a": 1.0})
    assert [run.id for run in store.runs("steps == 5")] == ["one"]
    writer.event(RunFinished(writer.now()))
    compact_run(writer.folder)
    assert [run.id for run in store.runs('state == "finished"')] == ["one"]
    assert [run.state for run in open_store(tmp_path).runs()] == ["finished"]
    again = open_log(tmp_path, "one", start=BEGAN + 5)
    again.row(9, {"a": 1.0})
    assert [run.steps for run in store.runs('state == "running"')] == [10]


def test_two_stores_share_a_catalogue(tmp_path: Path) -> None:
    first, second = open_store(tmp_path), open_store(tmp_path)
    for number in range(3):
        write_run(tmp_path, [(0, {"a": float(number)})], f"r{number}")
        assert len(first.runs("summary.a >= 0")) == len(second.runs("summary.a >= 0")) == number + 1


def test_fellows_are_the_runs_of_a_group_or_else_of_the_project(tmp_path: Path) -> None:
    for name, group in (("a", "sweep"), ("b", "sweep"), ("c", ""), ("d", 'odd "group"')):
        bv.init(project="p", dir=str(tmp_path), id=name, group=group).finish()
    store = open_store(tmp_path)
    fellows = {run.id: sorted(fellow.id for fellow in run.fellows()) for run in store.runs()}
    assert fellows == {"a": ["a", "b"], "b": ["a", "b"], "c": ["a", "b", "c", "d"], "d": ["d"]}
    assert [run.fellows()[0].id for run in store.runs()] == [run.id for run in store.runs()]


def test_what_a_run_lacks_is_said_without_reading_it(samples: Store) -> None:
    run = samples.run("rich")
    assert run.lacks(Needs(series=("loss",), media=("image:picture",))) == ""
    needs = Needs(series=("nothing|none",), vectors=("norms",), media=("table:rows|array:rows",))
    assert run.lacks(needs) == "no series nothing or none and no vector series norms and no table rows or array rows"


def test_series_of_every_rank_are_delivered(samples: Store) -> None:
    data = samples.run("ranked").data(Needs(by_rank=("loss",)))
    assert sorted(data.ranks["loss"]) == [0, 1]
    assert data.ranks["loss"][1].key == "loss" and not data.series
