"""Trajectories of planted embeddings: rank, likeness and movement are what was put in."""

from typing import Any

import numpy as np
import pytest

from belvedere.core.arrays import Array
from belvedere.core.series import Floats, Media, RunData
from belvedere.figures.figure import Drawn, Refused
from belvedere.figures.gallery.embedding_trajectory import embedding_trajectory, trajectory_of
from tests.figures.logged import logged

SQUARE = np.array([[1.0, 1, 0, 0], [1, -1, 0, 0], [-1, 1, 0, 0], [-1, -1, 0, 0]])
TURN = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]


def snapshots(*matrices: Floats, classes: tuple[object, ...] = ()) -> tuple[Media, ...]:
    about = {"labels": ["a", "b", "c", "d"], "classes": list(classes)}
    return tuple(logged(10 * place, Array(rows, about)) for place, rows in enumerate(matrices))


def run_of(*matrices: Floats, classes: tuple[object, ...] = ()) -> RunData:
    return RunData("a", media={"embeddings/z": snapshots(*matrices, classes=classes)})


def test_rank_and_likeness_of_a_turned_square() -> None:
    found = trajectory_of(snapshots(SQUARE @ TURN, SQUARE))
    np.testing.assert_allclose(found.ranks, [2, 2])
    np.testing.assert_allclose(found.likeness, [1, 1])
    np.testing.assert_allclose(found.points[0], found.points[1], atol=1e-10)
    assert found.map.explained.tolist() == pytest.approx([0.5, 0.5, 0])


def test_without_alignment_a_turn_is_movement() -> None:
    found = trajectory_of(snapshots(SQUARE @ TURN, SQUARE), turn=False)
    assert np.abs(found.points[0] - found.points[1]).max() > 0.1


def test_frames_move_points_tails_and_the_small_plots_together() -> None:
    drawing = embedding_trajectory(run_of(SQUARE, 2 * SQUARE, 3 * SQUARE, classes=("x", "x", "y", "y")))
    assert isinstance(drawing, Drawn)
    assert drawing.figure.layout.meta["steps"] == [0, 10, 20]
    middle = drawing.figure.frames[1]
    sizes = np.linalg.norm(np.stack([middle.data[1].x, middle.data[1].y, middle.data[1].z]), axis=0)
    np.testing.assert_allclose(sizes, np.full(4, 2 * np.sqrt(2)), rtol=1e-6)
    assert np.isnan(middle.data[0].x).tolist() == [False, False, True] * 4  # two snapshots, then a gap
    names = [drawing.figure.data[trace].name for trace in middle.traces]
    assert names == ["tail", "things", "now", "now"]
    assert [trace.name for trace in drawing.figure.data if trace.showlegend is not False] == ["x", "y"]
    assert drawing.figure.data[1].text[0] == "a · x"


def test_one_point_a_snapshot_is_the_path_of_the_means() -> None:
    line = [SQUARE + np.array([step, 0, 0, 0]) for step in (0.0, 1.0, 3.0)]
    drawing = embedding_trajectory(run_of(*line), points="snapshots", align="none", view="2d")
    assert isinstance(drawing, Drawn)
    np.testing.assert_allclose(np.diff(drawing.figure.data[0].x), [1, 2], rtol=1e-6)
    np.testing.assert_allclose(drawing.figure.data[0].y, 0, atol=1e-6)
    assert drawing.figure.data[0].customdata.tolist() == [0, 10, 20]


def test_snapshots_of_another_shape_are_left_out_and_said() -> None:
    drawing = embedding_trajectory(run_of(np.ones((3, 4)), SQUARE, np.full((4, 4), np.nan), SQUARE))
    assert isinstance(drawing, Drawn)
    assert drawing.notes == (
        "embeddings/z: 4 things, 2 of 4 snapshots · effective rank 2.0 → 2.0",
        "Snapshots left out, of another shape or with NaN: 2.",
    )


@pytest.mark.parametrize(
    ("run", "options", "words"),
    [
        (run_of(np.ones((4, 4)), np.ones((4, 4))), {}, "The 8 embeddings are all the same point (rank 0)"),
        (run_of(np.ones((1, 4))), {}, "no cloud of points"),
        (run_of(SQUARE), {"which": "words"}, "No embeddings called 'words' were recorded; there are: z."),
        (run_of(SQUARE[:3]), {"method": "tsne"}, "too few neighbours for tsne"),
    ],
)
def test_what_cannot_be_drawn_is_said(run: RunData, options: dict[str, Any], words: str) -> None:
    drawing = embedding_trajectory(run, **options)
    assert isinstance(drawing, Refused)
    assert words in drawing.reason
    assert drawing.reason.endswith(".")


def test_one_snapshot_is_drawn_and_told_to_be_no_trajectory() -> None:
    drawing = embedding_trajectory(run_of(SQUARE))
    assert isinstance(drawing, Drawn)
    assert drawing.notes[-1].startswith("One snapshot is no trajectory")
    assert not drawing.figure.frames


def test_tsne_is_a_model_and_says_what_it_does_not_keep() -> None:
    drawing = embedding_trajectory(run_of(SQUARE, 2 * SQUARE), method="tsne", view="2d")
    assert isinstance(drawing, Drawn)
    assert drawing.origin == "model"
    assert "distances between clusters do not" in drawing.notes[1]
