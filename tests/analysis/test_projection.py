"""Projections of planted geometry: what is known beforehand is found again."""

import numpy as np
import pytest

from belvedere.analysis.projection import aligned, effective_rank, linear_cka, projected, turned_onto
from belvedere.core.errors import UsageError
from belvedere.core.series import Floats


def cloud(things: int, width: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((things, width))


def rotation(width: int, seed: int = 1) -> Floats:
    return np.linalg.qr(cloud(width, width, seed))[0]


def test_a_planted_plane_is_found_and_the_third_axis_is_empty() -> None:
    plane = np.zeros((6, 5))
    plane[:, 0], plane[:, 3] = [-3, -1, 0, 0, 1, 3], [1, -1, 0, 0, -1, 1]
    found = projected([plane])
    np.testing.assert_allclose(found.explained, [20 / 24, 4 / 24, 0], atol=1e-12)
    np.testing.assert_allclose(found.points[0], np.stack([plane[:, 0], plane[:, 3], np.zeros(6)], axis=1), atol=1e-12)
    assert found.axes == ("PC 1 (83 %)", "PC 2 (17 %)", "PC 3 (0 %)")


@pytest.mark.parametrize(("things", "width"), [(40, 8), (8, 40)])
def test_distances_survive_where_nothing_is_left_out(things: int, width: int) -> None:
    low = cloud(things, 3) @ rotation(width)[:3]
    found = projected([low, 2 * low])
    distances = np.linalg.norm(low[:, None] - low[None], axis=-1)
    drawn = np.linalg.norm(found.points[0][:, None] - found.points[0][None], axis=-1)
    np.testing.assert_allclose(drawn, distances, atol=1e-9)
    np.testing.assert_allclose(found.explained.sum(), 1.0)


def test_the_largest_loading_is_positive_so_that_no_picture_flips() -> None:
    line = np.outer([-1.0, 0.0, 1.0], [0.1, -0.9])
    assert projected([line]).points[0, :, 0].tolist() == pytest.approx([0.9055385, 0.0, -0.9055385])


@pytest.mark.parametrize(("things", "width"), [(50, 6), (5, 30)])
def test_a_turned_snapshot_is_turned_back(things: int, width: int) -> None:
    target = cloud(things, width)
    np.testing.assert_allclose(turned_onto(target @ rotation(width), target), target, atol=1e-10)
    np.testing.assert_allclose(aligned([target @ rotation(width), target])[0], target, atol=1e-10)


def test_turning_changes_no_distance() -> None:
    source, target = cloud(7, 20), cloud(7, 20, seed=2)
    turned = turned_onto(source, target)
    np.testing.assert_allclose(turned @ turned.T, source @ source.T, atol=1e-10)
    assert np.linalg.norm(turned - target) < np.linalg.norm(source - target)


def test_the_effective_rank_of_equal_directions_is_their_number() -> None:
    square = np.array([[1.0, 1, 0, 0], [1, -1, 0, 0], [-1, 1, 0, 0], [-1, -1, 0, 0]])
    assert effective_rank(square @ rotation(4)) == pytest.approx(2.0)
    assert effective_rank(np.outer([1, 2, 4], [1.0, 1, 1])) == pytest.approx(1.0)
    assert effective_rank(np.ones((5, 3))) == 0.0


@pytest.mark.parametrize(("things", "width"), [(50, 6), (6, 50)])
def test_cka_is_one_under_rotation_and_scaling(things: int, width: int) -> None:
    rows = cloud(things, width)
    assert linear_cka(rows, 3 * rows @ rotation(width) + 5) == pytest.approx(1.0, abs=1e-12)


def test_cka_of_unrelated_things_is_nothing() -> None:
    assert linear_cka(np.array([[1.0], [-1], [1], [-1]]), np.array([[1.0], [1], [-1], [-1]])) == pytest.approx(0.0)
    assert np.isnan(linear_cka(np.ones((3, 2)), np.array([[1.0], [2], [3]])))


def test_tsne_keeps_two_far_clusters_apart() -> None:
    far = np.concatenate([cloud(8, 4), cloud(8, 4) + 100])
    found = projected([far], method="tsne", dimensions=2)
    first, second = found.points[0, :8], found.points[0, 8:]
    between = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    assert between > np.linalg.norm(first - first.mean(axis=0), axis=1).max()
    assert "distances between clusters do not" in found.note


@pytest.mark.parametrize(
    ("matrices", "method", "words"),
    [
        ([np.ones((4, 3))] * 2, "pca", "the 8 embeddings are all the same point"),
        ([cloud(3, 2)], "isomap", "method='isomap' is not known"),
        ([cloud(3, 2)], "tsne", "3 embeddings have too few neighbours"),
        ([cloud(3, 2), cloud(4, 2)], "pca", "of one shape, got: (3, 2), (4, 2)"),
        ([np.array([[1.0, np.nan], [0, 1]])], "pca", "NaN or infinite"),
        ([], "pca", "of one shape, got: none"),
    ],
)
def test_what_cannot_be_projected_is_said_in_a_sentence(matrices: list[Floats], method: str, words: str) -> None:
    with pytest.raises(UsageError) as told:
        projected(matrices, method=method)
    assert words in str(told.value)
