"""The plane that holds most of an optimiser's path: principal components of its checkpoints.

Source of the plane: Li et al., 2018, section 7. The components come from the Gram matrix of the checkpoints, whose size
is their number and not the number of weights, so no matrix of all weights is ever made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from belvedere.analysis.landscape.null import Null, random_walks
from belvedere.analysis.landscape.weights import Direction, Weights, matched, precise
from belvedere.core.errors import UsageError

COLUMNS = 1 << 20  # weights looked at together: 50 checkpoints are 400 MB of float64
FLAT = 1e-10  # a second component under this share of the first is rounding


@dataclass(frozen=True, eq=False)
class Trajectory:
    """first, second: directions of length 1 · path (n, 2): the checkpoints in that plane, in distances of weight space
    from the model, the model itself last at (0, 0) · explained: the share of all squared distances from the model that
    each direction holds · null: the same of random walks with the same step lengths"""

    first: Direction
    second: Direction
    path: NDArray[np.float64]
    explained: tuple[float, float]
    null: Null


def trajectory_plane(weights: Weights, checkpoints: Sequence[Mapping[str, Tensor]], seed: int) -> Trajectory:
    """UsageError when the checkpoints do not fit the model, are not finite, or lie on one line."""
    states = [
        matched(weights, state, what=f"checkpoint {number} of {len(checkpoints)}")
        for number, state in enumerate(checkpoints, start=1)
    ]
    gram = _gram(weights, states)  # (n, n)
    if not np.isfinite(gram).all():
        number = 1 + int(np.argmin(np.isfinite(np.diag(gram))))
        raise UsageError(f"checkpoint {number} holds weights that are not finite numbers; leave it out")
    distinct = _distinct(gram)
    if distinct < 3:
        raise UsageError(
            f"a plane through the path needs at least 3 different points, got {distinct} (the model's own weights are "
            "one of them); give more checkpoints, or kind='random'"
        )
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1], vectors[:, ::-1]
    if values[1] <= FLAT * values[0]:
        raise UsageError("the checkpoints lie on one line, which makes no plane; use landscape_line, or kind='random'")
    # Eigenvectors have no sign of their own: the path starts at the back of the box and comes towards the eye.
    vectors = vectors[:, :2] * np.where(vectors[0, :2] > 0, -1.0, 1.0)
    lengths = np.sqrt(values[:2])  # (2,)
    path = np.concatenate([vectors * lengths, np.zeros((1, 2))])
    first, second = (_combined(weights, states, vectors[:, axis] / lengths[axis]) for axis in (0, 1))
    total = float(np.maximum(values, 0.0).sum())
    null = random_walks(_step_lengths(gram), dimension=weights.count, seed=seed)
    return Trajectory(first, second, path, (float(values[0] / total), float(values[1] / total)), null)


def _gram(weights: Weights, states: Sequence[Sequence[Tensor]]) -> NDArray[np.float64]:
    """(n, n): products of the checkpoints' distances from the model."""
    gram = torch.zeros(len(states), len(states), dtype=torch.float64)
    for index, home in enumerate(weights.tensors):
        for columns in range(0, home.numel(), COLUMNS):
            part = slice(columns, columns + COLUMNS)
            origin = home.reshape(-1)[part].double().cpu()
            moved = torch.stack([state[index].reshape(-1)[part].double().cpu() - origin for state in states])
            gram += moved @ moved.T
    return np.asarray(gram.numpy())


def _combined(weights: Weights, states: Sequence[Sequence[Tensor]], shares: NDArray[np.float64]) -> Direction:
    """Σ share · (checkpoint − model), in the precision of the weights."""
    parts = []
    for index, home in enumerate(weights.tensors):
        origin = home.double()
        mixed = torch.zeros_like(origin)
        for state, share in zip(states, shares.tolist()):
            mixed += share * (state[index].to(origin) - origin)
        parts.append(mixed.to(precise(home).dtype))
    return tuple(parts)


def _distinct(gram: NDArray[np.float64]) -> int:
    """How many different points there are, the model among them."""
    square = np.diag(gram)
    apart = square[:, None] + square[None, :] - 2 * gram  # squared distances (n, n)
    near = 1e-12 * max(float(square.max(initial=0.0)), 1e-300)
    found: list[int] = []
    for point in range(len(gram)):
        if square[point] > near and all(apart[point, other] > near for other in found):
            found.append(point)
    return 1 + len(found)


def _step_lengths(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,): from each checkpoint to the next, and from the last to the model."""
    square = np.diag(gram)
    between = square[:-1] + square[1:] - 2 * np.diag(gram, 1)
    lengths: NDArray[np.float64] = np.sqrt(np.maximum(np.append(between, square[-1]), 0.0))
    return lengths
