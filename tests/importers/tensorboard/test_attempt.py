"""Folders of event files as runs of ours."""

import os
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.importers import tensorboard
from belvedere.importers.bringing import Bringing, Brought
from belvedere.importers.source import Importer
from belvedere.importers.tensorboard.event_file import EventFile
from belvedere.record.mirrors import event_values
from belvedere.record.mirrors.event_file import field_bytes, field_double
from belvedere.store.run import Run
from tests.importers.tensorboard.event_bytes import (
    new_style_message,
    record_of,
    scalar_message,
    value_message,
    write_run,
)

LONG_AGO = 1_000_000_000


def losses(steps: range, value: float = 1.0) -> list[bytes]:
    return [scalar_message("loss", step, value + step, wall_time=100.0 + step) for step in steps]


def bring(path: Path, root: Path) -> tuple[list[Brought], list[str]]:
    assert isinstance(tensorboard, Importer)
    told: list[str] = []
    bringing = Bringing(tensorboard, path, root, told.append)
    found = list(bringing.each(bringing.sources()))
    bringing.close()
    return found, told


def age(*files: Path) -> None:
    for file in files:
        os.utime(file, (LONG_AGO, LONG_AGO))


def runs_in(root: Path) -> dict[str, Run]:
    return {run.name: run for run in bv.open(root).runs()}


def test_folders_are_runs_named_as_tensorboard_names_them(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    age(write_run(logs, *losses(range(3))), write_run(logs / "a" / "b", *losses(range(2)), started=1001.0))
    found, told = bring(logs, tmp_path / "root")
    assert ([one.is_over for one in found], told) == ([True, True], [])
    runs = runs_in(tmp_path / "root")
    assert {name: (run.project, run.state, run.steps) for name, run in runs.items()} == {
        "logs": ("logs", "finished", 3),
        "a/b": ("logs", "finished", 2),
    }
    series = runs["logs"].series("loss")
    assert (series.steps.tolist(), series.values.tolist()) == ([0, 1, 2], [1.0, 2.0, 3.0])
    assert series.times.tolist() == [100.0, 101.0, 102.0]


def test_a_file_that_grows_is_followed_and_nothing_comes_twice(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    file = write_run(logs, *losses(range(3)))
    whole = b"".join(map(record_of, losses(range(3, 6))))
    for piece in (whole[:30], whole[30:95], whole[95:]):
        bring(logs, root)
        with file.open("ab") as target:
            target.write(piece)
    (brought,), _ = bring(logs, root)
    assert (brought.is_new, brought.is_over) == (True, False)
    run = runs_in(root)["logs"]
    assert (run.series("loss").steps.tolist(), run.state) == (list(range(6)), "running")
    os.utime(file, (time.time() - 300, time.time() - 300))  # a long evaluation: silent, and not over
    bring(logs, root)
    assert runs_in(root)["logs"].state == "running"
    with closing(Bringing(tensorboard, logs, root, print)) as once:  # as the command does: nobody looks on
        assert [one.is_over for one in once.each(once.sources())] == [False]
        once.leave()
    assert runs_in(root)["logs"].state == "finished"
    age(file)
    assert [one.is_over for one in bring(logs, root)[0]] == [True]
    assert [one.is_new for one in bring(logs, root)[0]] == [False]
    run = runs_in(root)["logs"]
    assert (run.series("loss").steps.tolist(), run.state) == (list(range(6)), "finished")


def test_a_restart_hides_what_the_earlier_file_says_from_its_step_on(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    age(write_run(logs, *losses(range(6)), started=1000.0, name="0"))
    age(write_run(logs, *losses(range(4, 8), value=50.0), started=2000.0, restart=4, name="1"))
    bring(logs, root)
    run = runs_in(root)["logs"]
    assert [attempt.resume_from for attempt in run.attempts] == [None, 4]
    series = run.series("loss")
    assert series.steps.tolist() == list(range(8))
    assert series.values.tolist() == [1.0, 2.0, 3.0, 4.0, 54.0, 55.0, 56.0, 57.0]


def test_a_damaged_record_costs_itself_and_is_told(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    file = write_run(logs, *losses(range(2)))
    at = file.stat().st_size
    with file.open("ab") as target:
        target.write(record_of(losses(range(2, 3))[0], masked_crc=7) + record_of(losses(range(3, 4))[0]))
    _, told = bring(logs, root)
    assert told == [f"a record with a wrong checksum was passed over at byte {at} of {file}"]
    assert runs_in(root)["logs"].series("loss").steps.tolist() == [0, 1, 3]


def test_damage_longer_than_a_look_is_passed_over_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(EventFile.poll, "__defaults__", (2048,))
    logs, root = tmp_path / "logs", tmp_path / "root"
    file = write_run(logs, *losses(range(2)))
    at = file.stat().st_size
    with file.open("ab") as target:
        target.write(bytes(10_000) + b"\xff" * 10_000 + record_of(losses(range(2, 3))[0]))
    _, told = bring(logs, root)
    assert told == [f"bytes that are no record were passed over at byte {at} of {file}"]
    assert runs_in(root)["logs"].series("loss").steps.tolist() == [0, 1, 2]


def test_a_file_that_is_none_does_not_stop_the_others(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    write_run(logs / "good", *losses(range(2)))
    strange, empty = logs / "bad" / "events.out.tfevents.1.x", logs / "empty" / "events.out.tfevents.1.x"
    for path, content in ((strange, b"this is a text and not a file of events"), (empty, b"")):
        path.parent.mkdir()
        path.write_bytes(content)
    _, told = bring(logs, root)
    assert len(told) == 1
    assert told[0].startswith("this is no event file of TensorBoard")
    assert told[0].endswith(f": {strange}")
    assert list(runs_in(root)) == ["good"]


def test_a_file_that_became_shorter_is_told(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    file = write_run(logs, *losses(range(5)))
    bring(logs, root)
    size = file.stat().st_size
    os.truncate(file, size - 100)
    (brought,), _ = bring(logs, root)
    assert f"an event file of {size - 100} bytes, of which {size} were read before" in brought.trouble


def test_values_of_one_event_are_one_row_and_a_bad_one_costs_itself(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    nothing = field_bytes(1, b"strange")
    event = value_message(7, event_values.scalar("a", 1.0), nothing, event_values.text("note", "hi"), wall_time=9.0)
    write_run(logs, event)
    _, told = bring(logs, root)
    assert len(told) == 1
    assert told[0].startswith("'strange' of step 7 was passed over: ")
    run = runs_in(root)["logs"]
    assert [(item.step, item.time, item.record) for item in run.media("note")] == [
        (7, 9.0, {"_type": "text", "text": "hi"})
    ]
    assert run.series("a").steps.tolist() == [7]


def test_configuration_state_and_graph_come_along(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    graph = field_double(1, 3.0) + field_bytes(4, b"a graph")
    start, end = event_values.hyperparameters({"lr": 0.5}), event_values.session_end(False, 9.0)
    age(write_run(logs, graph, value_message(0, start), value_message(0, end)))
    bring(logs, root)
    run = runs_in(root)["logs"]
    assert (run.config, run.state, [file.path for file in run.files]) == ({"lr": 0.5}, "failed", ["graph.pb"])


def test_old_and_new_scalars_of_one_tag_are_one_series(tmp_path: Path) -> None:
    logs, root = tmp_path / "logs", tmp_path / "root"
    write_run(logs, scalar_message("x", 0, 0.5, 1.0), new_style_message("x", 1, float("nan"), 2.0))
    bring(logs, root)
    np.testing.assert_array_equal(runs_in(root)["logs"].series("x").values, [0.5, np.nan])


def test_runs_of_wandb_and_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    for name in ("wandb/run-1/files", ".cache"):
        write_run(tmp_path / name, *losses(range(2)))
    (tmp_path / "wandb/run-1/run-1.wandb").write_bytes(b"")
    assert not tensorboard.looks_like(tmp_path)
    assert tensorboard.sources(tmp_path, pytest.fail) == []


def test_links_that_lead_elsewhere_are_followed_and_others_are_not(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "a", *losses(range(2)))
    write_run(tmp_path / "elsewhere" / "b", *losses(range(2)))
    for name, target in {"c": "../elsewhere", "latest": "a", "up": "..", "here": "."}.items():
        (tmp_path / "logs" / name).symlink_to(target)
    found = tensorboard.sources(tmp_path / "logs", pytest.fail)
    assert [source.started.name for source in found] == ["a", "c/b"]


def test_an_event_file_itself_can_be_named(tmp_path: Path) -> None:
    file = write_run(tmp_path / "logs", *losses(range(2)))
    assert tensorboard.looks_like(file)
    (source,) = tensorboard.sources(file, pytest.fail)
    assert (source.where, source.started.name) == (file, "logs")


def test_damaged_messages_with_right_checksums_cost_only_themselves(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    sound = [
        new_style_message("loss", 3, 0.5),
        value_message(1, event_values.histogram("h", np.array([3.0, 1.0]), np.array([0.0, 1.0, 3.0]))),
        value_message(2, *event_values.mesh("cloud", np.zeros((2, 3)), np.zeros((2, 3)), None)),
        value_message(0, event_values.hyperparameters({"lr": 0.1, "model": {"d": 8}})),
    ]
    broken = []
    for _ in range(300):
        message = bytearray(sound[random.integers(len(sound))])
        for _ in range(3):
            message[random.integers(len(message))] = random.integers(256)
        broken.append(bytes(message[: random.integers(1, len(message) + 1)]))
    write_run(tmp_path / "logs", *losses(range(3)), *broken, scalar_message("last", 9, 2.5))
    _, told = bring(tmp_path / "logs", tmp_path / "root")
    assert any("that makes no sense was passed over" in sentence for sentence in told)
    run = runs_in(tmp_path / "root")["logs"]
    assert run.series("last").values.tolist() == [2.5]
    assert run.series("loss").values.tolist()[:3] == [1.0, 2.0, 3.0]
