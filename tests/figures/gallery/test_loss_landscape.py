"""Loss over step and rate: every mode draws what was measured and says what is not."""

import numpy as np
import pytest

from belvedere.analysis.readable import Held
from belvedere.core.series import RunData
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.loss_landscape import loss_landscape
from belvedere.figures.render import missing_in, render
from tests.analysis.runs import NAN, float32, series


def run_of(peak: float, losses: list[float], **others: list[float]) -> RunData:
    found = {"train/loss": series("train/loss", losses), "train/lr": series("train/lr", [peak] * len(losses))}
    probes = {f"probe/loss@{name[1:].replace('_', '.')}x": values for name, values in others.items()}
    return RunData(f"run-{peak:g}", series=found | {key: series(key, values) for key, values in probes.items()})


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_a_trajectory_goes_through_every_measured_point() -> None:
    drawing = drawn(loss_landscape(run_of(0.1, [3.0, 2.0, NAN, 1.0]), mode="trajectory"))
    ribbon, _, path, now = drawing.figure.data
    np.testing.assert_array_equal(path.z, float32([3, 2, NAN, 1]))
    np.testing.assert_array_equal(path.y, float32([0.1] * 4))
    np.testing.assert_array_equal(ribbon.z[0], path.z)
    assert (ribbon.z[1][0] < 1.0, np.isnan(ribbon.z[1][2])) == (True, True)
    assert (now.x.tolist(), now.z.tolist()) == ([3], [1.0])
    assert drawing.origin == "measured"
    assert drawing.notes[1] == "Left out, NaN or infinite: 1 loss."
    assert drawing.figure.layout.meta["steps"] == [0, 1, 3]


def test_dark_is_a_high_loss() -> None:
    assert drawn(loss_landscape(run_of(0.1, [3.0, 2.0]))).figure.data[0].colorscale[0][1] == "#fde725"


def test_a_sweep_is_measured_along_its_rows_and_ends_with_its_runs() -> None:
    runs = (run_of(0.1, [4.0, 3.0]), run_of(0.01, [4.0, 3.5, 2.0]))
    drawing = drawn(loss_landscape(runs, mode="sweep"))
    sheet, slow, fast, _ = drawing.figure.data
    np.testing.assert_array_equal(sheet.z, float32([[4, 3.5, 2], [4, 3, NAN]]))
    np.testing.assert_allclose(sheet.y, [0.01, 0.1])
    assert (slow.z.tolist(), fast.z.tolist()) == ([4.0, 3.5, 2.0], [4.0, 3.0])
    assert drawing.origin == "interpolated"
    assert drawing.notes[1] == "Lowest last loss: 2 at a rate of 0.01."


def test_a_sweep_says_what_else_differs_and_takes_two_rates() -> None:
    first, second = run_of(0.1, [2.0, 1.0]), run_of(0.2, [2.0, 1.0])
    deeper = RunData("c", series=second.series, config={"depth": 8, "lr": 0.2})
    assert drawn(loss_landscape((first, deeper), mode="sweep")).notes[-1] == (
        "The runs differ in more than the rate: depth."
    )
    refused = loss_landscape((first, first), mode="sweep")
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("2 runs of one learning rate: a sweep takes two.")


def test_probes_are_drawn_at_their_multiples_with_the_best_one_ringed() -> None:
    run = run_of(0.1, [3.0, 2.0], p0_5=[2.9, 2.0], p1=[2.8, 1.8], p2=[2.7, 1.9])
    drawing = drawn(loss_landscape(run, mode="probe"))
    sheet, _, best, _ = drawing.figure.data
    np.testing.assert_array_equal(sheet.y, [0.5, 1, 2])
    np.testing.assert_array_equal(sheet.z, float32([[2.9, 2.0], [2.8, 1.8], [2.7, 1.9]]))
    assert best.y.tolist() == [2.0, 1.0]
    assert drawing.notes[1] == "Ringed: best rate. A higher rate was best at 1, a lower one at 0 of 2 steps."


def test_without_probes_it_says_how_to_get_them() -> None:
    refused = loss_landscape(run_of(0.1, [3.0, 2.0]), mode="probe")
    assert isinstance(refused, Refused)
    assert "bv.probe_learning_rates" in refused.reason


def test_the_seeds_surface_is_called_decorative_and_takes_fifty_steps() -> None:
    drawing = drawn(loss_landscape(run_of(0.1, [1.0 + step for step in range(50)]), mode="windowed"))
    assert drawing.origin == "decorative"
    assert drawing.figure.data[0].z.shape == (2, 40)
    refused = loss_landscape(run_of(0.1, [1.0] * 49), mode="windowed")
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("The decorative surface takes 50 recorded steps, this run has 49.")


def test_one_point_is_no_curve() -> None:
    refused = loss_landscape(run_of(0.1, [3.0]))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("One point of loss and rate: a curve takes two.")


@pytest.mark.parametrize("mode", ["trajectory", "probe", "windowed"])
def test_of_a_run_with_fellows_only_that_run_is_read(mode: str) -> None:
    class Alone(Held):
        def fellows(self) -> list[Held]:
            raise AssertionError("no other run has a part in this")

    assert render("loss_landscape", Alone(run_of(0.1, [1.0] * 60, p1=[1.0] * 60)), mode=mode, view="flat").data


def test_a_sweep_is_drawn_over_the_fellows() -> None:
    class Social(Held):
        def fellows(self) -> list[Held]:
            return [self, Held(run_of(0.2, [2.0, 1.0]))]

    assert missing_in(render("loss_landscape", Social(run_of(0.1, [2.0, 1.0])), mode="sweep")) == ""


def test_of_several_runs_a_curve_is_drawn_of_the_first_and_it_says_so() -> None:
    drawing = drawn(loss_landscape((run_of(0.1, [2.0, 1.0]), run_of(0.2, [9.0, 8.0]))))
    assert drawing.figure.data[2].z.tolist() == [2.0, 1.0]
    assert drawing.notes[-1] == "Drawn: run-0.1, the first of 2 runs."
