"""Random directions through the weights, normalised filter by filter.

Source: Li, Xu, Taylor, Studer, Goldstein, "Visualizing the Loss Landscape of Neural Nets", 2018, section 4: each filter
of a random direction is given the norm of the filter it moves, so that layers of different scale move alike. A network
whose loss does not feel the scale of its weights would else look flat or sharp by that scale alone.
"""

import torch
from torch import Tensor

from belvedere.analysis.landscape.surface import RowFacts
from belvedere.analysis.landscape.weights import Direction, Weights, precise


def random_plane(weights: Weights, seed: int) -> tuple[Direction, Direction, RowFacts]:
    """Two filter-normalised directions. Drawn on the CPU, so that one seed means one plane on every machine."""
    generator = torch.Generator().manual_seed(seed)
    first = _random_direction(weights, generator)
    second = _random_direction(weights, generator)
    return first, second, _facts(weights, first, second)


def _random_direction(weights: Weights, generator: torch.Generator) -> Direction:
    parts = []
    for tensor, axis in zip(weights.tensors, weights.output_axes):
        like = precise(tensor)
        if tensor.dim() < 2:
            parts.append(torch.zeros_like(like))
            continue
        drawn = torch.randn(tensor.shape, generator=generator, dtype=like.dtype).to(tensor.device)
        scale = row_norms(like, axis) / row_norms(drawn, axis)  # (rows,)
        parts.append(drawn * _along(scale, axis, tensor.dim()))
    return tuple(parts)


def row_norms(tensor: Tensor, axis: int) -> Tensor:
    """(rows,): the L2 norm of everything that belongs to one index of `axis`."""
    norms: Tensor = torch.linalg.vector_norm(tensor.movedim(axis, 0).flatten(1), dim=1)
    return norms


def _along(scale: Tensor, axis: int, dimensions: int) -> Tensor:
    """(rows,) in a shape that multiplies along `axis` of a tensor with so many dimensions."""
    shape = [1] * dimensions
    shape[axis] = -1
    return scale.reshape(shape)


def _facts(weights: Weights, first: Direction, second: Direction) -> RowFacts:
    rows, left_out, error = 0, 0, 0.0
    for tensor, axis, part in zip(weights.tensors, weights.output_axes, first):
        if tensor.dim() < 2:
            left_out += 1
            continue
        own, given = row_norms(precise(tensor), axis), row_norms(part, axis)
        rows += len(own)
        off = ((given - own).abs() / own)[own > 0]
        error = max(error, off.max().item() if len(off) else 0.0)
    return RowFacts(rows, left_out, error, cosine(first, second))


def cosine(first: Direction, second: Direction) -> float:
    """Of the angle between two directions; 0 when one of them has no length."""
    product = sum(float((one * other).sum(dtype=torch.float64)) for one, other in zip(first, second))
    lengths = [sum(float(part.square().sum(dtype=torch.float64)) for part in way) ** 0.5 for way in (first, second)]
    return product / (lengths[0] * lengths[1]) if all(lengths) else 0.0
