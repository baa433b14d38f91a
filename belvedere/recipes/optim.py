"""Muon for the matrices inside the blocks, AdamW for embedding and head, each with its own learning rate.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, so that an update is as large in every direction.
"""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor
from torch.optim import AdamW, Optimizer

from belvedere.recipes.models.gpt import GPT

# Quintic Newton-Schulz: p(s) = a·s + b·s³ + c·s⁵ sends singular values of (0, 1] into about 0.7 … 1.2 after 5 rounds.
# The slope a at zero is made as steep as it goes, which matters more than arriving at exactly 1.
A, B, C = 3.4445, -4.7750, 2.0315
ROUNDS = 5
MUON_RATE = 0.02
EMBED_RATE = 0.2  # at width 768
HEAD_RATE = 0.004  # at width 768
REFERENCE_WIDTH = 768  # Adam's rates were tuned here; they go with 1/√width


class Muon(Optimizer):
    """Momentum, orthogonalised; only for parameters with two axes."""

    def __init__(self, matrices: Iterable[Tensor], *, lr: float = MUON_RATE, momentum: float = 0.95) -> None:
        matrices = list(matrices)
        assert all(matrix.ndim == 2 for matrix in matrices), "Muon turns matrices; give vectors and scalars to AdamW"
        by_size: dict[tuple[int, int], list[Tensor]] = {}
        for matrix in matrices:  # a 128×512 and a 512×128 matrix go into one batch, transposed
            by_size.setdefault((min(matrix.shape), max(matrix.shape)), []).append(matrix)
        groups = [{"params": params} for params in by_size.values()]
        super().__init__(groups, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            directions = self._directions(weights, group["momentum"])
            wide = torch.stack([d.mT if d.shape[0] > d.shape[1] else d for d in directions])  # (n, small, large)
            for weight, update in zip(weights, orthogonalised(wide), strict=True):
                rows, columns = weight.shape
                scale = max(1.0, rows / columns) ** 0.5  # tall matrices: keep the size of the output's change
                weight.add_(update.mT if rows > columns else update, alpha=-group["lr"] * scale)

    def _directions(self, weights: list[Tensor], momentum: float) -> list[Tensor]:
        """Nesterov's look-ahead of the running gradient mean, one per weight."""
        gradients = [cast(Tensor, weight.grad) for weight in weights]
        for weight in weights:
            if "mean" not in self.state[weight]:
                self.state[weight]["mean"] = torch.zeros_like(weight)
        means = [self.state[weight]["mean"] for weight in weights]
        torch._foreach_lerp_(means, gradients, 1 - momentum)
        return list(torch._foreach_lerp(gradients, means, momentum))


def orthogonalised(matrices: Tensor) -> Tensor:
    """The nearest (semi-)orthogonal matrix of each of (n, small, large), roughly: singular values come out near 1."""
    x = matrices.bfloat16() if matrices.is_cuda else matrices  # tensor cores; on a CPU float32 is as fast
    size: Tensor = torch.linalg.matrix_norm(x, keepdim=True)  # (n, 1, 1), Frobenius: no singular value is larger
    x = x / (size + 1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.mT  # (n, small, small)
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x.to(matrices.dtype)


def optimizers_for(model: GPT) -> tuple[Muon, AdamW]:
    """Muon for h.*, AdamW for embed and head. Each group remembers `start_lr`, which the schedule multiplies."""
    stretch = (model.shape.width / REFERENCE_WIDTH) ** -0.5
    muon = Muon(model.h.parameters())
    adamw = AdamW(
        [
            {"params": [model.embed.weight], "lr": EMBED_RATE * stretch},
            {"params": [model.head.weight], "lr": HEAD_RATE * stretch},
        ],
        betas=(0.8, 0.95),
        eps=1e-10,
        weight_decay=0.0,
        fused=True,
    )
    for group in (*muon.param_groups, *adamw.param_groups):
        group["start_lr"] = group["lr"]
    return muon, adamw


def set_rates(optimizers: Iterable[Optimizer], multiplier: float) -> None:
    """Every group's learning rate = its own start × multiplier."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["start_lr"] * multiplier


def rate_multiplier(step: int, fraction: float, *, warmup_steps: int = 20) -> float:
    """Linear warm-up over the first steps, constant until 60 % of the budget is used, then linear down to 2 %."""
    warmup = min(1.0, (step + 1) / warmup_steps)
    decay = min(1.0, 1.0 - 0.98 * (fraction - 0.6) / 0.4)
    return warmup * max(0.02, decay)
