"""A buffer of any length at bounded memory: what is in a cell is exact, and columns never fall out of step."""

import math

import numpy as np
import pytest

from belvedere.analysis.pyramid_buffer import COLUMNS_MAX, PyramidBuffer
from belvedere.core.errors import NotFound, UsageError

NAN, INF = float("nan"), float("inf")


def filled(values: list[float], *, cells: int = 4, recent: int = 3) -> PyramidBuffer:
    buffer = PyramidBuffer(cells=cells, recent=recent)
    for step, value in enumerate(values):
        buffer.add(step, {"loss": value})
    return buffer


def test_until_the_cells_run_out_every_row_is_kept_exactly():
    found = filled([4, 3, 2, 1]).reduced("loss")
    assert found.is_exact
    assert (found.steps.tolist(), found.mean.tolist()) == ([0, 1, 2, 3], [4, 3, 2, 1])


def test_then_two_rows_share_a_cell_with_their_own_extremes():
    buffer = filled([4, 3, 2, 1, 9])
    found = buffer.reduced("loss")
    assert buffer.rows_per_cell == 2
    assert found.steps.tolist() == [0, 2, 4]
    assert found.mean.tolist() == [3.5, 1.5, 9]
    assert (found.low.tolist(), found.high.tolist()) == ([3, 1, 9], [4, 2, 9])
    assert found.counts.tolist() == [2, 2, 1]


def test_a_spike_is_seen_after_any_number_of_halvings():
    values = [1.0] * 10_000
    values[6789] = 100.0
    found = filled(values, cells=16).reduced("loss")
    assert found.high.max() == 100.0 and found.low.min() == 1.0
    assert int(found.counts.sum()) == 10_000
    assert float((found.mean * found.counts).sum()) == pytest.approx(10_099.0)


def test_values_that_are_no_numbers_are_counted_where_they_were():
    buffer = filled([1, NAN, INF, -INF])
    found = buffer.reduced("loss")
    assert found.nonfinite.tolist() == [0, 1, 1, 1]
    marks = {kind: steps.tolist() for kind, steps in buffer.nonfinite_steps("loss").items()}
    assert marks == {"nan": [1], "posinf": [2], "neginf": [3]}
    assert np.isnan(found.mean[1:]).all()


def test_a_row_without_a_column_leaves_no_value_and_moves_no_other():
    buffer = PyramidBuffer(cells=8, recent=8)
    for step in range(4):
        buffer.add(step, {"loss": float(step)} | ({"reward": 10.0 * step} if step % 2 else {}))
    assert buffer.reduced("reward").steps.tolist() == [1, 3]
    steps, both = buffer.means("loss", "reward")
    assert (steps.tolist(), both.tolist()) == ([1, 3], [[1, 3], [10, 30]])
    assert buffer.recent("reward")[1][0].tolist()[1::2] == [10, 30]
    assert math.isnan(buffer.recent("reward")[1][0][0])


def test_the_last_rows_are_there_as_they_came():
    steps, values = filled([5, 6, 7, 8, 9]).recent("loss")
    assert (steps.tolist(), values.tolist()) == ([2, 3, 4], [[7, 8, 9]])


def test_steps_that_go_back_come_out_sorted():
    buffer = PyramidBuffer(cells=8)
    for step in (5, 6, 0, 1):
        buffer.add(step, {"loss": float(step)})
    assert buffer.series("loss").steps.tolist() == [0, 1, 5, 6]
    assert buffer.series("loss").values.tolist() == [0, 1, 5, 6]


def test_all_columns_go_to_figures_as_a_run():
    data = filled([2, 1]).run_data("now")
    assert data.run_id == "now" and data.series["loss"].values.tolist() == [2, 1]


def test_a_million_rows_of_eight_columns_stay_below_five_megabytes():
    buffer = PyramidBuffer()
    names = [f"c{number}" for number in range(8)]
    row = dict.fromkeys(names, 1.0)
    for step in range(1_000_000):
        buffer.add(step, row)
    assert len(buffer) == 1_000_000
    assert len(buffer.reduced("c7")) <= 4096
    assert buffer.size_bytes == 4096 * (8 + 40 * 8) + 1000 * (8 + 8 * 8)
    assert 4096 * (8 + 40 * COLUMNS_MAX) + 1000 * (8 + 8 * COLUMNS_MAX) < 5_000_000


def test_an_unknown_column_and_one_too_many_are_said():
    with pytest.raises(NotFound, match=r"no column 'reward' in the buffer; it has: loss"):
        filled([1]).reduced("reward")
    buffer = PyramidBuffer()
    buffer.add(0, {f"c{number}": 1.0 for number in range(COLUMNS_MAX + 1)})
    with pytest.raises(UsageError, match="one more than the 24 of a buffer"):
        buffer.reduced("c0")
    with pytest.raises(UsageError, match="a buffer of 3 cells"):
        PyramidBuffer(cells=3)
