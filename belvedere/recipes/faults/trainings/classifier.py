"""Handwritten digits are named by a chain of layers, 64 pixels → depth × width → 10 classes.

Fields behind `hidden` break it without being a hyper-parameter; each is used at one marked place below.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

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

CLASSES, PIXELS = 10, 64
METERED_EVERY = 5  # steps
NOBODY = -100  # the label of an image that nobody has named


@dataclass(frozen=True)
class Classifier:
    """`batch` 0 is all examples at once; `examples` None is all 1,617 digits."""

    steps: int = 300
    batch: int = 64
    examples: int | None = None  # to learn from
    depth: int = 3
    width: int = 64
    activation: str = "relu"  # relu, tanh or sigmoid
    has_norm: bool = False
    has_skip: bool = False
    init_gain: float = 1.0  # times the standard deviation that keeps the signal's size
    dropout: float = 0.0
    optimizer: str = "adam"
    lr: float = 2e-3
    schedule: str = "constant"
    warmup: int = 10
    weight_decay: float = 0.0
    clip: float | None = None
    dtype: str = "float32"  # of the weights
    frozen: tuple[str, ...] = ()  # blocks that are not to learn
    easy_first: int = 0  # steps in which only the digits 0 and 1 come, announced as a stage
    stage_classes: int = CLASSES  # how many classes the second half of the run has, announced as a stage
    faster: tuple[str, float] | None = None  # a block whose rate is so many times the others'
    label_noise: float = hidden(0.0)  # share of the training labels that are another class
    is_misaligned: bool = hidden(False)  # images are shuffled, labels are not
    is_sorted: bool = hidden(False)  # the loader gives class after class
    distinct_batches: int | None = hidden(None)  # the sampler starts again after so many
    narrow_from: int | None = hidden(None)  # from this step on only the digits 0 to 4 come
    corrupt_at: int | None = hidden(None)  # the batch of this step is 30 times too bright
    empty_at: int | None = hidden(None)  # in the batch of this step nothing has a label
    input_scale: float = hidden(1.0)  # 16: pixels as they lie in the file
    bias_start: tuple[str, float] | None = hidden(None)  # a block and the bias that it begins with
    cut_before: str | None = hidden(None)  # a .detach() that was forgotten before this block
    left_out: str | None = hidden(None)  # the block that no optimizer group holds
    has_half_loss: bool = hidden(False)  # log(softmax) in float16 instead of log_softmax in float32
    rate_bug_at: int | None = hidden(None)  # from this step on the schedule's rate is 100 times too high
    val_noise: float = hidden(0.0)  # standard deviation of noise that only the validation's loader adds

    def train(self, order: Order) -> Outcome:
        """Train as ordered."""
        return train(self, order)


class Block(nn.Module):
    """Linear, norm if there is one, activation; added to its input if there are skips."""

    def __init__(self, inside: int, it: Classifier) -> None:
        super().__init__()
        self.linear = nn.Linear(inside, it.width)
        self.norm = nn.LayerNorm(it.width) if it.has_norm else nn.Identity()
        self.activation = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[it.activation]()
        self.has_skip = it.has_skip and inside == it.width
        std = it.init_gain * ((2.0 if it.activation == "relu" else 1.0) / inside) ** 0.5
        nn.init.normal_(self.linear.weight, std=std)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside) to (B, width)."""
        out: Tensor = self.activation(self.norm(self.linear(x)))
        return x + out if self.has_skip else out


class Chain(nn.Module):
    """h.0 … h.(depth-1), then head."""

    def __init__(self, it: Classifier) -> None:
        super().__init__()
        self.h = nn.ModuleList(Block(PIXELS if not place else it.width, it) for place in range(it.depth))
        self.dropout = nn.Dropout(it.dropout)
        self.head = nn.Linear(it.width, CLASSES)
        nn.init.normal_(self.head.weight, std=it.init_gain * it.width**-0.5)
        nn.init.zeros_(self.head.bias)
        self.cut_before = it.cut_before
        if it.bias_start:  # FAULT: units start far below zero
            nn.init.constant_(self.get_parameter(f"{it.bias_start[0]}.linear.bias"), it.bias_start[1])

    def forward(self, images: Tensor) -> Tensor:
        """(B, 64) to logits (B, 10)."""
        x = images
        for place, block in enumerate(self.h):
            x = block(x.detach() if self.cut_before == f"h.{place}" else x)  # FAULT: what is before learns nothing
        logits: Tensor = self.head(self.dropout(x))
        return logits


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(it: Classifier, order: Order) -> Outcome:
    """`it.steps` updates, each recorded."""
    digits = load_digits(train=it.examples)
    labels = noisy(digits.train_labels, it.label_noise, order.seed)
    losses: list[Tensor] = []
    with open_run(it, order, train_examples=len(labels)) as run:
        model = Chain(it).to({"float32": torch.float32, "bfloat16": torch.bfloat16}[it.dtype])
        optimizer = with_groups(it, model)
        watch(run, model, [optimizer])
        meter = run.throughput(samples_per_step=it.batch or len(labels), every=METERED_EVERY)
        for step in range(it.steps):
            if order.is_asked_to_stop:
                break
            announce(run, it, step)
            if step % EVALUATED_EVERY == 0:
                with meter.phase("evaluation"):
                    run.log(evaluated(it, model, digits, order.seed), commit=False)
            rate = rate_at(it, step)
            set_rate([optimizer], rate)
            with meter.phase("data"):
                images, names = batch_of(it, digits.train_images, labels, order.seed, step)
            with meter.phase("forward"):
                logits = model(images.to(model.head.weight.dtype))  # (B, 10)
                loss = loss_of(it, logits, names)
            with meter.phase("backward"):
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                norm = nn.utils.clip_grad_norm_(model.parameters(), it.clip) if it.clip else gradient_norm(model)
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step()
            losses.append(loss.detach())
            accuracy = (logits.argmax(dim=1) == names).float().mean()
            run.log({"train/loss": loss, "train/accuracy": accuracy, "train/grad_norm": norm, "lr": rate})
        return closed(run, losses, order)


def with_groups(it: Classifier, model: Chain) -> Optimizer:
    """All blocks but those frozen on purpose; `faster` names a block with a rate of its own."""
    for name in it.frozen:
        model.get_submodule(name).requires_grad_(False)
    left_out = [] if it.left_out is None else list(model.get_submodule(it.left_out).parameters())
    skipped = {id(weight) for weight in left_out}  # FAULT: they have gradients and nobody moves them
    fast = list(model.get_submodule(it.faster[0]).parameters()) if it.faster else []
    apart = {id(weight) for weight in fast}
    weights = [weight for weight in model.parameters() if weight.requires_grad and id(weight) not in skipped | apart]
    optimizer = optimizer_of(it.optimizer, weights, lr=it.lr, weight_decay=it.weight_decay)
    if it.faster:
        optimizer.add_param_group({"params": fast, "times": it.faster[1]})
    return optimizer


def rate_at(it: Classifier, step: int) -> float:
    """The learning rate of a step."""
    rate = it.lr * share_of_rate(it.schedule, step, it.steps, warmup=it.warmup)
    is_wrong = it.rate_bug_at is not None and step >= it.rate_bug_at
    return 100 * rate if is_wrong else rate  # FAULT: per cent taken for a share


def announce(run: bv.Run, it: Classifier, step: int) -> None:
    """A change of the data that is on purpose is a stage of the run."""
    if it.easy_first:
        if step in (0, it.easy_first):
            run.stage("easy" if step < it.easy_first else "all")
    elif it.stage_classes < CLASSES and step in (0, it.steps // 2):
        run.stage("all" if step == 0 else "some")


def loss_of(it: Classifier, logits: Tensor, names: Tensor) -> Tensor:
    """Mean cross-entropy in nats."""
    if it.has_half_loss:  # FAULT: a probability below 6e-8 is 0 in float16, and its logarithm minus infinity
        chosen = logits.half().softmax(dim=1).log().gather(1, names[:, None])
        return -chosen.float().mean()
    is_known = names != NOBODY
    each = F.cross_entropy(logits.float(), names.clamp_min(0), reduction="none")  # (B,)
    mean: Tensor = (each * is_known).sum() / is_known.sum()  # 0 / 0 where nothing has a label, and so is the gradient
    return mean


# ---------------------------------------------------------------------------------------------------------------------
# Data


def noisy(labels: Tensor, share: float, seed: int) -> Tensor:
    """FAULT: so many of the labels (n,) name another class."""
    if not share:
        return labels
    random = np.random.default_rng((seed, 1))
    is_wrong = torch.from_numpy(random.random(len(labels)) < share)
    shift = torch.from_numpy(random.integers(1, CLASSES, size=len(labels)))
    return torch.where(is_wrong, (labels + shift) % CLASSES, labels)


def batch_of(it: Classifier, images: Tensor, labels: Tensor, seed: int, step: int) -> tuple[Tensor, Tensor]:
    """Images (B, 64) and labels (B,) of a step, by seed and step only."""
    if it.distinct_batches:
        step %= it.distinct_batches  # FAULT: the sampler starts again
    rows = torch.arange(len(labels))
    classes = classes_at(it, step)
    if classes < CLASSES:
        rows = rows[labels < classes]
    if it.is_sorted:  # FAULT: class after class
        rows = rows[labels[rows].argsort(stable=True)]
        rows = rows[(torch.arange(it.batch) + step * it.batch) % len(rows)]
    elif it.batch:
        random = np.random.default_rng((seed, 2, step))
        rows = rows[torch.from_numpy(random.choice(len(rows), size=min(it.batch, len(rows)), replace=False))]
    pictures, names = it.input_scale * images[rows], labels[rows]
    if it.is_misaligned:  # FAULT: the labels of other images
        names = names.roll(1 + step % 7)
    if step == it.corrupt_at:
        pictures, names = 30 * pictures, names.roll(1)  # FAULT: one bad shard
    if step == it.empty_at:
        names = torch.full_like(names, NOBODY)  # FAULT: the mean over no label is 0 / 0
    return pictures, names


def classes_at(it: Classifier, step: int) -> int:
    """How many classes come at a step."""
    if step < it.easy_first:
        return 2
    if it.narrow_from is not None and step >= it.narrow_from:
        return 5  # FAULT: the loader has lost half of its shards
    return it.stage_classes if step >= it.steps // 2 else CLASSES


@torch.no_grad()
def evaluated(it: Classifier, model: Chain, digits: Digits, seed: int) -> dict[str, Tensor]:
    """Loss and accuracy on the 180 held-out digits."""
    images = it.input_scale * digits.held_out_images
    if it.val_noise:  # FAULT: only the validation's loader adds noise
        images = images + it.val_noise * torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    model.eval()
    logits = model(images.to(model.head.weight.dtype)).float()
    model.train()
    hits = logits.argmax(dim=1) == digits.held_out_labels
    return {"val/loss": F.cross_entropy(logits, digits.held_out_labels), "val/accuracy": hits.float().mean()}
