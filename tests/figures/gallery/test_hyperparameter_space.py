"""Runs stand where they were tried; size is the root of the rate, and who was not evaluated is hollow."""

import numpy as np

from belvedere.core.series import RunData
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.hyperparameter_space import hyperparameter_space, sizes, space
from tests.analysis.runs import NAN, float32, series


def run_of(name: str, accuracy: float | None = None, **config: object) -> RunData:
    found = {} if accuracy is None else {"val/accuracy": series("val/accuracy", [0.0, accuracy, 0.1])}
    return RunData(name, name=name, config=config, series=found)


RUNS = (
    run_of("a", 0.5, depth=2, width=64, batch_size=8, lr=0.01, seed=1),
    run_of("b", 0.9, depth=4, width=64, batch_size=16, lr=0.04, seed=2),
    run_of("c", None, depth=4, width=128, batch_size=8, lr=0.01, seed=3),
)


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_depth_width_and_batch_size_are_the_axes_and_the_best_accuracy_the_colour() -> None:
    drawing = drawn(hyperparameter_space(RUNS))
    filled, hollow = drawing.figure.data[:2]
    np.testing.assert_array_equal([filled.x, filled.y, filled.z], [[2, 4], [64, 64], [8, 16]])
    np.testing.assert_array_equal(filled.marker.color, float32([0.5, 0.9]))
    assert (hollow.x.tolist(), hollow.marker.symbol) == ([4.0], "circle-open")
    assert filled.text[1] == "b<br>depth 4<br>width 64<br>batch_size 16<br>lr 0.04<br>best val/accuracy 0.9"
    assert drawing.notes == (
        "3 of 3 runs, colour: best val/accuracy",
        "Best: b with 0.9.",
        "1 not evaluated, hollow.",
    )


def test_the_area_of_a_marker_is_the_rate() -> None:
    np.testing.assert_allclose(sizes(np.array([0.01, 0.04, 0.0, NAN])), [11, 16, 6, 6])
    legend = [trace.name for trace in drawn(hyperparameter_space(RUNS)).figure.data if trace.showlegend is None]
    assert legend == ["0.01", "0.04"]


def test_runs_that_differ_in_little_are_told_apart_by_how_they_did() -> None:
    runs = [run_of("a", 0.5, depth=2, lr=0.1), run_of("b", 0.6, depth=4, lr=0.2)]
    found = space(runs)
    assert [axis.name for axis in found.axes] == ["depth", "lr", "best val/accuracy"]
    assert found.notes[-1].startswith("Entries in which the runs differ beside the rate: 1.")


def test_what_was_asked_for_comes_first() -> None:
    drawing = drawn(hyperparameter_space(RUNS, x="seed", colour="lr"))
    filled = drawing.figure.data[0]
    assert (filled.x.tolist(), filled.marker.color.tolist()) == ([1, 2, 3], float32([0.01, 0.04, 0.01]).tolist())
    refused = hyperparameter_space(RUNS, x="nobody")
    assert isinstance(refused, Refused)
    assert refused.reason == "No run has 'nobody' in its config or summary. Choose another entry."


def test_names_are_places_with_their_names() -> None:
    runs = [run_of(name, 0.1, optimizer=name, depth=depth, width=depth) for name, depth in (("muon", 1), ("adam", 2))]
    axes = drawn(hyperparameter_space(runs, z="optimizer")).figure.layout.scene.zaxis
    assert (axes.tickvals, axes.ticktext) == ((0, 1), ("adam", "muon"))


def test_runs_without_an_axis_are_counted() -> None:
    notes = drawn(hyperparameter_space((*RUNS, run_of("d", depth=8)))).notes
    assert "Not drawn, lack one of the axes: 1." in notes


def test_one_run_or_no_config_is_refused() -> None:
    for runs in ((), (RunData("r"),), (run_of("a", depth=2),)):
        refused = hyperparameter_space(runs)
        assert isinstance(refused, Refused)
        assert refused.reason.endswith(".")


def test_an_entry_that_most_runs_lack_is_not_made_an_axis() -> None:
    texts = [RunData(f"t{i}", config={"vocabulary": 100 * i, "lr": 0.1}, summary={"val/loss": 1.0 + i}) for i in (1, 2)]
    digits = [
        RunData(f"d{i}", config={"width": 2**i, "depth": i, "batch_size": 8 * i, "lr": 0.1 * i}) for i in range(1, 7)
    ]
    found = space([*texts, *digits])
    assert int(found.placed.sum()) == 6
    assert {axis.name for axis in found.axes} == {"width", "depth", "batch_size"}
