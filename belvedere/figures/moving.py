"""What a figure does when the current step moves: Plotly frames, named by their step, that update a few small traces.

`layout.meta["steps"]` lists the steps of all frames, rising. A page with a slider of its own shows for step s the last
frame whose step is not after s; a figure that stands alone is given a slider and a play button (`with_slider`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from belvedere.core.query import evenly_chosen
from belvedere.figures.canvas import Canvas
from belvedere.figures.scene import thin
from belvedere.figures.theme import NOW_PX, Theme

FRAMES_MAX = 60
FRAME_MS = 120
TITLE_UNDER_PX = 32
SHORT = 256  # numbers


def with_frames(figure: Canvas, frames: Mapping[int, Sequence[Mapping[str, object]]], traces: Sequence[int]) -> None:
    """Give a figure frames: step -> what changes in each of `traces` (only the changed properties). Frames that are
    there already are kept; where both have a step, both changes are made."""
    before = {str(frame["name"]): frame for frame in figure.frames}
    kinds = [figure.data[trace]["type"] for trace in traces]
    for step, changes in frames.items():
        name = str(step)
        data = [{"type": kind, **_light(change)} for kind, change in zip(kinds, changes)]
        if name in before:
            data = [*before[name]["data"], *data]
            numbers = [*before[name]["traces"], *traces]
        else:
            numbers = list(traces)
        before[name] = {"name": name, "data": data, "traces": numbers}
    ordered = sorted(before.values(), key=lambda frame: int(frame["name"]))
    figure.frames = ordered
    figure.update_layout(meta={"steps": [int(frame["name"]) for frame in ordered]})


def _light(change: Mapping[str, object]) -> dict[str, object]:
    """Short arrays as lists: Plotly takes 0.3 ms to look at an array, however short, and a figure has 60 frames."""
    found: dict[str, object] = {}
    for name, value in change.items():
        if isinstance(value, np.ndarray) and value.size <= SHORT:
            found[name] = value.tolist()
        else:
            found[name] = _light(value) if isinstance(value, Mapping) else value
    return found


def with_now(
    figure: Canvas, steps: NDArray[np.int64], x: NDArray[np.generic], y: NDArray[np.generic],
    z: NDArray[np.generic], *, theme: Theme,
) -> None:  # fmt: skip
    """A ring around the current step of a path (n,), at its last finite point until the slider moves it."""
    known = np.isfinite(np.stack([np.asarray(one, np.float64) for one in (x, y, z)])).all(axis=0)
    places = np.flatnonzero(known)
    if not len(places):
        return
    last = places[-1:]
    figure.add_scatter3d(
        x=thin(x[last]), y=thin(y[last]), z=thin(z[last]), mode="markers", name="now", showlegend=False,
        hoverinfo="skip",
        marker={"size": NOW_PX, "symbol": "circle-open", "color": theme.accent, "line": {"width": 3}},
    )  # fmt: skip
    chosen = places[evenly_chosen(len(places), FRAMES_MAX)]
    columns = [np.asarray(one)[chosen].tolist() for one in (steps, x, y, z)]
    frames = {int(step): [{"x": [at_x], "y": [at_y], "z": [at_z]}] for step, at_x, at_y, at_z in zip(*columns)}
    with_frames(figure, frames, [len(figure.data) - 1])


def with_slider(figure: go.Figure) -> go.Figure:
    """The figure, with a slider over its frames and a play button when it has any; the one given is left alone."""
    if not figure.frames:
        return figure
    copy = go.Figure(figure)
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    steps = [{"label": frame.name, "method": "animate", "args": [[frame.name], at_once]} for frame in copy.frames]
    play = at_once | {"frame": {"duration": FRAME_MS, "redraw": True}, "fromcurrent": True}
    buttons = [
        {"label": "Play", "method": "animate", "args": [None, play]},
        {"label": "Pause", "method": "animate", "args": [[None], at_once]},
    ]
    under = 0 if "scene" in copy.layout.to_plotly_json() else TITLE_UNDER_PX  # room for the title of a flat x axis
    copy.update_layout(
        sliders=[{
            "active": len(steps) - 1, "steps": steps, "pad": {"t": 24 + under, "l": 140},
            "currentvalue": {"prefix": "step ", "xanchor": "right"},
            "len": 0.9,
        }],
        updatemenus=[{
            "type": "buttons", "direction": "left", "showactive": False, "x": 0.0, "y": 0.0, "xanchor": "left",
            "yanchor": "top", "pad": {"t": 34 + under, "l": 8}, "buttons": buttons,
        }],
        margin={"b": 90 + under},
    )  # fmt: skip
    return copy
