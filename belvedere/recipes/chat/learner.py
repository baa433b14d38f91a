"""The model of a stage, its tokens and optimizers, and one update of it from given sequences."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer

import belvedere as bv
from belvedere.recipes.chat.dialogue import Batch, ChatTokens
from belvedere.recipes.chat.reading import asked_logits, asked_targets
from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.checkpoint import Checkpoint
from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.recipes.optim import optimizers_for, set_rates
from belvedere.recipes.ranks import Ranks, average_gradients


class Meter(Protocol):
    """What a step uses of `run.throughput()`."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Time a part of a step; "evaluation" and "checkpoint" are no part of it."""

    def step(self) -> None:
        """One optimizer step is over."""


@dataclass(frozen=True)
class Update:
    """Mean loss and share of right tokens over the whole batch, all ranks together; the gradient's norm. Each ()."""

    loss: Tensor
    right: Tensor
    norm: Tensor


class Learner:
    """One rank's model; the optimizers begin anew with each stage."""

    def __init__(self, settings: Settings, ranks: Ranks, tokens: ChatTokens, shape: GPTShape) -> None:
        self.settings, self.ranks, self.tokens = settings, ranks, tokens
        self.device = torch.device(settings.device)
        torch.manual_seed(settings.seed)
        self.model = GPT(shape).to(self.device)
        self.optimizers: tuple[Optimizer, ...] = optimizers_for(self.model, ranks)

    @property
    def rate(self) -> float:
        """Muon's learning rate as it stands."""
        rate: float = self.optimizers[0].param_groups[0]["lr"]
        return rate

    def autocast(self) -> AbstractContextManager[None]:
        """Matrix products in the settings' dtype."""
        is_short = self.settings.dtype == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=is_short)

    def learn(self, batch: Batch, rate: float, meter: Meter) -> Update:
        """One update from a batch (B, T), the same on all ranks, of which each takes its share: predict what is asked.
        Every asked token weighs the same, also where sequences differ in length or ranks in their number of tokens."""
        asked = int(batch.is_asked[:, 1:].sum())
        self.model.zero_grad()
        sums = torch.zeros(2, device=self.device)  # nats, right tokens
        for part in self.parts(batch.rows(self.ranks.share_of(len(batch))).to(self.device)):
            with meter.phase("forward"), self.autocast():
                nats, right = asked_nats(self.model, part)
            with meter.phase("backward"):
                (nats * (self.ranks.world / asked)).backward()  # type: ignore[no-untyped-call]
            sums += torch.stack([nats.detach(), right])
        with meter.phase("average"):
            means = self.averaged_gradients(sums)
        loss, right = means * (self.ranks.world / asked)
        return Update(loss, right, self.step(rate, meter))

    def averaged_gradients(self, numbers: Tensor) -> Tensor:
        """Afterwards all ranks hold the mean gradient; the means of (n,) numbers come back."""
        return average_gradients(self.model.parameters(), self.ranks, numbers)

    def parts(self, batch: Batch) -> Iterator[Batch]:
        """At most `micro_batch` sequences each, without the padding that none of them needs."""
        for first in range(0, len(batch), self.settings.micro_batch):
            part = batch.rows(slice(first, first + self.settings.micro_batch))
            last = int(part.is_asked.any(dim=0).nonzero().max()) + 1
            yield Batch(part.sequences[:, :last], part.is_asked[:, :last])

    def step(self, rate: float, meter: Meter) -> Tensor:
        """Move along the gradients that are there, at `rate` × pretraining's learning rates; their norm."""
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        norm: Tensor = torch.stack(torch._foreach_norm(gradients)).norm()
        set_rates(self.optimizers, rate)
        with meter.phase("optimizer"):
            for optimizer in self.optimizers:
                optimizer.step()
        return norm

    def take_over(self, parent: Checkpoint) -> None:
        """The parent's weights. Where this model has more tokens, those keep their start values, with logits of 0."""
        weights = dict(parent.model)
        for name in ("embed.weight", "head.weight"):
            mine, given = self.model.get_parameter(name), weights.get(name)
            if given is None or given.shape[0] > mine.shape[0] or given.shape[1:] != mine.shape[1:]:
                has = "none" if given is None else f"{tuple(given.shape)}"
                raise bv.UsageError(f"the parent's {name} is {has}, this model's {tuple(mine.shape)}: another "
                                    "vocabulary or width; leave the options that shape the model out")  # fmt: skip
            weights[name] = torch.cat([given, mine.detach().cpu()[given.shape[0] :]])
        try:
            self.model.load_state_dict(weights)
        except RuntimeError as fault:
            first = str(fault).strip().splitlines()[-1].strip()
            raise bv.UsageError(f"the parent's weights are of another model; leave the options that shape it out "
                                f"({first})") from fault  # fmt: skip


def asked_nats(model: GPT, batch: Batch) -> tuple[Tensor, Tensor]:
    """Over the asked tokens of (B, T) sequences: the sum of nats, and how many were the likeliest. Each ()."""
    logits, targets = asked_logits(model, batch), asked_targets(batch)  # (n, V), (n,)
    nats = F.cross_entropy(logits, targets, reduction="sum")
    return nats, (logits.argmax(dim=-1) == targets).sum()
