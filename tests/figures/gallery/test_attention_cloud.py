"""Attention as points: no query is lost, none is invented, and wrong layers are named."""

from typing import Any

import numpy as np
import pytest

from belvedere.core.arrays import Array
from belvedere.core.errors import UsageError
from belvedere.core.query import resolved_media
from belvedere.core.series import Media, RunData
from belvedere.figures.figure import Drawn
from belvedere.figures.gallery.attention_cloud import attention_cloud, attention_points, cloud_of
from tests.analysis.runs import NAN
from tests.figures.logged import logged

WEIGHTS = np.array([[1.0, 0, 0], [0.25, 0.75, 0], [0.005, 0.5, 0.495]], np.float32)


def maps(*steps: int, weights: object = WEIGHTS, tokens: tuple[str, ...] = ("a", "b", "c")) -> tuple[Media, ...]:
    return tuple(logged(step, Array(weights, {"tokens": list(tokens)})) for step in steps)


def test_points_are_query_key_weight_and_the_seeds_colours() -> None:
    points = attention_points(WEIGHTS)
    np.testing.assert_allclose(
        points,
        [
            [0.0, 0, 1, 255, 0, 128],
            [1, 0, 0.25, 63.75, 191.25, 128],
            [1, 1, 0.75, 191.25, 63.75, 128],
            [2, 1, 0.5, 127.5, 127.5, 128],
            [2, 2, 0.495, 126.225, 128.775, 128],
        ],
        rtol=1e-6,
    )
    assert points.dtype == np.float32


def test_a_query_that_spreads_evenly_keeps_its_largest_weights() -> None:
    even = np.full((2, 200), 1 / 200)
    even[1, 7] = 0.02
    cloud = cloud_of(even, 0)
    assert (int((cloud.queries == 0).sum()), cloud.lifted) == (8, 1)
    assert (cloud.keys[cloud.queries == 1].tolist(), cloud.over) == ([7], 1)


def test_a_cap_keeps_the_largest_and_one_of_each_query() -> None:
    weights = np.tile(np.array([0.4, 0.3, 0.2, 0.1]), (3, 1))
    weights[2] = 0.02, 0.03, 0.02, 0.02
    cloud = cloud_of(weights, 0, most=4)
    assert sorted(zip(cloud.queries.tolist(), cloud.keys.tolist()))[0] == (0, 0)
    assert set(cloud.queries.tolist()) == {0, 1, 2}
    assert len(cloud.heights) == 4
    assert cloud.heights[-1] == pytest.approx(0.03)


def test_masked_and_broken_weights_have_no_points() -> None:
    assert len(cloud_of(np.array([[NAN, 0.0], [0.0, 0.0]]), 0).heights) == 0


def test_the_slider_shows_what_was_captured_at_its_step() -> None:
    run = RunData("a", media={"attention/layer0_head0": (*maps(0, weights=np.eye(3)), *maps(10))})
    drawing = attention_cloud(run)
    assert isinstance(drawing, Drawn)
    assert drawing.figure.layout.meta["steps"] == [0, 10]
    first = drawing.figure.frames[0].data[0]
    assert [list(axis) for axis in (first.x, first.y, first.z)] == [[0, 1, 2], [0, 1, 2], [1, 1, 1]]
    assert list(first.marker.color) == [1, 1, 1]
    assert drawing.figure.data[0].text[1] == "b → a"
    assert drawing.notes[0].startswith("layer 0, head 0 · step 10, 5 points of 9 weights, 5 of them over 0.01")


def test_the_flat_twin_shows_what_is_masked_as_a_gap() -> None:
    drawing = attention_cloud(RunData("a", media={"attention/layer0_head0": maps(0)}), view="heatmap")
    assert isinstance(drawing, Drawn)
    assert np.isnan(drawing.figure.data[0].z).tolist() == [[False, True, True], [False, False, True], [False] * 3]


def test_a_large_map_shows_the_largest_weight_of_each_square() -> None:
    weights = np.full((300, 300), 0.001, np.float32)
    weights[299, 1] = 0.9
    drawing = attention_cloud(RunData("a", media={"attention/layer0_head0": maps(0, weights=weights)}), view="heatmap")
    assert isinstance(drawing, Drawn)
    assert drawing.figure.data[0].z.shape == (150, 150)
    assert float(drawing.figure.data[0].z[149, 0]) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layer": 5}, "layer 5 was not captured; captured: 0–1, 3"),
        ({"layer": 1, "head": 9}, "head 9 of layer 1 was not captured; captured: 2"),
    ],
)
def test_a_layer_or_head_that_was_not_captured_is_answered_with_those_that_were(
    options: dict[str, Any], words: str
) -> None:
    run = RunData("a", media={f"attention/layer{layer}_head2": maps(0) for layer in (0, 1, 3)})
    with pytest.raises(UsageError) as refused:
        attention_cloud(run, **options)
    assert str(refused.value) == words


def test_only_the_head_that_is_drawn_is_read() -> None:
    types = {f"attention/layer{layer}_head{head}": "array" for layer in (0, 1) for head in (0, 1)}

    def read(**options: object) -> list[str]:
        return [key for entry in attention_cloud.needs_with(options).media for key in resolved_media(entry, types)]

    assert read() == ["attention/layer0_head0"]
    assert read(layer=1, head=1) == ["attention/layer1_head1"]
    assert len(read(layer=7, head=0)) == 4  # to say which could be had
