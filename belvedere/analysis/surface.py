"""A surface through scattered points z(x, y) that claims no more than the points carry.

Local linear regression (Fan and Gijbels 1996, chapter 2) with a Gaussian kernel: at a place q every point i has the
weight w_i = exp(-|p_i - q|² / 2h²), and the height is that of the plane fitted with these weights. Both axes are first
rescaled to [0, 1]. The bandwidth h is the one of smallest leave-one-out error. The standard error at q is s · |l(q)|,
where z(q) = l(q) · z and s² = Σ r² / (n - tr L) from the residuals r of the fit at the points.

A place has no height (NaN) where fewer than 3 points count (n_eff = (Σw)² / Σw²), where the nearest point is further
away than the spacing of the points allows, or where the plane would be drawn past its points. So a hole stays open.
"""

from dataclasses import dataclass

import numpy as np

from belvedere.core.series import Floats

POINTS_MIN = 10  # a plane has 3 parameters, and a bandwidth has to be chosen
POINTS_MAX = 300  # leave-one-out costs n² for each bandwidth
CELLS = 30
BANDWIDTHS = 8
COLLINEAR = 0.01  # the second singular value of the rescaled points over the first
EFFECTIVE_MIN = 3.0
REACH = 3.0  # times the median distance to the nearest neighbour
LEVERAGE_MAX = 9.0  # (q - m)ᵀ S⁻¹ (q - m): three standard deviations of the points that count


@dataclass(frozen=True, eq=False)
class Surface:
    """Heights on a grid, NaN where the points carry none.

    x (c,), y (r,) float64, in the units of the points · z, error (r, c) float64: height and its standard error
    points: how many carry it · bandwidth: of the kernel, as a share of either axis · noise: s
    reason: why nothing was drawn, a sentence; "" when something was
    """

    x: Floats
    y: Floats
    z: Floats
    error: Floats
    points: int
    bandwidth: float
    noise: float
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Local:
    """Planes at q places through n points, z = hat @ heights, and what each rests on."""

    hat: Floats  # (q, n)
    effective: Floats  # (q,)
    leverage: Floats  # (q,)


def surface(x: Floats, y: Floats, z: Floats, *, cells: int = CELLS) -> Surface:
    """The surface through points (n,); those that are not finite are left out, and of many an even selection is
    taken. What the points cannot carry is said in `reason`."""
    places, heights = _distinct(x, y, z)
    if len(heights) < POINTS_MIN:
        return _none(len(heights), f"{len(heights)} different points carry no surface; it takes {POINTS_MIN}.")
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    if (span == 0).any():
        which = "first" if span[0] == 0 else "second"
        return _none(len(heights), f"No surface is drawn, because the {which} axis has one value only.")
    box = (places - low) / span  # (n, 2) in [0, 1]
    if is_collinear(box):
        return _none(len(heights), "No surface is drawn, because the points lie on one line seen from above.")
    box, heights = _selected(box, heights)
    spacing = _spacing(box)
    bandwidth, hat = _chosen(box, heights, spacing)
    residual = heights - hat @ heights
    noise = float(np.sqrt(np.sum(residual**2) / max(len(heights) - np.trace(hat), 1.0)))
    ticks = np.linspace(0.0, 1.0, cells)
    grid = np.stack([np.tile(ticks, cells), np.repeat(ticks, cells)], axis=1)  # (cells², 2), rows of y
    local = _local(box, grid, bandwidth)
    nearest = np.sqrt(_squares(grid, box).min(axis=1))
    is_carried = (local.effective >= EFFECTIVE_MIN) & (local.leverage <= LEVERAGE_MAX)
    is_carried &= nearest <= REACH * spacing
    height = np.where(is_carried, local.hat @ heights, np.nan)
    error = np.where(is_carried, noise * np.sqrt(np.sum(local.hat**2, axis=1)), np.nan)
    if not is_carried.any():
        return _none(len(heights), "No surface is drawn, because nowhere do three points lie close enough together.")
    shape = (cells, cells)
    return Surface(
        low[0] + ticks * span[0], low[1] + ticks * span[1], height.reshape(shape), error.reshape(shape), len(heights),
        bandwidth, noise,
    )  # fmt: skip


def is_collinear(box: Floats) -> bool:
    """Whether points (n, 2) on rescaled axes lie on one line, or so nearly that no plane through them is determined."""
    singular = np.linalg.svd(box - box.mean(axis=0), compute_uv=False)
    return bool(singular[-1] <= COLLINEAR * singular[0])


def _none(points: int, reason: str) -> Surface:
    nothing = np.zeros((0, 0))
    return Surface(np.zeros(0), np.zeros(0), nothing, nothing, points, float("nan"), float("nan"), reason)


def _distinct(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Finite points, those at the same place as one with their mean height: (n, 2) and (n,)."""
    rows = np.stack([x, y, z], axis=1).astype(np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return np.zeros((0, 2)), np.zeros(0)
    places, inverse, counts = np.unique(rows[:, :2], axis=0, return_inverse=True, return_counts=True)
    return places, np.bincount(inverse.ravel(), weights=rows[:, 2]) / counts


def _selected(box: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """At most POINTS_MAX points: the means of the points in each cell of a grid, so that every region keeps its own."""
    if len(heights) <= POINTS_MAX:
        return box, heights
    side = int(np.sqrt(POINTS_MAX))
    cell = np.minimum((box * side).astype(np.int64), side - 1)
    _, inverse, counts = np.unique(cell[:, 0] * side + cell[:, 1], return_inverse=True, return_counts=True)
    columns = [np.bincount(inverse, weights=column) / counts for column in (box[:, 0], box[:, 1], heights)]
    return np.stack(columns[:2], axis=1), columns[2]


def _squares(places: Floats, points: Floats) -> Floats:
    """(q, n): squared distances."""
    squares: Floats = (places[:, :1] - points[:, 0]) ** 2 + (places[:, 1:] - points[:, 1]) ** 2
    return squares


def _spacing(box: Floats) -> float:
    """The median distance of a point to its nearest neighbour."""
    squares = _squares(box, box)
    np.fill_diagonal(squares, np.inf)
    return float(np.median(np.sqrt(squares.min(axis=1))))


def _chosen(box: Floats, heights: Floats, spacing: float) -> tuple[float, Floats]:
    """The bandwidth with the smallest leave-one-out error, and the hat matrix (n, n) of its fit."""
    best: tuple[float, float, Floats] | None = None
    for bandwidth in np.geomspace(max(spacing, 0.02), 1.0, BANDWIDTHS).tolist():
        hat = _local(box, box, bandwidth).hat
        own = np.diagonal(hat)
        left = np.where(own < 1 - 1e-6, (heights - hat @ heights) / np.where(own < 1 - 1e-6, 1 - own, 1.0), np.inf)
        error = float(np.mean(left**2)) if np.isfinite(left).all() else np.inf
        if best is None or error < best[0]:
            best = (error, bandwidth, hat)
    assert best is not None  # BANDWIDTHS > 0
    return best[1], best[2]


def _local(points: Floats, places: Floats, bandwidth: float) -> _Local:
    """The weighted plane at every place (q, 2) through points (n, 2), in closed form: with the weighted mean m and
    covariance S of the points, z(q) = Σ w z (1 + (q - m)ᵀ S⁻¹ (p - m)) / Σ w."""
    squares = _squares(places, points)
    weights = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / (2 * bandwidth**2))  # the nearest counts 1
    total = weights.sum(axis=1)
    share = weights / total[:, None]
    dx = points[:, 0] - (share @ points[:, 0])[:, None]  # (q, n)
    dy = points[:, 1] - (share @ points[:, 1])[:, None]
    sxx, syy, sxy = ((share * one).sum(axis=1) for one in (dx * dx, dy * dy, dx * dy))
    floor = np.finfo(np.float64).eps * (sxx + syy) ** 2 + np.finfo(np.float64).tiny
    determinant = sxx * syy - sxy**2
    is_plane = determinant > 1e3 * floor
    determinant = np.where(is_plane, determinant, 1.0)
    qx, qy = places[:, 0] - share @ points[:, 0], places[:, 1] - share @ points[:, 1]
    ax = np.where(is_plane, (syy * qx - sxy * qy) / determinant, 0.0)  # S⁻¹ (q - m)
    ay = np.where(is_plane, (sxx * qy - sxy * qx) / determinant, 0.0)
    hat = share * (1.0 + ax[:, None] * dx + ay[:, None] * dy)
    leverage = np.where(is_plane, ax * qx + ay * qy, np.inf)
    return _Local(hat, 1.0 / np.sum(share**2, axis=1), leverage)
