"""Gradients: clipped and described in one pass without waiting for the device, shared out by loss, and gathered.

The share of a loss is the length of its own gradient on the encoder, which all losses pull at, so it tells which one
moves the latent; a small loss can have the longest gradient.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
import torch.distributed as dist
from torch import Tensor, nn

from belvedere.recipes.models.image_caption import PARTS, Gather, Losses, alone
from belvedere.recipes.ranks import Ranks

PAIRS = tuple(f"{one}-{other}" for one, other in combinations(PARTS, 2))


@torch.no_grad()
def clipped(parameters: Sequence[nn.Parameter], *, norm_max: float) -> dict[str, Tensor]:
    """Shorten the gradient to `norm_max`; what it was before, over all weights together: its L2 norm, and mean, largest
    and standard deviation of the components' magnitudes. Three fused norms, nothing is read back from the device."""
    gradients = [weight.grad for weight in parameters if weight.grad is not None]
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    total = torch.stack(torch._foreach_norm(gradients, 1)).sum()
    largest = torch.stack(torch._foreach_norm(gradients, torch.inf)).max()
    count = sum(gradient.numel() for gradient in gradients)
    torch._foreach_mul_(gradients, (norm_max / (norm + 1e-6)).clamp(max=1.0))
    mean = total / count
    variance = (norm.square() / count - mean.square()).clamp_min(0)
    return {"grad_norm": norm, "grad_mean": mean, "grad_max": largest, "grad_std": variance.sqrt()}


@dataclass(frozen=True)
class Shares:
    """`shares` (3,) in the order of PARTS: length of each weighted gradient over the sum of all three. `cosines` (3,)
    in the order of PAIRS: below 0 two losses pull the encoder in opposite directions; NaN where one does not pull."""

    shares: Tensor
    cosines: Tensor


def gradient_shares(losses: Losses, weights: Sequence[float], encoder: nn.Module, ranks: Ranks) -> Shares:
    """From the graph of the losses, which stays as it is; no .grad is touched. On all ranks at the same steps."""
    parameters = list(encoder.parameters())
    rows = []
    for loss, weight in zip((losses.image, losses.caption, losses.alignment), weights, strict=True):
        found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
        parts = [torch.zeros_like(p) if one is None else one for one, p in zip(found, parameters, strict=True)]
        rows.append(weight * torch.cat([part.flatten() for part in parts]))
    pulls = torch.stack(rows)  # (3, n)
    if ranks.world > 1:
        dist.all_reduce(pulls)
    lengths = pulls.norm(dim=1)
    cosines = [pulls[a] @ pulls[b] / (lengths[a] * lengths[b]) for a, b in combinations(range(len(PARTS)), 2)]
    return Shares(lengths / lengths.sum(), torch.stack(cosines))


# ---------------------------------------------------------------------------------------------------------------------
# Among ranks


def gather_of(ranks: Ranks) -> Gather:
    """How a rank sees the examples of all others: InfoNCE compares each with the whole batch."""
    return alone if ranks.world == 1 else gathered


def gathered(local: Tensor) -> Tensor:
    """(b, …) of this rank to (world · b, …), in the order of the ranks; gradients find their way back."""
    everyone: Tensor = _Gathered.apply(local)  # type: ignore[no-untyped-call]
    return everyone


class _Gathered(torch.autograd.Function):
    """Every rank's loss depends on every rank's examples: the gradients of all ranks are added up for each owner."""

    @staticmethod
    def forward(ctx: object, local: Tensor) -> Tensor:
        parts = [torch.empty_like(local) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, local.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        whole = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(whole)
        return whole.chunk(dist.get_world_size())[dist.get_rank()]
