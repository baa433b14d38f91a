"""A surface claims no more than its points carry: planes are exact, holes stay open, lines carry none."""

import numpy as np

from belvedere.analysis.surface import surface

GENERATOR = np.random.default_rng(0)
X, Y = GENERATOR.uniform(0, 1000, 250), GENERATOR.uniform(2, 3, 250)  # axes of very different units


def test_a_plane_is_recovered() -> None:
    found = surface(X, Y, 1 + 0.01 * X - 3 * Y)
    across, up = np.meshgrid(found.x, found.y)
    inside = np.isfinite(found.z)
    assert inside.mean() > 0.9
    np.testing.assert_allclose(found.z[inside], (1 + 0.01 * across - 3 * up)[inside], atol=1e-6)
    assert found.noise < 1e-6


def test_a_hole_stays_open() -> None:
    is_outside = ((X - 500) / 300) ** 2 + ((Y - 2.5) / 0.3) ** 2 > 1
    found = surface(X[is_outside], Y[is_outside], X[is_outside])
    assert np.isnan(found.z[14:16, 14:16]).all()
    assert np.isfinite(found.z[:, 0]).any()


def test_nothing_is_drawn_far_from_the_points() -> None:
    on_a_diagonal = np.abs(X / 1000 - (Y - 2)) < 0.15
    found = surface(X[on_a_diagonal], Y[on_a_diagonal], X[on_a_diagonal])
    assert np.isfinite(np.diagonal(found.z)[3:-3]).all()
    assert np.isnan([found.z[0, -1], found.z[-1, 0]]).all()


def test_the_standard_error_is_that_of_the_noise() -> None:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(16.0), np.arange(16.0)))
    found = surface(x, y, x + y + np.random.default_rng(1).normal(0, 0.5, 256))
    assert 0.4 < found.noise < 0.6
    missed = (found.z - np.add.outer(found.y, found.x)) / found.error
    assert 0.5 < np.sqrt(np.nanmean(missed**2)) < 2.0


def test_points_at_one_place_count_as_their_mean() -> None:
    twice = surface(np.tile(X, 2), np.tile(Y, 2), np.concatenate([X - 5, X + 5]))
    np.testing.assert_allclose(twice.z, surface(X, Y, X).z, atol=1e-6)
    assert twice.points == 250


def test_points_on_a_line_carry_no_surface() -> None:
    found = surface(X, 7 - 0.01 * X, Y)
    assert (found.z.size, found.reason) == (
        0,
        "No surface is drawn, because the points lie on one line seen from above.",
    )


def test_a_constant_axis_carries_no_surface() -> None:
    assert surface(X, np.full(250, 3.0), Y).reason == "No surface is drawn, because the second axis has one value only."


def test_few_or_broken_points_carry_no_surface() -> None:
    values = np.array([np.nan, np.inf, 1.0, 2.0])
    assert surface(values, values, values).reason == "2 different points carry no surface; it takes 10."
    assert surface(np.zeros(0), np.zeros(0), np.zeros(0)).reason.startswith("0 different points")


def test_many_points_are_averaged_and_a_plane_stays_one() -> None:
    x, y = np.random.default_rng(2).uniform(0, 1, (2, 5000))
    found = surface(x, y, 2 * x - y)
    assert found.points <= 300
    inside = np.isfinite(found.z)
    np.testing.assert_allclose(found.z[inside], np.subtract.outer(-found.y, -2 * found.x)[inside], atol=1e-6)
