"""What torch's SummaryWriter writes is what TensorBoard's own reader says it is."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorBoard's imports are not ours to mend
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

from belvedere.store.run import Run
from tests.importers.tensorboard.test_attempt import LONG_AGO, bring, runs_in


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("torch") / "logs"
    random = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer = SummaryWriter(str(folder))
        for step in range(40):
            writer.add_scalar("loss", 1 / (step + 1), step)
            writer.add_scalar("accuracy", float("nan") if step == 2 else step / 40, step * 1000, new_style=True)
            writer.add_histogram("weights", random.normal(size=100), step)
        writer.add_image("picture", random.random((3, 8, 10)), 3)
        writer.add_text("note", "**hello**", 4)
        writer.add_audio("sound", random.uniform(-1, 1, (1, 800)), 5, 8000)
        writer.add_pr_curve("curve", np.array([0, 1, 1]), np.array([0.1, 0.9, 0.7]), 6)
        writer.add_hparams({"lr": 0.1, "optimizer": "adam"}, {"final": 0.2}, run_name="trial")
        writer.close()
    for path in folder.rglob("events*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return folder


@pytest.fixture(scope="module")
def theirs(logs: Path) -> EventAccumulator:
    kinds = ("scalars", "histograms", "images", "audio", "tensors")
    found = EventAccumulator(str(next(logs.glob("events*"))), size_guidance=dict.fromkeys(kinds, 0))
    return found.Reload()


@pytest.fixture(scope="module")
def ours(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    root = tmp_path_factory.mktemp("root")
    _, told = bring(logs, root)
    assert told == []
    return runs_in(root)


def test_scalars_are_the_same(ours: dict[str, Run], theirs: EventAccumulator) -> None:
    series, expected = ours["logs"].series("loss"), theirs.Scalars("loss")
    assert series.steps.tolist() == [event.step for event in expected]
    assert series.values.tolist() == [event.value for event in expected]
    assert series.times.tolist() == pytest.approx([event.wall_time for event in expected], abs=1e-6)
    tensors = theirs.Tensors("accuracy")
    accuracy = ours["logs"].series("accuracy")
    assert accuracy.steps.tolist() == [event.step for event in tensors]
    np.testing.assert_array_equal(accuracy.values, [event.tensor_proto.float_val[0] for event in tensors])


def test_histograms_hold_the_same_counts(ours: dict[str, Run], theirs: EventAccumulator) -> None:
    found, expected = ours["logs"].media("weights"), theirs.Histograms("weights")
    assert len(found) == len(expected) == 40
    for item, event in zip(found, expected, strict=True):
        counts, edges = item.record["counts"], item.record["edges"]
        filled = [count for count in event.histogram_value.bucket if count]
        assert isinstance(counts, list)
        assert isinstance(edges, list)
        assert [count for count in counts if count] == filled
        assert sum(counts) == event.histogram_value.num == 100
        assert (len(edges), edges[-1]) == (len(counts) + 1, event.histogram_value.max)
        assert edges[0] <= event.histogram_value.min


def test_files_are_byte_for_byte_the_same(ours: dict[str, Run], theirs: EventAccumulator) -> None:
    run = ours["logs"]
    (picture,), (sound,) = run.media("picture"), run.media("sound")
    assert run.content(picture) == theirs.Images("picture")[0].encoded_image_string
    assert run.content(sound) == theirs.Audio("sound")[0].encoded_audio_string
    assert (picture.step, picture.record["width"], picture.record["height"]) == (3, 10, 8)
    assert (sound.step, sound.record["sample_rate"], sound.record["seconds"]) == (5, 8000, 0.1)


def test_texts_and_curves_come_along(ours: dict[str, Run]) -> None:
    run = ours["logs"]
    assert [item.record for item in run.media("note")] == [{"_type": "text", "text": "**hello**"}]
    assert [(item.step, item.record["rows"]) for item in run.media("curve")] == [(6, 127)]


def test_hyperparameters_are_a_run_of_their_own_as_in_tensorboard(ours: dict[str, Run]) -> None:
    run = ours["trial"]
    assert (run.config, run.state) == ({"lr": 0.1, "optimizer": "adam"}, "finished")
    assert run.series("final").values.tolist() == [pytest.approx(0.2)]
