"""Snapshots of the same things in a space of many dimensions, brought down to two or three, and what can be measured
before that: how much of the space they use, and how far they have turned from where they end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.core.series import Floats

METHODS = ("pca", "tsne", "umap")
FITTED_ROWS = 8192  # enough to find the directions; all rows are projected onto them
PERPLEXITY = 30.0
SQUARED = 1e-7
FEWEST_NEIGHBOURS = 4  # rows that t-SNE and UMAP need to have neighbours at all
NEIGHBOURS = 15
SAME = 1e-12  # of the largest singular value: below that a direction is rounding


@dataclass(frozen=True, eq=False)
class Projection:
    """points (s, n, k) float64: where each of n things was in each of s snapshots
    explained (k,) float64: share of the variance that each axis carries; NaN for methods that have none
    axes (k,): their names · note: what must be known to read distances, or ""
    """

    points: Floats
    explained: Floats
    axes: tuple[str, ...]
    note: str


def projected(matrices: Sequence[NDArray[np.floating]], *, method: str = "pca", dimensions: int = 3) -> Projection:
    """All snapshots, each (n, d), in one common map, so that a thing that did not move stays where it is.

    UsageError for another method, snapshots of unequal shape, numbers that are not finite, snapshots that all lie in
    one point (rank 0), fewer rows than t-SNE or UMAP need, and a package that is not installed.
    """
    if method not in METHODS:
        raise UsageError(f"method={method!r} is not known; choose one of: {', '.join(METHODS)}")
    stacked = _stacked(matrices)
    snapshots, things, width = stacked.shape
    rows = stacked.reshape(-1, width)
    centred = rows - rows.mean(axis=0)
    if not (np.abs(centred) > SAME * np.abs(rows).max(initial=0.0)).any():
        raise UsageError(
            f"the {len(rows):,} embeddings are all the same point (rank 0), so there are no directions to draw; "
            "the representation has collapsed, or the captured module is constant"
        )
    if method == "pca":
        return _principal(centred, snapshots, things, dimensions)
    if len(rows) < FEWEST_NEIGHBOURS:
        raise UsageError(f"{len(rows)} embeddings have too few neighbours for {method}; choose method=pca")
    points = _tsne(centred, dimensions) if method == "tsne" else _umap(centred, dimensions)
    label = {"tsne": "t-SNE", "umap": "UMAP"}[method]
    return Projection(
        points.reshape(snapshots, things, dimensions),
        np.full(dimensions, np.nan),
        tuple(f"{label} {axis}" for axis in range(1, dimensions + 1)),
        f"{label}: who is near whom means something, distances between clusters do not.",
    )


def aligned(matrices: Sequence[NDArray[np.floating]]) -> list[Floats]:
    """Every snapshot (n, d) turned onto the last one by the orthogonal map that brings it closest (Schönemann 1966):
    what is left is movement of the things among each other."""
    target = np.asarray(matrices[-1], np.float64)
    turned = [turned_onto(np.asarray(one, np.float64), target) for one in matrices[:-1]]
    return [*turned, target]


def turned_onto(source: Floats, target: Floats) -> Floats:
    """source·R (n, d), R orthogonal so that ‖source·R − target‖ is least.

    With fewer things than dimensions the search is done among the directions that the things span, which is exact.
    """
    things, width = source.shape
    if things >= width:
        left, _, right = np.linalg.svd(source.T @ target, full_matrices=False)
        return np.asarray(source @ (left @ right))
    _, source_triangle = np.linalg.qr(source.T)  # source = source_triangleᵀ · basisᵀ
    target_basis, target_triangle = np.linalg.qr(target.T)
    left, _, right = np.linalg.svd(source_triangle @ target_triangle.T)
    return np.asarray(source_triangle.T @ (left @ right) @ target_basis.T)


def effective_rank(matrix: NDArray[np.floating]) -> float:
    """exp(H(σ/Σσ)) of the singular values of the centred rows (Roy & Vetterli 2007): the number of directions that are
    really used, from 1 to min(n − 1, d); 0.0 when all rows are the same."""
    rows = np.asarray(matrix, np.float64)
    values, least = _singular_values(rows - rows.mean(axis=0))
    values = values[values > max(SAME * float(np.abs(rows).max(initial=0.0)), least * float(values.max(initial=0.0)))]
    if not len(values):
        return 0.0
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _singular_values(centred: Floats) -> tuple[Floats, float]:
    """The singular values, and how small against the largest one they may be and still be real."""
    if len(centred) < centred.shape[1]:
        return np.asarray(np.linalg.svd(centred, compute_uv=False), np.float64), SAME
    # Of a small Gram matrix, far faster for many rows; squaring costs half of the digits.
    squares = np.linalg.eigvalsh(centred.T @ centred)
    return np.sqrt(np.maximum(squares, 0.0)), SQUARED


def linear_cka(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Likeness of two representations (n, d) and (n, e) of the same things (Kornblith et al. 2019): 1 when one is the
    other turned and scaled, near 0 when they have nothing in common; NaN when one of them is a single point."""
    first, second = (np.asarray(rows, np.float64) - np.mean(rows, axis=0, dtype=np.float64) for rows in (one, other))
    if first.shape[0] < max(first.shape[1], second.shape[1]):  # the Gram matrices are the smaller ones
        grams = first @ first.T, second @ second.T
        common, norms = float((grams[0] * grams[1]).sum()), [float(np.linalg.norm(gram)) for gram in grams]
    else:
        common = float(np.linalg.norm(first.T @ second) ** 2)
        norms = [float(np.linalg.norm(rows.T @ rows)) for rows in (first, second)]
    return common / (norms[0] * norms[1]) if norms[0] > 0 and norms[1] > 0 else float("nan")


def _stacked(matrices: Sequence[NDArray[np.floating]]) -> Floats:
    """(s, n, d) float64."""
    shapes = {np.shape(one) for one in matrices}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2 or 0 in next(iter(shapes)):
        told = ", ".join(str(shape) for shape in sorted(shapes)) or "none"
        raise UsageError(f"snapshots must be matrices (things, dimensions) of one shape, got: {told}")
    stacked = np.stack([np.asarray(one, np.float64) for one in matrices])
    if not np.isfinite(stacked).all():
        raise UsageError("some embeddings are NaN or infinite and have no place; leave those snapshots out")
    return stacked


def _principal(centred: Floats, snapshots: int, things: int, dimensions: int) -> Projection:
    fitted = centred[:: -(-len(centred) // FITTED_ROWS)]
    if fitted.shape[1] <= len(fitted):
        values, vectors = np.linalg.eigh(fitted.T @ fitted)
        directions = vectors[:, ::-1].T
    else:
        values, vectors = np.linalg.eigh(fitted @ fitted.T)
        spans = vectors[:, ::-1].T @ fitted
        directions = spans / np.maximum(np.linalg.norm(spans, axis=1, keepdims=True), np.finfo(float).tiny)
    spread = np.maximum(values[::-1], 0.0)
    spread = np.where(spread > SAME * spread[0], spread, 0.0)
    kept = min(dimensions, len(spread))
    points = np.zeros((len(centred), dimensions))
    explained = np.zeros(dimensions)
    explained[:kept] = spread[:kept] / spread.sum()
    signed = directions[:kept] * _signs(directions[:kept])[:, None]
    points[:, :kept] = np.where(explained[:kept] > 0, centred @ signed.T, 0.0)
    names = tuple(f"PC {axis + 1} ({100 * share:.0f} %)" for axis, share in enumerate(explained))
    return Projection(points.reshape(snapshots, things, dimensions), explained, names, "")


def _signs(directions: Floats) -> Floats:
    """+1 or −1 for each direction (k, d), so that its largest loading is positive and no picture flips by chance."""
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(largest < 0, -1.0, 1.0)


def _tsne(rows: Floats, dimensions: int) -> Floats:
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise UsageError(
            "t-SNE needs scikit-learn: pip install 'belvedere[analysis]', or choose method=pca"
        ) from None  # fmt: skip
    perplexity = min(PERPLEXITY, (len(rows) - 1) / 3)
    # Barnes-Hut is for up to three dimensions; few rows are done exactly.
    fit = TSNE(n_components=dimensions, perplexity=perplexity, init="pca", random_state=0, n_jobs=1)
    return np.asarray(fit.fit_transform(rows), np.float64)


def _umap(rows: Floats, dimensions: int) -> Floats:
    try:
        import umap  # type: ignore[import-not-found]
    except ImportError:
        raise UsageError("UMAP needs umap-learn: pip install umap-learn, or choose method=pca") from None
    neighbours = min(NEIGHBOURS, len(rows) - 1)
    fit = umap.UMAP(n_components=dimensions, n_neighbors=neighbours, random_state=0, n_jobs=1)
    return np.asarray(fit.fit_transform(rows), np.float64)
