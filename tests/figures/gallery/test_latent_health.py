"""Panels for what was logged, and sentences for what is unhealthy."""

import numpy as np

from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.latent_health import latent_health
from tests.analysis.runs import run_data


def test_each_quantity_has_a_panel_of_its_own() -> None:
    drawing = latent_health(run_data({"latent/std": [0.1, 0.6], "latent/isotropy": [0.9, 0.8]}))
    assert isinstance(drawing, Drawn)
    assert [(trace.yaxis, trace.y.tolist()) for trace in drawing.figure.data] == [
        ("y", np.array([0.1, 0.6], np.float32).tolist()),
        ("y2", np.array([0.9, 0.8], np.float32).tolist()),
    ]
    assert drawing.notes == ("4 points",)


def test_collapse_is_said_with_its_numbers() -> None:
    scalars = {
        "latent/effective_rank": [9.0, 1.5],
        "latent/dead_dimensions": [0.0, 12.0],
        "latent/isotropy": [0.9, 0.02],
    }
    names_and_rows = {"latent_std": [[0.5] * 3]}
    drawing = latent_health(run_data(scalars, names_and_rows))
    assert isinstance(drawing, Drawn)
    assert drawing.notes[1:] == (
        "Dead dimensions, with a standard deviation under 0.001: 12 of 3.",
        "Isotropy is 0.02: the rows nearly all point the same way.",
    )


def test_dimensions_are_drawn_largest_first_on_a_logarithmic_scale() -> None:
    drawing = latent_health(run_data({}, {"latent_std": [[0.1, 1.0, 0.0], [10.0, 1.0, 0.1]]}), view="dimensions")
    assert isinstance(drawing, Drawn)
    np.testing.assert_allclose(drawing.figure.data[0].z, [[0, 1], [-1, 0], [-4, -1]], atol=1e-6)


def test_without_the_vector_there_are_no_dimensions() -> None:
    drawing = latent_health(run_data({"latent/std": [1.0]}), view="dimensions")
    assert isinstance(drawing, Refused)
    assert "No vector latent_std was recorded" in drawing.reason
