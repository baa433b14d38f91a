"""Rewards stand at what was measured with them; a surface is drawn only where points carry it."""

import numpy as np

from belvedere.core.series import RunData, Series
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.reward_landscape import reward_landscape
from tests.analysis.runs import NAN, float32, series

GENERATOR = np.random.default_rng(5)
NLL, KL = GENERATOR.uniform(0, 1, (2, 80)).tolist()


def run_of(*found: Series) -> RunData:
    return RunData("r", series={one.key: one for one in found})


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_the_surface_of_a_plane_is_the_plane() -> None:
    reward = [0.2 + 0.3 * nll - 0.1 * kl for nll, kl in zip(NLL, KL)]
    run = run_of(series("reward", reward), series("rl/nll", NLL), series("rl/kl", KL))
    drawing = drawn(reward_landscape(run, x="rl/kl", y="rl/nll", surface="mean"))
    sheet, _, path, _ = drawing.figure.data
    across, up = np.meshgrid(sheet.x, sheet.y)
    inside = np.isfinite(sheet.z)
    np.testing.assert_allclose(sheet.z[inside], (0.2 + 0.3 * up - 0.1 * across)[inside], atol=1e-6)
    assert (len(path.x), drawing.origin) == (80, "model")


def test_points_on_a_line_are_drawn_without_a_surface_and_it_says_so() -> None:
    steps = [float(step) for step in range(40)]
    run = run_of(series("reward", steps), series("rl/nll", steps), series("lr", steps))
    drawing = drawn(reward_landscape(run))
    assert [trace.type for trace in drawing.figure.data] == ["scatter3d"] * 3
    assert drawing.origin == "measured"
    assert drawing.notes[-1] == "No surface is drawn, because the points lie on one line seen from above."


def test_series_of_unequal_length_are_joined_and_what_is_left_out_is_said() -> None:
    run = run_of(series("reward", [0.1, 0.2, NAN, 0.4]), series("pass@1", [0.5, 0.7], [1, 3]))
    drawing = drawn(reward_landscape(run))
    path = drawing.figure.data[1]
    assert (path.x.tolist(), path.y.tolist()) == ([1.0, 3.0], float32([0.5, 0.7]).tolist())
    assert "Left out, for no other value was logged at their step: 2 rewards." in drawing.notes


def test_no_second_quantity_is_said() -> None:
    refused = reward_landscape(run_of(series("reward", [0.1, 0.2])))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("There is nothing to hold the reward against: no series rl/nll|nll")


def test_an_axis_is_not_drawn_against_itself() -> None:
    run = run_of(series("reward", [0.1, 0.2]), series("rl/nll", [1.0, 2.0]), series("rl/kl", [3.0, 4.0]))
    drawing = drawn(reward_landscape(run, x="rl/nll"))
    assert drawing.figure.data[1].y.tolist() == [3.0, 4.0]
