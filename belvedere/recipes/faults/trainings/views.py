"""An encoder learns that two noisy views of one digit belong together, without labels.

loss = invariance · ‖z - z'‖² + variance · max(0, 1 - std) + covariance · Σ off-diagonal² (VICReg, Bardes et al. 2022).
Fields behind `hidden` break it without being a hyper-parameter; each is used at one marked place below.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.corpora.digits import Digits, load_digits
from belvedere.recipes.faults.trainings.course import (
    EVALUATED_EVERY,
    Order,
    Outcome,
    closed,
    gradient_norm,
    hidden,
    open_run,
    optimizer_of,
    set_rate,
    share_of_rate,
    watch,
)
from belvedere.recipes.models.autoencoder import layers

PIXELS = 64
VIEW_NOISE = 0.15  # of pixels in 0 … 1
NEIGHBOURS = 600  # training digits that a held-out digit may be nearest to
METERED_EVERY = 5  # steps
TINY = 1e-4  # keeps the root's slope finite; as in the paper


@dataclass(frozen=True)
class Views:
    """`width` hidden units, `latent` numbers of a representation."""

    steps: int = 300
    batch: int = 128
    latent: int = 16
    depth: int = 2
    width: int = 96
    invariance_weight: float = 5.0
    variance_weight: float = 5.0
    covariance_weight: float = 1.0
    optimizer: str = "adam"
    lr: float = 2e-3
    schedule: str = "constant"
    warmup: int = 10
    variance_lost_at: int | None = hidden(None)  # from this step on the variance part is multiplied by zero
    covariance_lost_at: int | None = hidden(None)  # from this step on the covariance part is multiplied by zero

    def train(self, order: Order) -> Outcome:
        """Train as ordered."""
        return train(self, order)


@dataclass(frozen=True)
class Parts:
    """Each weighted, ()."""

    invariance: Tensor
    variance: Tensor
    covariance: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.invariance + self.variance + self.covariance


def parts_of(it: Views, left: Tensor, right: Tensor, step: int) -> Parts:
    """`left` and `right` (B, Z) are the representations of two views of the same digits."""
    variance, covariance = it.variance_weight, it.covariance_weight
    if it.variance_lost_at is not None and step >= it.variance_lost_at:
        variance = 0.0  # FAULT: nothing keeps the representations apart
    if it.covariance_lost_at is not None and step >= it.covariance_lost_at:
        covariance = 0.0  # FAULT: nothing keeps the dimensions different
    return Parts(
        invariance=it.invariance_weight * (left - right).square().mean(),
        variance=variance * (spread_lack(left) + spread_lack(right)) / 2,
        covariance=covariance * (likeness(left) + likeness(right)) / 2,
    )


def spread_lack(z: Tensor) -> Tensor:
    """How much the dimensions of z (B, Z) lack of a standard deviation of 1, mean over dimensions."""
    return (1 - (z.var(dim=0) + TINY).sqrt()).relu().mean()


def likeness(z: Tensor) -> Tensor:
    """Sum of the squared covariances of different dimensions of z (B, Z), by dimension."""
    centred = z - z.mean(dim=0)
    products = centred.T @ centred / (len(z) - 1)
    return (products.square().sum() - products.diagonal().square().sum()) / z.shape[1]


def train(it: Views, order: Order) -> Outcome:
    """`it.steps` updates, each recorded."""
    digits = load_digits()
    losses: list[Tensor] = []
    with open_run(it, order) as run:
        model = layers(PIXELS, it.latent, it.depth, it.width)
        optimizer = optimizer_of(it.optimizer, model.parameters(), lr=it.lr)
        watch(run, model, [optimizer])
        meter = run.throughput(samples_per_step=it.batch, every=METERED_EVERY)
        for step in range(it.steps):
            if order.is_asked_to_stop:
                break
            if step % EVALUATED_EVERY == 0:
                with meter.phase("evaluation"):
                    evaluate(run, model, digits)
            rate = it.lr * share_of_rate(it.schedule, step, it.steps, warmup=it.warmup)
            set_rate([optimizer], rate)
            with meter.phase("data"):
                left, right = two_views(digits.train_images, it.batch, order.seed, step)
            with meter.phase("forward"):
                parts = parts_of(it, model(left), model(right), step)
            with meter.phase("backward"):
                optimizer.zero_grad()
                parts.total.backward()  # type: ignore[no-untyped-call]
                norm = gradient_norm(model)
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step()
            losses.append(parts.total.detach())
            run.log({"train/loss": parts.total, "loss/invariance": parts.invariance, "loss/variance": parts.variance,
                     "loss/covariance": parts.covariance, "train/grad_norm": norm, "lr": rate})  # fmt: skip
        return closed(run, losses, order)


def two_views(images: Tensor, batch: int, seed: int, step: int) -> tuple[Tensor, Tensor]:
    """The same digits (B, 64) with two noises."""
    random = np.random.default_rng((seed, step))
    chosen = images[random.choice(len(images), batch)]
    noise = torch.from_numpy(random.standard_normal((2, *chosen.shape)).astype(np.float32))
    return chosen + VIEW_NOISE * noise[0], chosen + VIEW_NOISE * noise[1]


@torch.no_grad()
def evaluate(run: bv.Run, model: torch.nn.Module, digits: Digits) -> None:
    """Health of the representations, and how often the nearest of 600 known digits is of the same class."""
    held_out, known = model(digits.held_out_images), model(digits.train_images[:NEIGHBOURS])
    nearest = torch.cdist(held_out, known).argmin(dim=1)
    hits = digits.train_labels[nearest] == digits.held_out_labels
    run.log({"val/accuracy": hits.float().mean()}, commit=False)
    bv.log_latent_health(held_out, run=run)
