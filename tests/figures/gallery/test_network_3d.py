"""The network as slabs: order, sizes, and the colour of each at each step."""

import numpy as np
import pytest

from belvedere.core.series import RunData
from belvedere.core.values import Table
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.network_3d import NO_VALUE_SHARE, Block, network_3d, sizes_of
from tests.analysis.runs import NAN, run_data, vectors
from tests.figures.logged import logged

ARCHITECTURE = Table(
    ["name", "kind", "depth", "parameters", "shape"],
    [["embed", "Embedding", 0, 8000, "80×100"], ["h.0", "Block", 1, 1000, "10×100"], ["head", "Linear", 2, 1, "1"]],
)


def test_faces_grow_with_the_cube_root_of_the_parameters() -> None:
    blocks = [Block("a", "", 8000, ""), Block("b", "", 1000, ""), Block("c", "", 1, ""), Block("d", "", 0, "")]
    np.testing.assert_allclose(sizes_of(blocks), [1, 0.5, 0.16, 0.6])


@pytest.mark.parametrize("has_table", [True, False])
def test_colours_follow_the_step_and_grey_is_no_value(has_table: bool) -> None:
    media = {"architecture": (logged(0, ARCHITECTURE),)} if has_table else {}
    rows = [[1.0, 0.01, NAN], [0.01, 1.0, 1.0]]
    run = RunData("a", vectors={"grad_norm": vectors("grad_norm", rows)}, media=media)
    drawing = network_3d(run)
    assert isinstance(drawing, Drawn)
    first, last = (frame.data[0].intensity[::8] for frame in drawing.figure.frames)
    margin = 0.05  # at least so much of a decade on either side
    low = NO_VALUE_SHARE + (1 - NO_VALUE_SHARE) * margin / (2 + 2 * margin)
    high = NO_VALUE_SHARE + (1 - NO_VALUE_SHARE) * (2 + margin) / (2 + 2 * margin)
    np.testing.assert_allclose(first, [high, low, 0], rtol=1e-5)
    np.testing.assert_allclose(last, [low, high, high], rtol=1e-5)
    mesh = drawing.figure.data[1]
    assert (len(mesh.x), len(mesh.i), mesh.text[0].startswith("embed")) == (24, 36, True)
    assert np.array_equal(mesh.intensity, drawing.figure.frames[-1].data[0].intensity)


def test_the_hover_of_a_block_says_what_is_known_of_it() -> None:
    run = RunData(
        "a", vectors={"grad_norm": vectors("grad_norm", [[1.0, 0.5, 2.0]])},
        media={"architecture": (logged(0, ARCHITECTURE),)},
    )  # fmt: skip
    drawing = network_3d(run)
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[1].text[8] == "h.0<br>Block<br>1,000 parameters<br>10×100<br>gradient norm 0.5"


def test_slabs_stand_in_depth_order_whatever_the_order_of_the_vectors() -> None:
    run = RunData(
        "a", vectors={"grad_norm": vectors("grad_norm", [[1.0, 2.0, 3.0]], ("head", "h.0", "embed"))},
        media={"architecture": (logged(0, ARCHITECTURE),)},
    )  # fmt: skip
    drawing = network_3d(run, view="bars")
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[0].x.tolist() == [3, 2, 1]
    assert list(drawing.figure.layout.yaxis.ticktext) == ["embed", "h.0", "head"]


def test_the_steps_that_the_slider_leaves_out_are_counted() -> None:
    drawn = network_3d(RunData("a", vectors={"grad_norm": vectors("grad_norm", [[1.0, 2.0, 3.0]] * 1000)}))
    assert isinstance(drawn, Drawn)
    assert drawn.notes[0] == "3 blocks · grad_norm at 60 of 1,000 steps, evenly chosen"


def test_a_quantity_that_was_not_recorded_is_answered_with_those_that_were() -> None:
    drawing = network_3d(run_data({}, {"grad_norm": [[1.0, 1.0, 1.0]]}), colour="dead")
    assert isinstance(drawing, Refused)
    assert drawing.reason == "No dead_share was recorded of the blocks; there is: colour=gradient."


def test_a_network_without_blocks_is_said_to_have_none() -> None:
    run = RunData("a", vectors={"grad_norm": vectors("grad_norm", [[]], ())})
    drawing = network_3d(run)
    assert isinstance(drawing, Refused)
    assert drawing.reason.startswith("The recorded network has no blocks")
