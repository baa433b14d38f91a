"""What three-dimensional figures share: axes with faint grids, a path through the box, its shadow on the floor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.figures.canvas import Canvas
from belvedere.figures.theme import CAMERAS, LINE_PX, MARKER_PX, STEP_SCALE, Camera, Theme, colour_bar

SHADOW_OPACITY = 0.35
FILL = 1.06  # so much larger than Plotly draws a box: its own leaves half of the picture empty
MARGIN = 0.04  # of the range: so far the box stands around its points


@dataclass(frozen=True)
class Axis:
    """One axis of the box. `spread` are the smallest and largest value, in the unit of the axis (log10 of it for a
    logarithmic one is Plotly's business)."""

    title: str
    is_log: bool = False
    spread: tuple[float, float] | None = None
    tick_format: str = ""


def axis_of(title: str, *values: NDArray[np.floating], is_log: bool = False, tick_format: str = "") -> Axis:
    """An axis that holds all finite values (positive ones on a logarithmic axis) with a margin."""
    known = np.concatenate([np.ravel(one)[np.isfinite(np.ravel(one))] for one in values]) if values else np.zeros(0)
    if is_log:
        known = known[known > 0]
    if not len(known):
        return Axis(title, is_log, None, tick_format)
    return Axis(title, is_log, (float(known.min()), float(known.max())), tick_format)


def lay_out(
    figure: Canvas, *, x: Axis, y: Axis, z: Axis, camera: Camera,
    aspect: tuple[float, float, float] = (1.4, 1.2, 0.8),
) -> None:  # fmt: skip
    """Give a figure its box and its camera; the cameras of all seeds go with it for who wants another."""
    sides = {side: FILL * length for side, length in zip("xyz", aspect)}
    scene = {
        "camera": camera, "aspectmode": "manual", "aspectratio": sides,
        "xaxis": _axis(x), "yaxis": _axis(y), "zaxis": _axis(z),
    }  # fmt: skip
    figure.update_layout(scene=scene, margin={"l": 8, "r": 8, "b": 8}, meta={"cameras": CAMERAS})


def floor_of(axis: Axis) -> float:
    """The height of the floor under a path: the lower end of its axis."""
    drawn = _range(axis)
    if drawn is None:
        return 0.0
    return float(10.0 ** drawn[0]) if axis.is_log else float(drawn[0])


def add_path(
    figure: Canvas, x: NDArray[np.generic], y: NDArray[np.generic], z: NDArray[np.generic], *,
    colour: NDArray[np.generic], theme: Theme, floor: float | None = None, scale: str = STEP_SCALE,
    bar: str = "step", hover: str = "", name: str = "", marker_px: float = MARKER_PX, line_px: float = 2.0,
    shows_bar: bool = True,
) -> int:  # fmt: skip
    """A trajectory as line and markers coloured by `colour` (n,), with its shadow on the floor; the number of its
    trace. `hover` is a Plotly hover template; `%{customdata}` in it is the colour's value."""
    if floor is not None:
        add_shadow(figure, x, y, floor, theme)
    colours = thin(colour)
    line = {"color": theme.faint, "width": line_px}
    marker = {"size": marker_px, "color": colours, "colorscale": scale, "showscale": shows_bar, "line": {"width": 0}}
    if shows_bar:
        marker["colorbar"] = colour_bar(theme, bar)
    figure.add_scatter3d(
        x=thin(x), y=thin(y), z=thin(z), mode="lines+markers", line=line, marker=marker, name=name,
        showlegend=False, hovertemplate=(hover + "<extra></extra>") if hover else None, customdata=colours,
    )  # fmt: skip
    return len(figure.data) - 1


def add_shadow(
    figure: Canvas, x: NDArray[np.generic], y: NDArray[np.generic], floor: float, theme: Theme
) -> int:  # fmt: skip
    """The shadow of a path on the floor, so that depth can be read; the number of its trace."""
    figure.add_scatter3d(
        x=thin(x), y=thin(y), z=thin(np.full(len(x), floor)), mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": theme.strong_line, "width": LINE_PX}, opacity=SHADOW_OPACITY,
    )  # fmt: skip
    return len(figure.data) - 1


def thin(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Numbers as they travel: four bytes each; steps stay whole."""
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        fits = not array.size or abs(int(array.max(initial=0))) < 2**31 > abs(int(array.min(initial=0)))
        return array.astype(np.int32) if fits else array.astype(np.float64)
    return _four_bytes(array) if array.dtype.kind == "f" else array


def _four_bytes(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """float32, unless that would turn a number into infinity or 0: a loss that explodes is still a number."""
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore", under="ignore"):
        short = values.astype(np.float32)
    is_lost = (np.isinf(short) & np.isfinite(values)) | ((short == 0) & (values != 0))
    return values if is_lost.any() else short


def _axis(axis: Axis) -> dict[str, object]:
    drawn: dict[str, object] = {"title": {"text": axis.title}, "nticks": 6}
    if axis.is_log:
        drawn |= {"type": "log", "exponentformat": "power", "dtick": None}
    if axis.tick_format:
        drawn["tickformat"] = axis.tick_format
    if (limits := _range(axis)) is not None:
        drawn["range"] = list(limits)
    return drawn


def _range(axis: Axis) -> tuple[float, float] | None:
    """The drawn range, with a margin; powers of ten on a logarithmic axis."""
    if axis.spread is None:
        return None
    low, high = (np.log10(axis.spread) if axis.is_log else np.asarray(axis.spread)).tolist()
    margin = MARGIN * (high - low) or max(0.05, 0.05 * abs(high))
    return low - margin, high + margin
