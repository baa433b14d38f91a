"""The whole way of a value: logged, in the file, in the columns, over HTTP; nothing changes on it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.server.app import make_app
from tests.server.asking import Asking

VALUES = [2.5, 0.1 + 0.2, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, -0.0]


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A finished run with scalars, a vector family, text, a picture, a stage, config and summary."""
    root = tmp_path / "runs"
    with bv.init(project="path", id="whole", dir=root, config={"lr": 1e-3}, hardware=False) as run:
        for step, value in enumerate(VALUES):
            run.log({"train/loss": value, "count": step})
        run.log_vector("grad_norm", np.array([1.0, 2.0], np.float32), ["h.0", "h.1"], step=0)
        run.log({"sample": bv.Image(np.zeros((2, 2))), "note": "hello"}, step=3)
        run.stage("sft", step=4)
        run.summary["best"] = 0.5
        print("printed by the training")
    return root


def test_what_was_logged_is_what_is_read(recorded: Path) -> None:
    run = bv.open(recorded).run("path/whole")
    series = run.series("train/loss")
    np.testing.assert_array_equal(series.steps, np.arange(len(VALUES)))
    assert series.values.tobytes() == np.array(VALUES).tobytes()
    assert (run.state, run.steps, run.config["lr"], run.summary["best"]) == ("finished", len(VALUES), 1e-3, 0.5)
    vectors = run.vectors("grad_norm")
    assert (vectors.names, vectors.values.tolist()) == (("h.0", "h.1"), [[1.0, 2.0]])
    assert [(stage.name, stage.step) for stage in run.stages] == [("sft", 4)]
    assert [line.text for line in run.console()] == ["printed by the training"]
    (item,) = run.media("sample")
    assert item.step == 3
    assert item.path is not None
    assert item.path.read_bytes().startswith(b"\x89PNG")


def test_buckets_hide_no_extreme_and_count_what_is_not_finite(recorded: Path) -> None:
    buckets = bv.open(recorded).run("whole").series("train/loss", buckets=3)
    finite = [value for value in VALUES if math.isfinite(value)]
    assert (np.nanmin(buckets.min), np.nanmax(buckets.max)) == (min(finite), max(finite))
    assert (buckets.count.sum(), buckets.nan.sum(), buckets.posinf.sum(), buckets.neginf.sum()) == (
        len(VALUES),
        1,
        1,
        1,
    )


def test_the_page_gets_the_same_numbers(recorded: Path) -> None:
    client = Asking(make_app(bv.open(recorded)))
    (row,) = client.get("/api/runs").json()["runs"]
    assert (row["project"], row["id"], row["state"], row["steps"]) == ("path", "whole", "finished", len(VALUES))
    body = client.get("/api/runs/path/whole/series?key=train/loss").content
    assert body[:4] == b"BVS1"
    size = int.from_bytes(body[4:8], "little")
    (entry,) = json.loads(body[8 : 8 + size])["series"]
    dtype, offset = entry["arrays"]["values"]
    values = np.frombuffer(body, "<" + dtype, count=entry["n"], offset=8 + size + offset)
    assert values.tobytes() == np.array(VALUES).tobytes()


def test_a_run_is_read_while_it_is_written(tmp_path: Path) -> None:
    run = bv.init(project="path", dir=tmp_path, console=False, hardware=False)
    store = bv.open(tmp_path)
    for step in range(3):
        run.log({"loss": float(step)})
        assert store.run(run.id).series("loss").values.tolist() == [float(i) for i in range(step + 1)]
        assert store.run(run.id).state == "running"
    run.finish()
    assert store.run(run.id).state == "finished"


def test_resume_from_hides_and_never_deletes(tmp_path: Path) -> None:
    with bv.init(project="path", id="r", dir=tmp_path, console=False, hardware=False) as run:
        for step in range(6):
            run.log({"loss": float(step)})
    with bv.init(project="path", id="r", dir=tmp_path, console=False, hardware=False, resume_from=3) as run:
        run.log({"loss": 30.0})
    assert bv.open(tmp_path).run("r").series("loss").values.tolist() == [0.0, 1.0, 2.0, 30.0]
    assert len(list((tmp_path / "path" / "r" / "log").iterdir())) == 2
