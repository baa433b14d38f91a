"""The true loss landscape as drawn."""

from dataclasses import replace

import numpy as np
import pytest

from belvedere.analysis.landscape.recorded import recorded_landscape
from belvedere.analysis.landscape.surface import Landscape
from belvedere.core.arrays import Array
from belvedere.core.series import Floats, RunData
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.loss_surface import loss_surface, relief_of
from tests.analysis.landscape.surveys import bowl, media_of, run_with, valley


def drawn(found: Landscape, *, view: str = "surface", z: str = "auto") -> Drawn:
    drawing = loss_surface(run_with(found.array()), view=view, z=z)
    assert isinstance(drawing, Drawn)
    return drawing


def refusal(data: RunData, *, z: str = "auto") -> str:
    drawing = loss_surface(data, z=z)
    assert isinstance(drawing, Refused)
    return drawing.reason


def with_losses(*changed: tuple[int, int, float]) -> Landscape:
    losses: Floats = bowl().losses.copy()
    for row, column, loss in changed:
        losses[row, column] = loss
    return bowl(losses)


def test_a_landscape_comes_back_from_a_run_as_it_was() -> None:
    for found in (bowl(), valley()):
        again = recorded_landscape(media_of(found.array()))
        assert again.about() == found.about()
        np.testing.assert_array_equal(again.losses, found.losses)


def test_the_surface_is_the_losses() -> None:
    surface = drawn(bowl()).figure.data[0]
    at = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(surface.z, at[None, :] ** 2 + 2 * at[:, None] ** 2 + 1)
    np.testing.assert_allclose(surface.x, at)
    assert surface.contours.z.project.z


def test_the_model_stands_in_the_middle_of_a_random_plane() -> None:
    mark = drawn(bowl()).figure.data[1]
    assert (mark.x[0], mark.y[0]) == (0, 0)
    assert mark.z[0] == pytest.approx(1.0, abs=0.1)  # a little above the surface, to be seen


@pytest.mark.parametrize("view", ["surface", "contour"])
def test_the_path_moves_with_the_step(view: str) -> None:
    figure = drawn(valley(), view=view).figure
    assert figure.layout.meta["steps"] == [0, 10, 20, 30]
    assert [frame.data[0].x[0] for frame in figure.frames] == [-1.0, -0.5, -0.25, 0.0]


def test_the_drawn_path_goes_through_every_measured_place() -> None:
    relief = relief_of(valley(), "auto")
    np.testing.assert_allclose(relief.line[::8], relief.marks)
    assert len(relief.line) == 3 * 8 + 1


def test_holes_stay_open_and_are_counted() -> None:
    found = with_losses((0, 0, float("inf")), (4, 4, float("nan")))
    drawing = drawn(found)
    assert np.isnan(drawing.figure.data[0].z[0][0])
    assert np.isnan(drawing.figure.data[0].z[4][4])
    assert "Holes: 2 not finite, of 25 losses." in drawing.notes


def test_a_wide_range_is_drawn_on_a_log_scale_and_says_so() -> None:
    found = with_losses((0, 0, 1000.0))
    drawing = drawn(found)
    assert drawing.figure.data[0].z[0][0] == pytest.approx(3.0)
    assert drawing.notes[0].endswith("log scale")
    assert drawn(found, z="linear").figure.data[0].z[0][0] == pytest.approx(1000.0)
    assert not drawn(bowl()).notes[0].endswith("log scale")


def test_what_has_no_logarithm_is_a_hole_on_a_log_scale() -> None:
    drawing = drawn(with_losses((0, 0, -1.0)), z="log")
    assert "Holes: 1 at 0 or less, of 25 losses." in drawing.notes


def test_the_shares_stand_beside_those_of_a_random_walk() -> None:
    notes = drawn(valley()).notes
    assert notes[1] == (
        "The plane holds 90.0% + 8.0% of the path's squared distances from its end; "
        "random walks with the same steps: 85.0% + 10.0%."
    )
    assert notes[2] == "Checkpoints' own losses lie up to 0.25 from the plane's."


def test_of_several_surveys_the_last_is_drawn() -> None:
    drawing = loss_surface(run_with(bowl().array(), valley().array()))
    assert isinstance(drawing, Drawn)
    assert drawing.notes[-1] == "The last of 2 surveys, at step 1."


def test_a_survey_of_one_crossing_or_one_height_is_drawn() -> None:
    flat = bowl(np.full((5, 5), 2.0))
    assert drawn(flat).figure.data[0].z[0][0] == 2.0
    drawn(flat, view="contour")
    one = replace(bowl(), alphas=np.zeros(1), betas=np.zeros(1), losses=np.ones((1, 1)))
    for view in ("surface", "contour"):
        drawn(one, view=view)


def test_nothing_to_draw_is_said_in_a_sentence() -> None:
    assert refusal(RunData("abcd1234")).startswith("No loss landscape was measured.")
    broken = bowl(np.full((5, 5), np.nan))
    assert refusal(run_with(broken.array())).startswith("None of the 25 losses can be drawn: not finite are 25")
    assert refusal(run_with(bowl(np.zeros((5, 5))).array()), z="log").startswith("None of the 25 losses")
    foreign = Array(np.zeros((2, 3)), {"alphas": [0.0, 1.0]})
    assert refusal(run_with(foreign)) == (
        "The array at step 0 holds (2, 3) losses for 0 × 2 places; log landscapes with bv.landscape."
    )


def test_a_path_of_nonsense_costs_the_path_only() -> None:
    about = valley().about() | {"path": [[0.0], "x"], "steps": [3, 3], "null_path": [1.0], "explained": ["a"]}
    drawing = loss_surface(run_with(Array(valley().losses, about)))
    assert isinstance(drawing, Drawn)
    assert not drawing.figure.frames
