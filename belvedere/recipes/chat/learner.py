"""The model that goes through all stages, its optimizers and its tokens."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer

from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.corpora.sums import SumTokens
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.optim import optimizers_for, set_rates

UNASKED = -1  # a target that no loss counts


@dataclass(frozen=True)
class Learner:
    """The optimizers begin anew with each stage."""

    settings: Settings
    tokens: SumTokens
    model: GPT
    optimizers: tuple[Optimizer, ...]

    @property
    def rate(self) -> float:
        """Muon's learning rate as it stands."""
        rate: float = self.optimizers[0].param_groups[0]["lr"]
        return rate

    def updated(self, loss: Tensor, rate: float) -> Tensor:
        """One update at `rate` × pretraining's learning rates; the gradient's norm over all weights before it."""
        set_rates(self.optimizers, rate)
        self.model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        return self.step()

    def step(self) -> Tensor:
        """Move along the gradients that are there; their norm."""
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        norm: Tensor = torch.stack(torch._foreach_norm(gradients)).norm()
        for optimizer in self.optimizers:
            optimizer.step()
        return norm

    def for_next_stage(self) -> "Learner":
        """The same weights under fresh optimizers."""
        return replace(self, optimizers=optimizers_for(self.model))


def new_learner(settings: Settings) -> Learner:
    """Start weights by the seed."""
    torch.manual_seed(settings.seed)
    tokens = SumTokens()
    model = GPT(settings.shape(tokens.vocab))
    return Learner(settings, tokens, model, optimizers_for(model))


def asked_loss(model: GPT, sequences: Tensor, is_asked: Tensor) -> tuple[Tensor, Tensor]:
    """Mean nats over the asked tokens of (B, T) sequences, and the share of them whose likeliest token was right."""
    targets = sequences[:, 1:].masked_fill(~is_asked[:, 1:], UNASKED)
    logits = model(sequences[:, :-1])  # (B, T-1, V)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=UNASKED)
    right = (logits.argmax(dim=-1) == targets)[targets != UNASKED].float().mean()
    return loss, right
