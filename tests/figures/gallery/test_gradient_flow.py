"""The matrix behind the gradient surface: nothing filled, no spike lost, the odd blocks named."""

import numpy as np
import pytest

from belvedere.core.series import RunData, VectorSeries
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.gradient_flow import COLUMNS_MAX, gradient_flow, gradient_flow_info
from tests.analysis.runs import INF, NAN, run_data, vectors


def test_a_cell_is_the_logarithm_of_what_was_measured() -> None:
    flow = gradient_flow_info(vectors("grad_norm", [[1, 10, 100], [0.1, 1, 10]]))
    np.testing.assert_allclose(flow.log_norms, [[0, -1], [1, 0], [2, 1]], atol=1e-6)
    assert flow.log_norms.dtype == np.float32
    assert flow.names == ("embed", "h.0", "head")


def test_zero_and_broken_cells_are_gaps_and_counted() -> None:
    drawing = gradient_flow(run_data({}, {"grad_norm": [[1, 0, 1], [1, NAN, INF], [1, 1, 1]]}), view="heatmap")
    assert isinstance(drawing, Drawn)
    assert np.isnan(drawing.figure.data[0].z).tolist() == [[False] * 3, [True, True, False], [False, True, False]]
    assert drawing.notes == (
        "3 blocks × 3 snapshots",
        "Gaps: 1 exactly 0 and 2 not finite or not logged (first h.0 at step 1), of 9 norms.",
    )


def test_no_spike_is_lost_to_thinning() -> None:
    rows = np.full((5000, 3), 0.1)
    rows[1234, 1], rows[1236, 2], rows[4999, 0] = 7.0, 5.0, 3.0
    flow = gradient_flow_info(vectors("grad_norm", rows.tolist()))
    assert len(flow.steps) == COLUMNS_MAX
    np.testing.assert_allclose(10 ** flow.log_norms.max(axis=1), [3, 7, 5], rtol=1e-5)
    assert [int(flow.measured_at[row, flow.log_norms[row].argmax()]) for row in range(3)] == [4999, 1234, 1236]


def test_an_infinite_norm_is_not_hidden_by_its_neighbours() -> None:
    rows = np.full((4000, 3), 0.1)
    rows[7, 0] = INF
    assert np.isnan(gradient_flow_info(vectors("grad_norm", rows.tolist())).log_norms[0]).tolist()[:2] == [True, False]


def test_a_vanishing_block_is_named_once_it_stays_so() -> None:
    rows = [[1.0, 1.0, 1.0]] * 10 + [[1.0, 1e-4, 1.0]] * 4
    assert gradient_flow_info(vectors("grad_norm", rows)).vanishing == {}
    assert gradient_flow_info(vectors("grad_norm", [*rows, [1.0, 1e-4, 1.0]])).vanishing == {"h.0": 10}


def test_an_exploding_block_is_named_and_a_loud_start_is_not() -> None:
    start = [[100.0, 1.0, 1.0]] * 5 + [[1.0, 1.0, 1.0]] * 40
    assert gradient_flow_info(vectors("grad_norm", start)).exploding == {}
    assert gradient_flow_info(vectors("grad_norm", start + [[1.0, 1.0, 20.0]] * 5)).exploding == {"head": 45}


def test_a_silent_block_is_said_to_be_silent() -> None:
    drawing = gradient_flow(run_data({}, {"grad_norm": [[0, 1, 1], [0, 1, 1]]}), view="surface")
    assert isinstance(drawing, Drawn)
    assert drawing.notes[-1] == "Always exactly 0: embed. Frozen or cut off from the loss."


def test_a_cell_without_neighbours_is_drawn_as_a_point() -> None:
    drawing = gradient_flow(run_data({}, {"grad_norm": [[1, 10, 100]]}), view="surface")
    assert isinstance(drawing, Drawn)
    assert [(trace.type, trace.name, len(trace.x)) for trace in drawing.figure.data] == [
        ("scatter3d", None, 3),
        ("scatter3d", "now", 3),
    ]


def test_a_run_of_zeros_is_refused_in_a_sentence() -> None:
    drawing = gradient_flow(run_data({}, {"grad_norm": [[0, 0, 0], [NAN, 0, 0]]}), view="surface")
    assert isinstance(drawing, Refused)
    assert drawing.reason.startswith("None of the 6 gradient norms is a positive finite number")


@pytest.mark.parametrize("view", ["surface", "heatmap"])
def test_the_line_of_the_current_step_stands_where_the_slider_is(view: str) -> None:
    drawing = gradient_flow(run_data({}, {"grad_norm": [[1, 10, 100], [0.1, 1, 10]]}), view=view)
    assert isinstance(drawing, Drawn)
    assert [frame.name for frame in drawing.figure.frames] == ["0", "1"]
    assert drawing.figure.layout.meta["steps"] == [0, 1]
    assert set(drawing.figure.data[-1].x) == {1}
    assert set(drawing.figure.frames[0].data[0].x) == {0}
    if view == "surface":
        np.testing.assert_allclose(drawing.figure.frames[0].data[0].z, [0, 1, 2], atol=1e-6)


def test_a_million_snapshots_keep_their_spike_and_say_when_it_was() -> None:
    rows = np.full((1_000_003, 3), 0.1, np.float32)
    rows[654_321, 1] = 7.0
    flow = gradient_flow_info(
        VectorSeries("grad_norm", np.arange(len(rows)), np.arange(1.0 * len(rows)), tuple("abc"), rows)
    )
    column = int(flow.log_norms[1].argmax())
    assert len(flow.steps) == COLUMNS_MAX
    assert (10 ** flow.log_norms[1, column], flow.measured_at[1, column]) == (pytest.approx(7.0), 654_321)
    assert (flow.zeros, flow.nonfinite, flow.silent) == (0, 0, ())


def test_many_blocks_are_told_by_numbers_so_that_the_figure_stays_small() -> None:
    names = tuple(f"h.{index}" for index in range(100))
    rows = np.full((400, 100), 0.1)
    drawing = gradient_flow(RunData("a", vectors={"grad_norm": vectors("grad_norm", rows.tolist(), names)}))
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[0].text is None
    assert drawing.figure.data[0].hovertemplate


def test_the_line_of_the_current_step_stands_at_very_late_steps() -> None:
    late = np.array([2**40, 2**40 + 1])
    norms = VectorSeries("grad_norm", late, late.astype(float), ("a", "b"), np.ones((2, 2)))
    drawn = gradient_flow(RunData("a", vectors={"grad_norm": norms}))
    assert isinstance(drawn, Drawn)
    assert list(drawn.figure.data[-1].x) == [2.0**40 + 1] * 2
