"""AdamW whose work and memory several ranks share, once they have averaged their gradients.

Each rank keeps the two moments of its share of every weight's rows, moves those rows, and all gather the rows. So a
`step()` is a meeting: every rank must come.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW
from torch.optim.adamw import adamw

from belvedere.recipes.ranks import Ranks, first_keeps, gathered

Plain = Any  # torch's own type of an optimizer's groups and state_dict
MOMENTS = ("exp_avg", "exp_avg_sq")


class SharedAdamW(AdamW):
    """For weights with at least one axis. Its memory has the form of torch's own, so either resumes from the other."""

    def __init__(self, groups: Iterable[dict[str, Plain]], *, ranks: Ranks, **options: Plain) -> None:
        self.ranks = ranks
        super().__init__(groups, **options)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    rows = self.ranks.share_of(len(weight))
                    self._move(weight[rows], weight.grad[rows], self._moments(weight), group)
                    weight.copy_(gathered(weight[rows], len(weight), self.ranks))

    def _move(self, weight: Tensor, gradient: Tensor, moments: dict[str, Tensor], group: dict[str, Plain]) -> None:
        """Torch's own AdamW on this rank's rows, of which there may be none."""
        if not len(weight):
            moments["step"] += 1
            return
        adamw(
            [weight], [gradient], [moments["exp_avg"]], [moments["exp_avg_sq"]], [], [moments["step"]], fused=True,
            amsgrad=False, beta1=group["betas"][0], beta2=group["betas"][1], lr=group["lr"], eps=group["eps"],
            weight_decay=group["weight_decay"], maximize=False,
        )  # fmt: skip

    def _moments(self, weight: Tensor) -> dict[str, Tensor]:
        if weight not in self.state:
            own = weight[self.ranks.share_of(len(weight))]
            self.state[weight] = {"step": torch.zeros((), device=weight.device)}
            self.state[weight] |= {name: torch.zeros_like(own) for name in MOMENTS}
        moments: dict[str, Tensor] = self.state[weight]
        return moments

    @torch.no_grad()
    def whole_memory(self) -> dict[str, Plain]:
        """`state_dict()` with the moments of all rows, on the first rank. Every rank must call."""
        memory = self.state_dict()
        weights = [weight for group in self.param_groups for weight in group["params"]]
        for number, weight in enumerate(weights):
            moments = self._moments(weight)
            rows = {name: first_keeps(gathered(moments[name], len(weight), self.ranks), self.ranks) for name in MOMENTS}
            memory["state"][number] = {"step": moments["step"].clone(), **rows}
        return memory

    def load_state_dict(self, state_dict: dict[str, Plain]) -> None:
        """Take this rank's rows of a whole memory, whatever the number of ranks that it comes from."""
        super().load_state_dict(state_dict)
        for weight, moments in self.state.items():
            rows = self.ranks.share_of(len(weight))
            moments.update({name: moments[name][rows].clone() for name in MOMENTS})
