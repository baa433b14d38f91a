"""Muon for the matrices inside the blocks, AdamW for embedding and head, each with its own learning rate.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, so that an update is as large in every direction.

Several ranks share work and memory, once they have averaged their gradients: each keeps the momentum of its share of
the matrices and orthogonalises that, and all gather the updates. AdamW is shared by rows (adamw.py). So a `step()` is a
meeting: every rank must come.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import AdamW, Optimizer

from belvedere.recipes.adamw import SharedAdamW
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.ranks import Ranks, first_keeps, gathered

# Quintic Newton-Schulz: p(s) = a·s + b·s³ + c·s⁵ sends singular values of (0, 1] into about 0.7 … 1.2 after 5 rounds.
# The slope a at zero is made as steep as it goes, which matters more than arriving at exactly 1.
A, B, C = 3.4445, -4.7750, 2.0315
ROUNDS = 5
MUON_RATE = 0.02
EMBED_RATE = 0.2  # at width 768
HEAD_RATE = 0.004  # at width 768
REFERENCE_WIDTH = 768  # Adam's rates were tuned here; they go with 1/√width
ALONE = Ranks()
Plain = Any  # torch's own type of an optimizer's state_dict


class Muon(Optimizer):
    """Momentum, orthogonalised; only for parameters with two axes."""

    def __init__(
        self, matrices: Iterable[Tensor], *, lr: float = MUON_RATE, momentum: float = 0.95, ranks: Ranks = ALONE
    ) -> None:
        matrices = list(matrices)
        assert all(matrix.ndim == 2 for matrix in matrices), "Muon turns matrices; give vectors and scalars to AdamW"
        by_size: dict[tuple[int, int], list[Tensor]] = {}
        for matrix in matrices:  # a 128×512 and a 512×128 matrix go into one batch, transposed
            by_size.setdefault((min(matrix.shape), max(matrix.shape)), []).append(matrix)
        groups = [{"params": params} for params in by_size.values()]
        self.ranks = ranks
        super().__init__(groups, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            directions = self._directions(weights[self.ranks.share_of(len(weights))], group["momentum"])
            updates = gathered(orthogonalised(stacked(directions, like=weights[0])), len(weights), self.ranks)
            for weight, update in zip(weights, updates, strict=True):
                rows, columns = weight.shape
                scale = max(1.0, rows / columns) ** 0.5  # tall matrices: keep the size of the output's change
                weight.add_(update.mT if rows > columns else update, alpha=-group["lr"] * scale)

    def _directions(self, weights: list[Tensor], momentum: float) -> list[Tensor]:
        """Nesterov's look-ahead of the running gradient mean, one per weight."""
        if not weights:  # fewer matrices than ranks
            return []
        gradients = [cast(Tensor, weight.grad) for weight in weights]
        means = [self._mean(weight) for weight in weights]
        torch._foreach_lerp_(means, gradients, 1 - momentum)
        return list(torch._foreach_lerp(gradients, means, momentum))

    def _mean(self, weight: Tensor) -> Tensor:
        if "mean" not in self.state[weight]:
            self.state[weight]["mean"] = torch.zeros_like(weight)
        return cast(Tensor, self.state[weight]["mean"])

    @torch.no_grad()
    def whole_memory(self) -> dict[str, Plain]:
        """`state_dict()` with the momentum of all matrices, on the first rank. Every rank must call."""
        memory = self.state_dict()
        for group, saved in zip(self.param_groups, memory["param_groups"], strict=True):
            weights = group["params"]
            own = [self._mean(weight) for weight in weights[self.ranks.share_of(len(weights))]]
            means = gathered(stacked(own, like=weights[0]), len(weights), self.ranks)
            for number, weight, mean in zip(saved["params"], weights, means, strict=True):
                upright = mean.mT if weight.shape[0] > weight.shape[1] else mean
                memory["state"][number] = {"mean": first_keeps(upright, self.ranks)}
        return memory

    def load_state_dict(self, state_dict: dict[str, Plain]) -> None:
        """Take this rank's share of a whole memory, whatever the number of ranks that it comes from."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            own = self.ranks.share_of(len(group["params"]))
            for weight in (*group["params"][: own.start], *group["params"][own.stop :]):
                self.state.pop(weight, None)


def stacked(matrices: Sequence[Tensor], *, like: Tensor) -> Tensor:
    """(n, small, large) from matrices that have the two sides of `like`, tall ones transposed; n may be zero."""
    if not matrices:
        return like.new_empty((0, *sorted(like.shape)))
    return torch.stack([matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix for matrix in matrices])


def orthogonalised(matrices: Tensor) -> Tensor:
    """The nearest (semi-)orthogonal matrix of each of (n, small, large), roughly: singular values come out near 1."""
    x = matrices.bfloat16() if matrices.is_cuda else matrices  # tensor cores; on a CPU float32 is as fast
    size: Tensor = torch.linalg.matrix_norm(x, keepdim=True)  # (n, 1, 1), Frobenius: no singular value is larger
    x = x / (size + 1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.mT  # (n, small, small)
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x.to(matrices.dtype)


def optimizers_for(model: GPT, ranks: Ranks = ALONE) -> tuple[Muon, AdamW]:
    """Muon for h.*, AdamW for embed and head. Each group remembers `start_lr`, which the schedule multiplies."""
    stretch = (model.shape.width / REFERENCE_WIDTH) ** -0.5
    muon = Muon(model.h.parameters(), ranks=ranks)
    groups = [
        {"params": [model.embed.weight], "lr": EMBED_RATE * stretch},
        {"params": [model.head.weight], "lr": HEAD_RATE * stretch},
    ]
    options: dict[str, Plain] = {"betas": (0.8, 0.95), "eps": 1e-10, "weight_decay": 0.0, "fused": True}
    adamw = AdamW(groups, **options) if ranks.world == 1 else SharedAdamW(groups, ranks=ranks, **options)
    for group in (*muon.param_groups, *adamw.param_groups):
        group["start_lr"] = group["lr"]
    return muon, adamw


def whole_memories(optimizers: Iterable[Optimizer]) -> list[dict[str, Plain]]:
    """What a checkpoint keeps of the optimizers: complete on the first rank, so that any number of ranks can go on
    from it. Every rank must call."""
    return [one.whole_memory() if isinstance(one, Muon | SharedAdamW) else one.state_dict() for one in optimizers]


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
