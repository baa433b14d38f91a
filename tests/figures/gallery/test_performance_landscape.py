"""Evaluations stand at the speed and utilisation that were known then; what is not known is never 0."""

import numpy as np

from belvedere.core.series import RunData, Series, Stage
from belvedere.figures.figure import Drawing, Drawn, Refused
from belvedere.figures.gallery.performance_landscape import performance_landscape
from tests.analysis.runs import float32, series


def run_of(*found: Series, stage: str = "sft") -> RunData:
    return RunData("r", name="r", series={one.key: one for one in found}, stages=(Stage(stage, 0, 0.0),))


SPEED = series("throughput/tokens_per_sec", [100.0, 200.0, 300.0], [0, 10, 20])
SCORE = series("val/accuracy", [0.1, 0.5, 0.6], [5, 10, 25])
SHARE = series("throughput/mfu", [0.25, 0.5], [8, 20])


def drawn(drawing: Drawing) -> Drawn:
    assert isinstance(drawing, Drawn)
    return drawing


def test_an_evaluation_has_what_was_known_at_its_step() -> None:
    drawing = drawn(performance_landscape(run_of(SPEED, SCORE, SHARE)))
    (points,) = drawing.figure.data
    np.testing.assert_array_equal(points.x, float32([np.nan, 25, 50]))  # a share of 1 is shown in per cent
    np.testing.assert_array_equal(points.y, float32([100, 200, 300]))
    np.testing.assert_array_equal(points.z, float32([0.1, 0.5, 0.6]))
    assert points.marker.size.tolist() == [4, 4, 8]
    assert drawing.notes == ("2 of 3 evaluations of 1 run", "Not drawn, without a known MFU: 1.")


def test_without_a_peak_there_is_a_flat_view_with_hollow_markers() -> None:
    refused = performance_landscape(run_of(SPEED, SCORE))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("No MFU was recorded, and none is made up.")
    (points,) = drawn(performance_landscape(run_of(SPEED, SCORE), view="flat")).figure.data
    assert points.marker.symbol == ("square-open",) * 3
    assert points.x.tolist() == [100.0, 200.0, 300.0]


def test_a_run_without_an_evaluation_is_refused() -> None:
    for runs in ((), (run_of(SPEED, SHARE),), (run_of(SPEED, series("val/accuracy", [np.nan])),)):
        refused = performance_landscape(runs)
        assert isinstance(refused, Refused)
        assert refused.reason.startswith("No evaluation was recorded beside the throughput")
