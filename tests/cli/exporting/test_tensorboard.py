"""A stored run as an event file: read back by TensorBoard, and by us."""

from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.cli.exporting.tensorboard import Exported, write_event_file
from tests.importers.tensorboard.test_attempt import bring, runs_in
from tests.record.mirrors.event_files import read_by_tensorboard, texts_of

VALUES = [1.0, 0.5, float("nan"), float("inf"), 0.25]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Exported]:
    """The root that was recorded, the folder that was exported, what came of it."""
    root, folder = tmp_path_factory.mktemp("recorded"), tmp_path_factory.mktemp("exported")
    run = bv.init(project="p", id="r", name="n", dir=root, config={"lr": 0.5}, console=False, hardware=False)
    for step, value in enumerate(VALUES):
        run.log({"loss": value, "n": step})
    run.log({"h": bv.Histogram(counts=[3, 1], edges=[0.0, 1.0, 3.0]), "note": "hi", "html": bv.Html("<b>b</b>")})
    run.log({"images": [bv.Image(np.zeros((2, 3, 1), np.uint8)) for _ in range(2)]})
    run.log({"cloud": bv.Object3D(np.arange(12.0).reshape(2, 6))})
    run.log_vector("norm", np.array([0.5, 2.0]), ["a", "b"], step=2)
    run.stage("sft")
    run.finish()
    return root, folder / "n", write_event_file(bv.open(root).run("p/r"), folder / "n")


def test_tensorboard_reads_every_value(exported: tuple[Path, Path, Exported]) -> None:
    root, folder, told = exported
    found = read_by_tensorboard(folder)
    series = bv.open(root).run("p/r").series("loss")
    assert [one.step for one in found.Scalars("loss")] == series.steps.tolist()
    np.testing.assert_array_equal([one.value for one in found.Scalars("loss")], VALUES)
    assert [one.wall_time for one in found.Scalars("loss")] == series.times.tolist()
    assert found.Histograms("h")[0].histogram_value.bucket == [0.0, 3.0, 1.0]
    assert [(one.step, one.value) for one in found.Scalars("norm/b")] == [(2, 2.0)]
    assert (texts_of(found, "note"), texts_of(found, "stage")) == (["hi"], ["sft"])
    assert told.left_out == ("TensorBoard has no place for html (1)",)


def test_what_was_exported_can_be_imported_again(exported: tuple[Path, Path, Exported], tmp_path: Path) -> None:
    root, folder, _ = exported
    bring(folder, tmp_path)
    again, first = runs_in(tmp_path)["n"], bv.open(root).run("p/r")
    assert again.config == {"lr": 0.5}
    for key in ("loss", "n"):
        np.testing.assert_array_equal(again.series(key).values, first.series(key).values)
        np.testing.assert_array_equal(again.series(key).times, first.series(key).times)
    for key in ("h", "images", "cloud"):
        assert [again.content(item) for item in again.media(key)] == [first.content(item) for item in first.media(key)]
    assert again.media("h")[0].record == first.media("h")[0].record


def test_what_a_later_attempt_took_back_is_not_exported(tmp_path: Path) -> None:
    for first, value in ((None, 1.0), (2, 5.0)):
        run = bv.init(
            project="p", id="r", dir=tmp_path / "root", resume_from=first, console=False, hardware=False
        )  # fmt: skip
        for _ in range(4 - (first or 0)):
            run.log({"loss": value})
        run.finish()
    write_event_file(bv.open(tmp_path / "root").run("p/r"), tmp_path / "out")
    found = read_by_tensorboard(tmp_path / "out").Scalars("loss")
    assert [(one.step, one.value) for one in found] == [(0, 1.0), (1, 1.0), (2, 5.0), (3, 5.0)]


def test_a_missing_file_is_told_and_the_rest_goes(tmp_path: Path) -> None:
    run = bv.init(project="p", id="r", dir=tmp_path / "root", console=False, hardware=False)
    run.log({"picture": bv.Image(np.zeros((2, 2), np.uint8)), "loss": 1.0})
    run.finish()
    stored = bv.open(tmp_path / "root").run("p/r")
    path = stored.media("picture")[0].path
    assert path is not None
    path.unlink()
    told = write_event_file(stored, tmp_path / "out")
    assert told.left_out == ("the files of 1 values are missing; copy the run's media folder too",)
    assert read_by_tensorboard(tmp_path / "out").Tags()["scalars"] == ["loss"]
