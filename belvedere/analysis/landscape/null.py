"""What the main plane of a random walk looks like: the yardstick for every path drawn in its own principal plane.

Source: Antognini and Sohl-Dickstein, "PCA of high dimensional random walks with comparison to neural network training",
2018: a walk without any aim puts most of its variance into two components and draws a smooth arc there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIMENSIONS_MAX = 1024  # the shares hardly change beyond: independent steps are then already at right angles
WALKS = 32


@dataclass(frozen=True, eq=False)
class Null:
    """Over WALKS walks: the mean share of the squared distance from the end that each of the first two components has,
    and the smallest and largest. path (n, 2): one of the walks in its own plane, its end at (0, 0)."""

    explained: tuple[float, float]
    low: tuple[float, float]
    high: tuple[float, float]
    path: NDArray[np.float64]


def random_walks(lengths: NDArray[np.float64], *, dimension: int, seed: int) -> Null:
    """Walks in `dimension` dimensions with exactly these step lengths (n - 1,), each step in a random direction."""
    generator = np.random.default_rng(seed)
    shares, path = [], np.zeros((len(lengths) + 1, 2))
    for _ in range(WALKS):
        steps = generator.standard_normal((len(lengths), min(dimension, DIMENSIONS_MAX)))
        steps *= (lengths / np.linalg.norm(steps, axis=1))[:, None]
        points = np.concatenate([np.zeros((1, steps.shape[1])), steps.cumsum(axis=0)])
        points -= points[-1]  # (n, dimension), the end at the origin as the model's weights are
        values, vectors = np.linalg.eigh(points @ points.T)
        values = np.maximum(values[::-1], 0.0)
        shares.append(values[:2] / values.sum())
        path = vectors[:, ::-1][:, :2] * np.sqrt(values[:2])
    found = np.array(shares)  # (WALKS, 2)
    return Null(_pair(found.mean(axis=0)), _pair(found.min(axis=0)), _pair(found.max(axis=0)), path)


def _pair(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values[0]), float(values[1])
