"""The loss plot: raw points while there are few, true extremes when there are many, nothing invented."""

import numpy as np
import pytest

from belvedere.core.series import Stage
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.loss_curves import loss_curves
from belvedere.figures.lines import BUCKETS, curve_of
from tests.analysis.runs import INF, NAN, run_data, series


def curve(values: list[float], *, is_log: bool = False):  # type: ignore[no-untyped-def]
    return curve_of(series("loss", values), np.arange(len(values), dtype=np.float64), is_log=is_log)


def test_few_points_are_drawn_as_they_are() -> None:
    found = curve([3.0, 1.0, 2.0])
    assert (found.x.tolist(), found.y.tolist(), found.low) == ([0, 1, 2], [3, 1, 2], None)


def test_many_points_keep_their_extremes() -> None:
    values = np.random.default_rng(3).normal(2, 0.1, 10_000)
    values[777], values[8888] = 9.0, -4.0
    found = curve(values.tolist())
    assert len(found.x) == BUCKETS
    assert (found.high.max(), found.low.min()) == (9.0, -4.0)
    assert (found.low <= found.y).all()
    assert (found.y <= found.high).all()
    assert found.y.mean() == pytest.approx(values.mean())


def test_broken_numbers_are_marked_where_they_are_and_break_the_line() -> None:
    found = curve([1.0, NAN, 2.0, INF, -INF])
    assert found.marks == {"NaN": [(1.0, 1)], "+Inf": [(3.0, 1)], "-Inf": [(4.0, 1)]}
    assert np.isnan(found.y).tolist() == [False, True, False, True, True]


def test_marks_too_close_to_tell_apart_share_one_that_counts_them() -> None:
    found = curve([1.0] * 4000 + [NAN] * 4000)
    assert sum(count for _, count in found.marks["NaN"]) == 4000
    assert len(found.marks["NaN"]) <= 101


def test_what_a_logarithmic_axis_cannot_show_is_counted() -> None:
    drawing = loss_curves(run_data({"loss": [1.0, 0.0, -2.0]}), y="log")
    assert isinstance(drawing, Drawn)
    assert drawing.notes == ("3 points", "Not shown on a logarithmic axis, 0 or less: 2 points.")


def test_validation_has_dots_and_comes_after_training() -> None:
    drawing = loss_curves(run_data({"val/loss": [2.0, 1.0], "train/loss": [3.0, 2.0]}))
    assert isinstance(drawing, Drawn)
    assert [(trace.name, trace.mode) for trace in drawing.figure.data] == [
        ("train/loss", "lines"),
        ("val/loss", "lines+markers"),
    ]


def test_over_tokens_only_points_with_tokens_are_drawn() -> None:
    drawing = loss_curves(run_data({"loss": [3.0, 2.0, 1.0], "train/tokens": [0.0, 512.0]}), x="tokens")
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[0].x.tolist() == [0, 512]
    assert drawing.notes[-1] == "Left out for want of tokens at their step: 1 of 3 points."


def test_tokens_that_were_not_logged_are_asked_for() -> None:
    drawing = loss_curves(run_data({"loss": [3.0]}), x="tokens")
    assert drawing == Refused("No series of tokens was recorded. Log it as train/tokens to see the loss over tokens.")


def test_a_change_of_stage_is_a_line_with_its_name() -> None:
    drawing = loss_curves(run_data({"loss": [3.0, 2.0]}, stages=(Stage("sft", 1, 1.0),)))
    assert isinstance(drawing, Drawn)
    assert [(shape.x0, shape.line.color) for shape in drawing.figure.layout.shapes] == [(1, "#45B7D1")]
    assert [note.text for note in drawing.figure.layout.annotations] == ["sft"]
