"""A loop whose speed and memory are what matters: digits are loaded, turned into noisy copies and named.

Fields behind `hidden` break it without being a hyper-parameter; each is used at one marked place below.
"""

import time
from dataclasses import dataclass, field

import numpy as np
import psutil
import torch
import torch.nn.functional as F
from torch import Tensor, nn

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

CLASSES, PIXELS = 10, 64
PIXEL_NOISE = 0.1
MEGABYTE = 1e6
COPIES = 12  # of a kept batch
PAUSE_PASSES = 20  # over the held-out digits
NEEDLESS_PASSES = 2  # over all digits


@dataclass(frozen=True)
class Paced:
    """`cached` batches are kept by the loader in COPIES noises each; `pause_every` steps come whole evaluations and a
    checkpoint, and before the first step `warmed` passes that are thrown away."""

    steps: int = 240
    batch: int = 256
    depth: int = 2
    width: int = 256
    cached: int = 0
    pause_every: int | None = None
    warmed: int = 0
    optimizer: str = "adam"
    lr: float = 1e-3
    schedule: str = "constant"
    warmup: int = 10
    loader_delay: float = hidden(0.0)  # seconds that the loader waits for every batch
    slow_from: int | None = hidden(None)  # from this step on something is computed that nobody needs
    has_leak: bool = hidden(False)  # losses are kept together with their graphs

    def train(self, order: Order) -> Outcome:
        """Train as ordered."""
        return train(self, order)


@dataclass
class Loader:
    """Makes batches by seed and step; keeps the first so many and gives them again."""

    it: Paced
    digits: Digits
    seed: int
    kept: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # images (COPIES, B, 64), labels (B,)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Images (B, 64) with noise and labels (B,)."""
        if self.it.loader_delay:
            time.sleep(self.it.loader_delay)  # FAULT: a slow disk
        place = step % self.it.cached if self.it.cached else step
        if place < len(self.kept):
            images, labels = self.kept[place]
            return images[step // self.it.cached % COPIES], labels
        random = np.random.default_rng((self.seed, step))
        chosen = random.choice(len(self.digits.train_labels), self.it.batch)
        copies = COPIES if self.it.cached else 1
        noise = torch.from_numpy(random.standard_normal((copies, self.it.batch, PIXELS), dtype=np.float32))
        images, labels = self.digits.train_images[chosen] + PIXEL_NOISE * noise, self.digits.train_labels[chosen]
        if self.it.cached:
            self.kept.append((images, labels))
        return images[0], labels


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(it: Paced, order: Order) -> Outcome:
    """`it.steps` updates, each recorded."""
    digits = load_digits()
    loader = Loader(it, digits, order.seed)
    process = psutil.Process()
    losses: list[Tensor] = []
    kept: list[Tensor] = []
    with open_run(it, order) as run:
        model = layers(PIXELS, CLASSES, it.depth, it.width)
        optimizer = optimizer_of(it.optimizer, model.parameters(), lr=it.lr)
        watch(run, model, [optimizer], has_activations=False)
        meter = run.throughput(samples_per_step=it.batch, every=1)
        with meter.phase("compile"):
            for _ in range(it.warmed):
                F.cross_entropy(model(digits.train_images), digits.train_labels)
        for step in range(it.steps):
            if order.is_asked_to_stop:
                break
            with meter.phase("evaluation"):
                if step % EVALUATED_EVERY == 0:
                    run.log(evaluated(model, digits), commit=False)
                if it.pause_every and step % it.pause_every == it.pause_every - 1:
                    for _ in range(PAUSE_PASSES):
                        evaluated(model, digits)
            rate = it.lr * share_of_rate(it.schedule, step, it.steps, warmup=it.warmup)
            set_rate([optimizer], rate)
            with meter.phase("data"):
                images, labels = loader.batch(step)
            with meter.phase("forward"):
                logits = model(images)
                loss = F.cross_entropy(logits, labels)
                if it.slow_from is not None and step >= it.slow_from:
                    for _ in range(NEEDLESS_PASSES):
                        model(digits.train_images)  # FAULT: what a debugging session left behind
            with meter.phase("backward"):
                optimizer.zero_grad()
                loss.backward(retain_graph=it.has_leak)  # type: ignore[no-untyped-call]
                norm = gradient_norm(model)
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step()
            losses.append(loss.detach())
            if it.has_leak:
                kept.append(loss)  # FAULT: the graph, and with it all activations
            run.log({"train/loss": loss, "train/grad_norm": norm, "lr": rate,
                     "memory/rss_mb": process.memory_info().rss / MEGABYTE})  # fmt: skip
        return closed(run, losses, order)


@torch.no_grad()
def evaluated(model: nn.Module, digits: Digits) -> dict[str, Tensor]:
    """Loss and accuracy on the held-out digits."""
    logits = model(digits.held_out_images)
    hits = logits.argmax(dim=1) == digits.held_out_labels
    return {"val/loss": F.cross_entropy(logits, digits.held_out_labels), "val/accuracy": hits.float().mean()}
