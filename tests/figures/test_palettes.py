"""Colour is never the only sign, and what colour says survives colour blindness.

Deuteranopia and protanopia are simulated with the matrices of Machado, Oliveira and Fernandes (2009), severity 1.0, in
linear RGB; distances are CIE 1976 ΔE in L*a*b* (D65), where about 2.3 is a just noticeable difference.
"""

import itertools

import numpy as np
import plotly.colors
import pytest
from numpy.typing import NDArray

from belvedere.figures import theme
from belvedere.figures.theme import DARK, LIGHT, STAGES, Theme

DEFICIENCIES = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
TOLD_APART = 10.0
RULED_BY_LIGHTNESS = ("LOSS_SCALE", "GRADIENT_SCALE", "SCORE_SCALE", "SPREAD_SCALE")


def linear(colour: str) -> NDArray[np.float64]:
    srgb = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = TO_XYZ @ rgb / WHITE
    root = np.where(ratio > 0.008856, np.cbrt(np.clip(ratio, 0, None)), 7.787 * ratio + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def seen(colour: str, deficiency: str) -> NDArray[np.float64]:
    rgb = linear(colour)
    return lab(np.clip(np.array(DEFICIENCIES[deficiency]) @ rgb, 0, 1) if deficiency else rgb)


def distance(one: str, other: str, deficiency: str) -> float:
    return float(np.linalg.norm(seen(one, deficiency) - seen(other, deficiency)))


@pytest.mark.parametrize("deficiency", ["", *DEFICIENCIES])
@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda tokens: tokens.name)
class TestColours:
    def test_lines_are_told_apart(self, tokens: Theme, deficiency: str) -> None:
        for one, other in itertools.combinations(tokens.lines, 2):
            assert distance(one, other, deficiency) > TOLD_APART, (one, other)

    def test_lines_stand_out_from_the_ground(self, tokens: Theme, deficiency: str) -> None:
        assert all(distance(colour, tokens.ground, deficiency) > 25 for colour in tokens.lines)

    def test_stages_that_look_alike_differ_in_their_dash(self, tokens: Theme, deficiency: str) -> None:
        for one, other in itertools.combinations(STAGES, 2):
            is_alike = distance(STAGES[one], STAGES[other], deficiency) <= TOLD_APART
            assert not is_alike or theme.stage_dash(one) != theme.stage_dash(other), (one, other)


def test_the_known_matrices_leave_white_white() -> None:
    for matrix in DEFICIENCIES.values():
        np.testing.assert_allclose(np.array(matrix).sum(axis=1), 1.0, atol=1e-5)
    assert lab(np.ones(3))[0] == pytest.approx(100.0, abs=0.1)


@pytest.mark.parametrize("name", RULED_BY_LIGHTNESS)
def test_scales_of_amounts_rise_or_fall_in_lightness_all_the_way(name: str) -> None:
    """Turbo, which colours steps, and the diverging scale do not; neither is ever the only way to read a value."""
    shades = plotly.colors.sample_colorscale(getattr(theme, name), np.linspace(0, 1, 32))
    lightness = [
        lab(linear("#" + "".join(f"{round(float(part)):02X}" for part in shade[4:-1].split(",")))) for shade in shades
    ]
    steps = np.diff([one[0] for one in lightness])
    assert (steps > -0.2).all() or (steps < 0.2).all()
