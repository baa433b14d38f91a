"""An autoencoder rebuilds handwritten digits and names them; its loss has three parts.

Fields behind `hidden` break it without being a hyper-parameter; each is used at one marked place below.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
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
from belvedere.recipes.models.autoencoder import Autoencoder

CLASSES, PIXELS = 10, 64
METERED_EVERY = 5  # steps


@dataclass(frozen=True)
class Rebuild:
    """The weights multiply the parts before they are added."""

    steps: int = 300
    batch: int = 64
    latent: int = 16
    depth: int = 2
    width: int = 96
    image_weight: float = 10.0
    label_weight: float = 1.0
    latent_weight: float = 1e-3
    optimizer: str = "adam"
    lr: float = 2e-3
    schedule: str = "cosine"
    warmup: int = 10
    weight_decay: float = 0.0
    val_noise: float = hidden(0.0)  # standard deviation of noise that only the validation's loader adds

    def train(self, order: Order) -> Outcome:
        """Train as ordered."""
        return train(self, order)


@dataclass(frozen=True)
class Parts:
    """Each weighted, () and the mean over images."""

    image: Tensor
    label: Tensor
    latent: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.image + self.label + self.latent

    def named(self, prefix: str) -> dict[str, Tensor]:
        """By the name that they are logged under."""
        return {f"{prefix}image": self.image, f"{prefix}label": self.label, f"{prefix}latent": self.latent}


def parts_of(it: Rebuild, model: Autoencoder, images: Tensor, labels: Tensor) -> tuple[Parts, Tensor, Tensor]:
    """The parts, the latents (B, Z) and the logits (B, C)."""
    latents, pictures, logits = model(images)
    parts = Parts(
        image=it.image_weight * F.mse_loss(pictures, images),
        label=it.label_weight * F.cross_entropy(logits, labels),
        latent=it.latent_weight * latents.square().mean(),
    )
    return parts, latents, logits


def train(it: Rebuild, order: Order) -> Outcome:
    """`it.steps` updates, each recorded."""
    digits = load_digits()
    losses: list[Tensor] = []
    with open_run(it, order) as run:
        model = Autoencoder(pixels=PIXELS, latent=it.latent, classes=CLASSES, depth=it.depth, width=it.width)
        optimizer = optimizer_of(it.optimizer, model.parameters(), lr=it.lr, weight_decay=it.weight_decay)
        watch(run, model, [optimizer])
        meter = run.throughput(samples_per_step=it.batch, every=METERED_EVERY)
        for step in range(it.steps):
            if order.is_asked_to_stop:
                break
            if step % EVALUATED_EVERY == 0:
                with meter.phase("evaluation"):
                    evaluate(run, it, model, digits, order.seed)
            rate = it.lr * share_of_rate(it.schedule, step, it.steps, warmup=it.warmup)
            set_rate([optimizer], rate)
            with meter.phase("data"):
                chosen = np.random.default_rng((order.seed, step)).choice(len(digits.train_labels), it.batch)
                images, labels = digits.train_images[chosen], digits.train_labels[chosen]
            with meter.phase("forward"):
                parts, _, logits = parts_of(it, model, images, labels)
            with meter.phase("backward"):
                optimizer.zero_grad()
                parts.total.backward()  # type: ignore[no-untyped-call]
                norm = gradient_norm(model)
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step()
            losses.append(parts.total.detach())
            accuracy = (logits.argmax(dim=1) == labels).float().mean()
            run.log({"train/loss": parts.total, **parts.named("loss/"), "train/accuracy": accuracy,
                     "train/grad_norm": norm, "lr": rate})  # fmt: skip
        return closed(run, losses, order)


@torch.no_grad()
def evaluate(run: bv.Run, it: Rebuild, model: Autoencoder, digits: Digits, seed: int) -> None:
    """All parts, the accuracy and the health of the latent on the held-out digits."""
    images = digits.held_out_images
    if it.val_noise:  # FAULT: only the validation's loader adds noise
        images = images + it.val_noise * torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    parts, latents, logits = parts_of(it, model, images, digits.held_out_labels)
    accuracy = (logits.argmax(dim=1) == digits.held_out_labels).float().mean()
    run.log({"val/loss": parts.total, **parts.named("val/loss_"), "val/accuracy": accuracy}, commit=False)
    bv.log_latent_health(latents, run=run)
