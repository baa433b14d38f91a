"""`bv.SummaryWriter` under the names and arguments of torch's."""

import inspect
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import belvedere as bv
from belvedere.compat.summary_values import arranged, pr_curve
from belvedere.core.errors import UsageError
from belvedere.core.values import Table
from belvedere.record.guard import RecordingWarning
from belvedere.store.run import Run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorBoard's imports are not ours to mend
    from torch.utils.tensorboard import SummaryWriter as TorchWriter


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELVEDERE_SILENT", "1")
    yield
    while bv.run is not None:
        bv.finish()


def the_run(name: str = "runs/x") -> Run:
    return bv.open("belvedere-runs").run(name)


def points(run: Run, key: str) -> list[tuple[int, float]]:
    series = run.series(key)
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def test_every_method_of_torchs_writer_is_there_with_its_arguments() -> None:
    for name, theirs in inspect.getmembers(TorchWriter, inspect.isfunction):
        if name.startswith("_") and name != "__init__":
            continue
        ours = inspect.signature(getattr(bv.SummaryWriter, name)).parameters
        assert [arg for arg in inspect.signature(theirs).parameters if arg not in ours] == [], name


def test_a_script_for_torch_runs_with_another_import() -> None:
    writer = bv.SummaryWriter("runs/x", max_queue=5, flush_secs=1)
    for step in range(4):
        writer.add_scalar("loss", torch.tensor(1 / (step + 1), requires_grad=True), step)
        writer.add_scalars("pair", {"a": step, "b": -step}, step)
    writer.add_scalar("timed", 2.0, 7, walltime=1e9)
    writer.add_hparams({"lr": 0.1, "name": "adam"}, {"final": 0.5})
    writer.flush()
    writer.close()
    run = the_run()
    assert (run.name, run.state, run.config) == ("x", "finished", {"lr": 0.1, "name": "adam"})
    assert points(run, "loss") == [(0, 1.0), (1, 0.5), (2, float(np.float32(1 / 3))), (3, 0.25)]
    assert points(run, "pair/b") == [(0, 0.0), (1, -1.0), (2, -2.0), (3, -3.0)]
    assert (points(run, "timed"), run.series("timed").times.tolist()) == ([(7, 2.0)], [1e9])
    assert points(run, "final") == [(0, 0.5)]
    assert Path("runs/x").is_dir()


def test_a_step_that_is_left_out_counts_each_tag() -> None:
    with bv.SummaryWriter("runs/x") as writer:
        for value in (1.0, 2.0):
            writer.add_scalar("a", value)
        writer.add_scalar("b", 5.0)
        writer.add_scalar("a", 3.0, 10)
        writer.add_scalar("a", 4.0)
    assert points(the_run(), "a") == [(0, 1.0), (1, 2.0), (10, 3.0), (11, 4.0)]
    assert points(the_run(), "b") == [(0, 5.0)]


def test_two_writers_are_two_runs_and_a_run_of_init_is_used() -> None:
    train, val = bv.SummaryWriter("runs/x/train"), bv.SummaryWriter("runs/x/val")
    train.add_scalar("loss", 1.0, 0)
    val.add_scalar("loss", 2.0, 0)
    val.close()
    train.close()
    found = {run.name: points(run, "loss") for run in bv.open("belvedere-runs").runs()}
    assert found == {"x/train": [(0, 1.0)], "x/val": [(0, 2.0)]}
    run = bv.init(project="p", id="mine", console=False, hardware=False)
    with bv.SummaryWriter("runs/y") as writer:
        writer.add_scalar("loss", 3.0, 5)
    assert run.state == "running"
    run.finish()
    assert points(the_run("p/mine"), "loss") == [(5, 3.0)]


def test_the_same_directory_again_is_a_new_run_unless_it_goes_on() -> None:
    for value in (1.0, 2.0):
        with bv.SummaryWriter("runs/x") as writer:
            for step in range(4):
                writer.add_scalar("loss", value, step)
    with bv.SummaryWriter("runs/x", purge_step=2) as writer:
        writer.add_scalar("loss", 9.0, 2)
    store = bv.open("belvedere-runs")
    assert len(list(store.runs())) == 2
    assert points(the_run(), "loss") == [(0, 1.0), (1, 1.0), (2, 9.0)]


def test_pictures_in_every_layout_are_the_same_picture() -> None:
    picture = np.random.default_rng(0).random((3, 4, 5))
    with bv.SummaryWriter("runs/x") as writer:
        writer.add_image("chw", torch.tensor(picture), 0)
        writer.add_image("hwc", np.moveaxis(picture, 0, 2), 0, dataformats="HWC")
        writer.add_image("grey", (picture[0] * 255).astype(np.uint8), 0, dataformats="HW")
        writer.add_images("batch", np.stack([picture, picture]), 0)
        writer.add_image_with_boxes("boxed", picture, np.array([[1, 2, 3, 4]]), 0, labels=["cat"])
    run = the_run()
    (chw,), (hwc,), batch = run.media("chw"), run.media("hwc"), run.media("batch")
    assert chw.sha256 == hwc.sha256 == batch[0].sha256 == batch[1].sha256
    assert (chw.record["width"], chw.record["height"], len(batch)) == (5, 4, 2)
    box = {"minX": 1.0, "minY": 2.0, "maxX": 3.0, "maxY": 4.0}
    assert run.media("boxed")[0].record["boxes"] == {
        "boxes": {"box_data": [{"position": box, "domain": "pixel", "class_id": 0, "box_caption": "cat"}]}
    }


def test_each_kind_of_value_is_one_of_ours() -> None:
    with bv.SummaryWriter("runs/x") as writer:
        writer.add_histogram("h", torch.arange(10.0), 1)
        writer.add_histogram("few", np.array([1.0, 2.0, np.inf]), 1, bins=2)
        writer.add_histogram("auto", np.arange(9.0), 1, bins="sturges")
        writer.add_histogram_raw("raw", 0, 3, 4, 6, 14, [1, 3], [3, 1], 1)
        writer.add_text("note", "hi", 1)
        writer.add_audio("sound", torch.zeros(1, 80), 1, sample_rate=8000)
        writer.add_video("clip", torch.zeros(1, 2, 3, 4, 4), 1)
        writer.add_mesh("cloud", torch.rand(1, 5, 3), torch.ones(1, 5, 3), global_step=1)
        writer.add_mesh("solid", torch.rand(1, 4, 3), faces=torch.tensor([[[0, 1, 2]]]), global_step=1)
        writer.add_embedding(torch.rand(3, 2), metadata=["a", "b", "c"], global_step=1, tag="words")
        writer.add_tensor("numbers", torch.ones(2, 2), 1)
        writer.add_graph(torch.nn.Linear(3, 2))
        writer.add_custom_scalars({"a": {"b": ["Multiline", ["c"]]}})
    run = the_run()
    kinds = {info.key: info.kind for info in run.keys() if not info.key.startswith("system/")}
    assert kinds == {
        "h": "histogram", "few": "histogram", "auto": "histogram", "raw": "histogram", "note": "text",
        "sound": "audio", "clip": "video", "cloud": "object3d", "solid": "object3d", "embeddings/words": "array",
        "numbers": "array", "architecture": "table",
    }  # fmt: skip
    assert run.media("raw")[0].record["counts"] == [3, 1]
    assert run.media("raw")[0].record["edges"] == [0.0, 1.0, 3.0]
    assert run.media("few")[0].record["counts"] == [1, 1]
    about = run.media("embeddings/words")[0].record["about"]
    assert about == {"labels": ["a", "b", "c"], "classes": []}


def test_a_figure_is_a_picture_and_is_closed() -> None:
    from matplotlib import pyplot

    figure = pyplot.figure()
    with bv.SummaryWriter("runs/x") as writer:
        writer.add_figure("one", figure, 1, close=False)
        assert pyplot.get_fignums() == [1]
        writer.add_figure("two", [figure], 1)
        assert pyplot.get_fignums() == []
    assert [len(the_run().media(key)) for key in ("one", "two")] == [1, 1]


def test_a_curve_counts_at_evenly_spaced_thresholds_as_torch_does() -> None:
    from torch.utils.tensorboard.summary import compute_curve

    random = np.random.default_rng(0)
    labels, scores = random.integers(0, 2, 200), random.random(200)
    found = pr_curve("curve", labels, scores, 11, None)
    curve = found["curve"]
    assert isinstance(curve, Table)
    expected = compute_curve(labels, scores, num_thresholds=11)  # type: ignore[no-untyped-call]
    np.testing.assert_allclose(np.array(curve.data)[:, 1:].T.astype(float), expected, atol=1e-12)
    predictions = found["curve/predictions"]
    assert isinstance(predictions, Table)
    assert len(predictions.data) == 200


def test_the_predictions_behind_a_curve_draw_our_own_figure() -> None:
    with bv.SummaryWriter("runs/x") as writer:
        writer.add_pr_curve("val", np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.6, 0.7]), 3)
    run = the_run()
    content = run.content(run.media("val/predictions")[0])
    assert content is not None
    assert json.loads(content)["data"][1] == [1, 1, 0.9, pytest.approx(0.1)]
    drawn = bv.render("pr_curve", run)
    assert "AP" in json.dumps(drawn.to_dict(), default=str)


def test_what_cannot_be_recorded_is_told_and_training_goes_on() -> None:
    with bv.SummaryWriter("runs/x") as writer:
        with pytest.warns(RecordingWarning, match="'bad' was not recorded: a picture of shape"):
            writer.add_image("bad", np.zeros((2, 2)))
        with pytest.warns(RecordingWarning, match="'bad' was not recorded: 1 labels for 2 predictions"):
            writer.add_pr_curve("bad", [1], [0.5, 0.5])
        with pytest.warns(RecordingWarning, match="'bad' was not recorded"):
            writer.add_scalar("bad", 1.0, global_step="soon")  # type: ignore[arg-type]
        writer.add_scalar("good", 1.0, 0)
    assert points(the_run(), "good") == [(0, 1.0)]


def test_an_argument_that_nobody_knows_is_told() -> None:
    with pytest.warns(RecordingWarning, match=r"SummaryWriter\(\) does not know logdirr; ignored"):
        bv.SummaryWriter("runs/x", logdirr=1).close()


def test_axes_may_stand_in_any_order() -> None:
    array = np.zeros((4, 5, 3))
    assert arranged(array, "hwc").shape == (4, 5, 3)
    assert arranged(array, "WHC").shape == (5, 4, 3)
    assert arranged(np.zeros((7, 3, 4, 5)), "NCHW").shape == (7, 4, 5, 3)
    for layout in ("HW", "HWX", "HHC", "CNW"):
        with pytest.raises(UsageError, match="pass the dataformats= it has"):
            arranged(array, layout)
