"""Accuracy is drawn where it was measured, in the colour and shape of its stage, and nowhere else."""

import numpy as np

from belvedere.core.series import RunData, Stage
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.training_trajectory import training_trajectory
from tests.analysis.runs import NAN, float32, series


def run_of(name: str, stage: str, losses: list[float], accuracies: list[float], at: list[int]) -> RunData:
    found = {"loss": series("loss", losses)}
    if at:
        found["val/accuracy"] = series("val/accuracy", accuracies, at)
    return RunData(name, name=name, series=found, stages=(Stage(stage, 0, 0.0),))


PIPELINE = (
    run_of("base", "pretrain", [4.0, 3.0, 2.0], [0.2, 0.4], [1, 2]),
    run_of("tuned", "sft", [1.0, 0.5], [0.6], [1]),
)


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_markers_are_evaluations_and_lines_hold_the_last_accuracy() -> None:
    figure = drawn(training_trajectory(PIPELINE)).figure
    line, markers, _, tuned, now = figure.data
    np.testing.assert_array_equal(line.z, float32([NAN, 0.2, 0.4, NAN]))
    np.testing.assert_array_equal(line.y, float32([4, 3, 2, NAN]))
    np.testing.assert_array_equal([markers.x, markers.y, markers.z], float32([[1, 2], [3, 2], [0.2, 0.4]]))
    assert (markers.marker.color, markers.marker.symbol) == ("#FF6B6B", "circle")
    assert (tuned.marker.color, tuned.marker.symbol) == ("#45B7D1", "square")
    assert (now.x.tolist(), figure.layout.meta["steps"]) == ([2.0], [1, 2])


def test_later_stages_stand_behind_earlier_ones_on_the_cumulative_axis() -> None:
    tuned = drawn(training_trajectory(PIPELINE, x="cumulative")).figure.data[3]
    assert tuned.x.tolist() == [4.0]


def test_what_was_never_evaluated_has_no_height_and_is_hollow_in_the_flat_view() -> None:
    runs = (*PIPELINE, run_of("blind", "rl", [0.4, 0.3], [], []))
    assert drawn(training_trajectory(runs)).notes == (
        "3 evaluations in 3 stages of 3 runs",
        "Only in the flat view, never evaluated: 1 stage.",
        "No height, before the first evaluation of their stage: 2 points.",
    )
    flat = drawn(training_trajectory(runs, view="flat")).figure
    hollow = [trace for trace in flat.data if trace.marker.symbol == "circle-open"]
    assert [(trace.x.tolist(), trace.y.tolist()) for trace in hollow] == [([1.0], float32([0.3]).tolist())]


def test_no_accuracy_at_all_is_said_and_none_is_made_up() -> None:
    refused = training_trajectory(run_of("blind", "rl", [0.4, 0.3], [], []))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("No accuracy was recorded: none is called val/accuracy, ")
    assert isinstance(training_trajectory(run_of("blind", "rl", [0.4], [], []), view="flat"), Drawn)


def test_tokens_that_nobody_counted_are_no_axis() -> None:
    refused = training_trajectory(PIPELINE, x="tokens")
    assert isinstance(refused, Refused)
    assert refused.reason == "No run counted its tokens. Log them as train/tokens, or choose x=step."
