"""Sharpness over training, beside its limit."""

from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.hessian import hessian
from tests.analysis.runs import NAN, run_data


def test_measurements_are_dots_and_the_limit_is_dashed() -> None:
    drawing = hessian(run_data({"hessian/top_eigenvalue": [10, 30, 50], "hessian/sharpness_limit": [40, 40, 40]}))
    assert isinstance(drawing, Drawn)
    top, limit = drawing.figure.data
    assert top.mode == "lines+markers"
    assert limit.line.dash == "dash"
    assert list(top.y) == [10, 30, 50]
    assert drawing.notes[-1] == "Above 2 / learning rate at 1 of 3 measurements."


def test_adams_own_coordinates_have_their_own_limit() -> None:
    names = ("top_eigenvalue", "sharpness_limit", "preconditioned_eigenvalue", "preconditioned_limit")
    drawing = hessian(run_data({f"hessian/{name}": [1.0, 2.0 + number] for number, name in enumerate(names)}))
    assert isinstance(drawing, Drawn)
    assert len({trace.line.color for trace in drawing.figure.data}) == 2
    assert drawing.notes[-1] == "Above Adam's limit at 0 of 2 measurements."


def test_what_is_no_number_is_marked_and_what_is_negative_needs_a_linear_axis() -> None:
    drawing = hessian(run_data({"hessian/top_eigenvalue": [1.0, NAN]}))
    assert isinstance(drawing, Drawn)
    assert "hessian/top_eigenvalue: 1 × NaN, marked on the axis." in drawing.notes
    negative = run_data({"hessian/top_eigenvalue": [-1.0, -2.0]})
    refused = hessian(negative)
    assert isinstance(refused, Refused)
    assert refused.reason.endswith("Choose y=linear.")
    assert isinstance(hessian(negative, y="linear"), Drawn)
