"""A variational autoencoder of handwritten digits: squared error of the pixels plus the divergence of its latent.

loss = image + weight · KL(q(z|x) ‖ N(0, 1)), in nats for an image whose pixels have the variance PIXEL_VARIANCE
(Kingma and Welling 2014); the weight may rise from zero over the first steps.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

import belvedere as bv
from belvedere.recipes.corpora.digits import Digits, load_digits
from belvedere.recipes.faults.trainings.course import (
    EVALUATED_EVERY,
    Order,
    Outcome,
    closed,
    gradient_norm,
    open_run,
    optimizer_of,
    set_rate,
    share_of_rate,
    watch,
)
from belvedere.recipes.models.autoencoder import layers

PIXELS = 64
PIXEL_VARIANCE = 0.03  # a third of what the pixels vary by, so that a latent is worth its divergence
METERED_EVERY = 5  # steps
ACTIVE_VARIANCE = 0.01  # of a unit's mean over images; Burda et al. 2016


@dataclass(frozen=True)
class Variational:
    """`kl_weight` is reached after `anneal` steps."""

    steps: int = 300
    batch: int = 64
    latent: int = 8
    depth: int = 2
    width: int = 96
    kl_weight: float = 1.0
    anneal: int = 0
    optimizer: str = "adam"
    lr: float = 2e-3
    schedule: str = "constant"
    warmup: int = 10

    def train(self, order: Order) -> Outcome:
        """Train as ordered."""
        return train(self, order)


class VAE(nn.Module):
    """Encoder to mean and log variance, decoder back to pixels."""

    def __init__(self, it: Variational) -> None:
        super().__init__()
        self.encoder = layers(PIXELS, 2 * it.latent, it.depth, it.width)
        self.decoder = layers(it.latent, PIXELS, it.depth, it.width)

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures (B, P), means (B, Z) and log variances (B, Z); `noise` (B, Z) is standard normal."""
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        latents = mean + (log_variance / 2).exp() * noise
        return torch.sigmoid(self.decoder(latents)), mean, log_variance


@dataclass(frozen=True)
class Parts:
    """In nats per image: the image's part, the divergence before it is weighted; means (B, Z)."""

    image: Tensor
    divergence: Tensor
    means: Tensor


def parts_of(model: VAE, images: Tensor, noise: Tensor) -> Parts:
    """Both parts of the loss."""
    pictures, mean, log_variance = model(images, noise)
    image = (pictures - images).square().sum(dim=1).mean() / (2 * PIXEL_VARIANCE)
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
    return Parts(image, divergence, mean)


def train(it: Variational, order: Order) -> Outcome:
    """`it.steps` updates, each recorded."""
    digits = load_digits()
    losses: list[Tensor] = []
    with open_run(it, order) as run:
        model = VAE(it)
        optimizer = optimizer_of(it.optimizer, model.parameters(), lr=it.lr)
        watch(run, model, [optimizer])
        meter = run.throughput(samples_per_step=it.batch, every=METERED_EVERY)
        for step in range(it.steps):
            if order.is_asked_to_stop:
                break
            weight = it.kl_weight * min(1.0, step / it.anneal) if it.anneal else it.kl_weight
            if step % EVALUATED_EVERY == 0:
                with meter.phase("evaluation"):
                    evaluate(run, model, digits, weight, it.latent)
            rate = it.lr * share_of_rate(it.schedule, step, it.steps, warmup=it.warmup)
            set_rate([optimizer], rate)
            with meter.phase("data"):
                random = np.random.default_rng((order.seed, step))
                images = digits.train_images[random.choice(len(digits.train_images), it.batch)]
                noise = torch.from_numpy(random.standard_normal((it.batch, it.latent)).astype(np.float32))
            with meter.phase("forward"):
                parts = parts_of(model, images, noise)
                loss = parts.image + weight * parts.divergence
            with meter.phase("backward"):
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                norm = gradient_norm(model)
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step()
            losses.append(loss.detach())
            run.log({"train/loss": loss, "loss/image": parts.image, "loss/kl": weight * parts.divergence,
                     "latent/kl": parts.divergence, "kl_weight": weight, "train/grad_norm": norm,
                     "lr": rate})  # fmt: skip
        return closed(run, losses, order)


@torch.no_grad()
def evaluate(run: bv.Run, model: VAE, digits: Digits, weight: float, latent: int) -> None:
    """Loss on the held-out digits with the same dice every time, and how many latent units carry something."""
    noise = torch.randn((len(digits.held_out_images), latent), generator=torch.Generator().manual_seed(0))
    parts = parts_of(model, digits.held_out_images, noise)
    active = (parts.means.var(dim=0) > ACTIVE_VARIANCE).sum()
    run.log({"val/loss": parts.image + weight * parts.divergence, "latent/active_units": active}, commit=False)
    bv.log_latent_health(parts.means, run=run)
