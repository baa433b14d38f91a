"""Frames: what moves when the current step does."""

import numpy as np
import plotly.graph_objects as go

from belvedere.figures.moving import FRAMES_MAX, with_frames, with_now, with_slider
from belvedere.figures.render import html
from belvedere.figures.theme import LIGHT

STEPS = np.array([0, 10, 20])


def path() -> go.Figure:
    figure = go.Figure(go.Scatter3d(x=STEPS, y=[1.0, 2.0, np.nan], z=[5.0, 6.0, 7.0]))
    with_now(figure, STEPS, STEPS, np.array([1.0, 2.0, np.nan]), np.array([5.0, 6.0, 7.0]), theme=LIGHT)
    return figure


def test_the_ring_stands_at_the_last_finite_point_and_moves_with_the_frames() -> None:
    figure = path()
    assert figure.data[1].name == "now"
    assert (figure.data[1].x[0], figure.data[1].y[0], figure.data[1].z[0]) == (10, 2.0, 6.0)
    assert figure.layout.meta["steps"] == [0, 10]
    assert [frame.name for frame in figure.frames] == ["0", "10"]
    assert figure.frames[0].traces == (1,) and figure.frames[0].data[0].y[0] == 1.0


def test_frames_of_two_kinds_share_their_steps() -> None:
    figure = path()
    with_frames(figure, {10: [{"marker": {"color": "red"}}], 20: [{"marker": {"color": "blue"}}]}, [0])
    assert figure.layout.meta["steps"] == [0, 10, 20]
    assert figure.frames[1].traces == (1, 0) and figure.frames[2].traces == (0,)


def test_a_long_path_has_few_frames() -> None:
    steps = np.arange(10_000)
    figure = go.Figure()
    with_now(figure, steps, steps, steps, steps, theme=LIGHT)
    assert len(figure.frames) == FRAMES_MAX
    assert figure.layout.meta["steps"][0] == 0 and figure.layout.meta["steps"][-1] == 9999


def test_a_path_without_a_finite_point_has_no_ring() -> None:
    figure = go.Figure()
    nothing = np.array([np.nan])
    with_now(figure, np.array([0]), nothing, nothing, nothing, theme=LIGHT)
    assert not figure.data and not figure.frames


def test_only_a_figure_that_stands_alone_has_a_slider() -> None:
    figure = path()
    assert [step.label for step in with_slider(figure).layout.sliders[0].steps] == ["0", "10"]
    assert not figure.layout.sliders
    assert '"label":"Play"' in html(figure) and '"label":"Play"' not in html(go.Figure())
