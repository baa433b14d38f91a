"""Landscapes and lines as a run kept them. What is not of the form that they are logged in is refused."""

from collections.abc import Mapping, Sequence

import numpy as np

from belvedere.analysis.contents import about, array
from belvedere.analysis.landscape.line import Line
from belvedere.analysis.landscape.surface import Landscape, RowFacts
from belvedere.core.errors import UsageError
from belvedere.core.series import Floats, Media


def recorded_landscape(media: Media) -> Landscape:
    """A `landscape/surface`; UsageError when it has not its form, NotFound when its file is missing."""
    losses, told = np.asarray(array(media), dtype=np.float64), about(media)
    alphas, betas = _numbers(told, "alphas"), _numbers(told, "betas")
    if losses.ndim != 2 or losses.shape != (len(betas), len(alphas)) or 0 in losses.shape:
        raise _foreign(media, f"{losses.shape} losses for {len(betas)} × {len(alphas)} places")
    path = _numbers(told, "path").reshape(-1, 3) if _numbers(told, "path").size % 3 == 0 else np.zeros((0, 3))
    on_plane = _numbers(told, "path_on_plane")
    null_path = _numbers(told, "null_path")
    return Landscape(
        str(told.get("kind", "")), alphas, betas, losses, _number(told, "center_loss"),
        _whole(told, "parameters"), _number(told, "span"), _whole(told, "seed"),
        str(told.get("how", "")),
        facts=RowFacts(
            _whole(told, "rows"), _whole(told, "left_out"), _number(told, "norm_error"),
            _number(told, "cosine"),
        ),
        steps=tuple(int(step) for step in np.nan_to_num(_numbers(told, "steps")).tolist()),
        path=path, path_on_plane=on_plane if len(on_plane) == len(path) else path[:, 2],
        explained=_pair(told, "explained"), null_explained=_pair(told, "null_explained"),
        null_low=_pair(told, "null_low"), null_high=_pair(told, "null_high"),
        null_path=null_path.reshape(-1, 2) if null_path.size % 2 == 0 else np.zeros((0, 2)),
    )  # fmt: skip


def recorded_line(media: Media) -> Line:
    """A `landscape/line`; UsageError when it has not its form, NotFound when its file is missing."""
    losses, told = np.asarray(array(media), dtype=np.float64), about(media)
    alphas = _numbers(told, "alphas")
    if losses.ndim != 1 or losses.shape != alphas.shape or not len(losses):
        raise _foreign(media, f"{losses.shape} losses for {len(alphas)} places")
    start, end = str(told.get("from", "start")), str(told.get("to", "end"))
    return Line(alphas, losses, _number(told, "barrier"), _number(told, "distance"), start, end)


def _foreign(media: Media, what: str) -> UsageError:
    return UsageError(f"the array at step {media.step} holds {what}; log landscapes with bv.landscape")


def _numbers(told: Mapping[str, object], name: str) -> Floats:
    found = told.get(name)
    try:
        return np.asarray(found if isinstance(found, Sequence) else [], dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        return np.zeros(0)


def _number(told: Mapping[str, object], name: str) -> float:
    found = told.get(name)
    return float(found) if isinstance(found, int | float) else float("nan")


def _whole(told: Mapping[str, object], name: str) -> int:
    found = _number(told, name)
    return int(found) if np.isfinite(found) else 0


def _pair(told: Mapping[str, object], name: str) -> tuple[float, ...]:
    found = _numbers(told, name)
    return (float(found[0]), float(found[1])) if len(found) == 2 else ()
