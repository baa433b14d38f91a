"""Three quantities joined by their steps, in the form of a fine-tuning or of reinforcement learning."""

import numpy as np

from belvedere.core.series import RunData
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.training_dynamics import POINTS, dynamics, training_dynamics
from tests.analysis.runs import INF, float32, run_data, series


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_fine_tuning_has_the_step_as_first_axis() -> None:
    drawing = drawn(training_dynamics(run_data({"train/loss": [3, 2, 1], "grad/norm": [0.3, 0.2, 0.1]})))
    shadow, path, now = drawing.figure.data
    assert (path.x.tolist(), path.y.tolist(), path.z.tolist()) == (
        [0, 1, 2],
        [3, 2, 1],
        float32([0.3, 0.2, 0.1]).tolist(),
    )
    assert (path.marker.color.tolist(), path.marker.size) == ([3, 2, 1], 4)
    assert (now.x.tolist(), len(shadow.x)) == ([2], 3)


def test_reinforcement_learning_has_the_reward_as_height_and_the_likelihood_as_loss() -> None:
    run = run_data({"loss": [0.0, 0.1], "grad_norm": [1.0, 2.0], "reward": [0.5, 0.6], "rl/nll": [0.9, 0.8]})
    path = drawn(training_dynamics(run)).figure.data[1]
    np.testing.assert_array_equal([path.x, path.y, path.z], float32([[0.9, 0.8], [1, 2], [0.5, 0.6]]))
    assert (path.marker.color.tolist(), path.marker.size) == ([0, 1], 5)


def test_unequal_lengths_are_joined_and_said() -> None:
    found = {
        "loss": series("loss", [3.0, INF, 2.0, 1.0]),
        "grad_norm": series("grad_norm", [0.1, 0.2, 0.3], [1, 2, 9]),
    }
    drawing = drawn(training_dynamics(RunData("r", series=found)))
    assert drawing.figure.data[1].x.tolist() == [2]
    assert drawing.notes == (
        "1 point",
        "Left out, because not all were logged at their step: 2 of loss, 1 of grad_norm.",
        "Left out, with a NaN or infinite value: 1 step.",
    )


def test_long_runs_are_means_and_say_of_how_many() -> None:
    values = np.arange(10_000.0).tolist()
    found = dynamics(run_data({"loss": values, "grad_norm": values}), "auto")
    assert found is not None
    assert (len(found.rows), int(found.rows.counts.max())) == (POINTS, 5)
    assert found.rows.columns[0][0] == 2.0


def test_the_form_of_reinforcement_learning_takes_a_reward() -> None:
    refused = training_dynamics(run_data({"loss": [1.0], "grad_norm": [1.0]}), form="rl")
    assert isinstance(refused, Refused)
