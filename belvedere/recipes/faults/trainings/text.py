"""A small GPT reads the bytes of Python's own standard library.

Fields behind `hidden` break it without being a hyper-parameter; each is used at one marked place below.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

import belvedere as bv
from belvedere.recipes.corpora.batches import evaluation_batches, training_batch
from belvedere.recipes.corpora.stdlib_code import stdlib_corpus
from belvedere.recipes.faults.trainings.course import (
    EVALUATED_EVERY,
    Order,
    Outcome,
    closed,
    hidden,
    open_run,
    optimizer_of,
    set_rate,
    share_of_rate,
    watch,
)
from belvedere.recipes.models.gpt import GPT, Attention, GPTShape, normed, rotated, split_heads

BYTES = 256
METERED_EVERY = 5  # steps
EVALUATED_BATCHES = 4
LOWER, UPPER = slice(ord("a"), ord("z") + 1), slice(ord("A"), ord("Z") + 1)

Bytes = npt.NDArray[np.uint16]  # as all tokens of this project are kept


@dataclass(frozen=True)
class Text:
    """`batch` sequences of `context` bytes a step."""

    steps: int = 240
    batch: int = 16
    context: int = 24
    layers: int = 2
    heads: int = 2
    width: int = 40
    has_query_norm: bool = True  # queries and keys have one length each, so that their product is bounded
    optimizer: str = "adam"
    lr: float = 5e-3
    schedule: str = "constant"
    warmup: int = 10
    weight_decay: float = 0.0
    clip: float | None = 1.0
    first_context: int | None = None  # shorter sequences in the first half, announced as a stage
    noise_share: float = 0.0  # share of the bytes, in training and validation alike, that nobody can foresee
    distinct_batches: int | None = hidden(None)  # the sampler starts again after so many
    corrupt_at: int | None = hidden(None)  # the batch of this step is binary rubbish
    upper_from: int | None = hidden(None)  # from this step on the loader gives capitals only
    rate_bug_at: int | None = hidden(None)  # from this step on the schedule's rate is 100 times too high

    def train(self, order: Order) -> Outcome:
        """Train as ordered."""
        return train(self, order)


class OpenAttention(Attention):
    """The GPT's attention by hand, so that its largest logit can be seen; queries and keys may go without a norm."""

    def __init__(self, shape: GPTShape, *, has_query_norm: bool) -> None:
        super().__init__(shape)
        self.has_query_norm = has_query_norm
        self.largest = torch.zeros(())  # of the last forward pass, before the softmax
        self.entropy = torch.zeros(())  # nats, mean over queries and heads

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        query = rotated(split_heads(self.query(x), self.heads), cos, sin)  # (B, H, T, Q)
        key = rotated(split_heads(self.key(x), self.heads), cos, sin)
        if self.has_query_norm:
            query, key = normed(query), normed(key)
        value = split_heads(self.value(x), self.heads)
        logits = query @ key.mT * query.shape[-1] ** -0.5  # (B, H, T, T)
        is_future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        weights = logits.masked_fill(is_future, -torch.inf).softmax(dim=-1)
        with torch.no_grad():
            self.largest = logits.masked_fill(is_future, -torch.inf).max()
            self.entropy = torch.special.entr(weights).sum(dim=-1).mean()
        out: Tensor = self.out((weights @ value).transpose(1, 2).flatten(2))
        return out


def model_of(it: Text) -> GPT:
    """The project's GPT with attention that can be looked into."""
    shape = GPTShape(vocab=BYTES, layers=it.layers, heads=it.heads, kv_heads=it.heads, width=it.width,
                     context=it.context)  # fmt: skip
    model = GPT(shape)
    for block in model.h:
        block.attention = OpenAttention(shape, has_query_norm=it.has_query_norm)
    model.reset()
    return model


def attentions(model: GPT) -> list[OpenAttention]:
    """One per layer."""
    return [cast(OpenAttention, block.attention) for block in model.h]


# ---------------------------------------------------------------------------------------------------------------------
# The training


def train(it: Text, order: Order) -> Outcome:
    """`it.steps` updates, each recorded."""
    texts = tuple(with_noise(text, it.noise_share) for text in stdlib_bytes())
    losses: list[Tensor] = []
    with open_run(it, order, vocab=BYTES) as run:
        model = model_of(it)
        optimizer = optimizer_of(it.optimizer, model.parameters(), lr=it.lr, weight_decay=it.weight_decay)
        watch(run, model, [optimizer])
        meter = run.throughput(tokens_per_step=it.batch * it.context, every=METERED_EVERY)
        tokens = 0
        for step in range(it.steps):
            if order.is_asked_to_stop:
                break
            announce(run, it, step)
            if step % EVALUATED_EVERY == 0:
                with meter.phase("evaluation"):
                    run.log({"val/loss": evaluated(it, model, texts[1])}, commit=False)
            rate = rate_at(it, step)
            set_rate([optimizer], rate)
            with meter.phase("data"):
                inputs, targets = batch_of(it, texts[0], order.seed, step)
            with meter.phase("forward"):
                loss = model.loss(inputs, targets)
            with meter.phase("backward"):
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                norm = nn.utils.clip_grad_norm_(model.parameters(), it.clip or torch.inf)
            with meter.phase("optimizer"):
                optimizer.step()
            meter.step(tokens=inputs.numel())
            tokens += inputs.numel()
            losses.append(loss.detach())
            log_attention(run, model)
            run.log({"train/loss": loss, "train/grad_norm": norm, "train/tokens": tokens, "lr": rate})
        return closed(run, losses, order)


def rate_at(it: Text, step: int) -> float:
    """The learning rate of a step."""
    rate = it.lr * share_of_rate(it.schedule, step, it.steps, warmup=it.warmup)
    is_wrong = it.rate_bug_at is not None and step >= it.rate_bug_at
    return 100 * rate if is_wrong else rate  # FAULT: per cent taken for a share


def announce(run: bv.Run, it: Text, step: int) -> None:
    """Longer sequences are a stage of the run."""
    if it.first_context and step in (0, it.steps // 2):
        run.stage("short" if step == 0 else "long")


def log_attention(run: bv.Run, model: GPT) -> None:
    """The largest logit and the mean entropy of each layer's attention."""
    names = [f"h.{place}" for place in range(len(model.h))]
    seen = attentions(model)
    run.log_vector("attention/max_logit", [one.largest.item() for one in seen], names)
    run.log_vector("attention/entropy", [one.entropy.item() for one in seen], names)


# ---------------------------------------------------------------------------------------------------------------------
# Data


@lru_cache(maxsize=1)
def stdlib_bytes() -> tuple[Bytes, Bytes]:
    """Text to train on and text held out, (n,) and (m,)."""
    corpus = stdlib_corpus()
    train, held_out = (np.frombuffer(text, dtype=np.uint8) for text in (corpus.train, corpus.held_out))
    return train.astype(np.uint16), held_out.astype(np.uint16)


def with_noise(text: Bytes, share: float) -> Bytes:
    """So many of the bytes are random ones: nothing can foresee them, and the loss has a floor."""
    if not share:
        return text
    random = np.random.default_rng(0)
    return np.where(random.random(len(text)) < share, random.integers(BYTES, size=len(text)), text).astype(np.uint16)


def batch_of(it: Text, text: Bytes, seed: int, step: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, T) of a step, by seed and step only."""
    context = it.first_context if it.first_context and step < it.steps // 2 else it.context
    place = step % it.distinct_batches if it.distinct_batches else step  # FAULT: the sampler starts again
    inputs, targets = training_batch(text, seed=seed, step=place, batch=it.batch, context=context)
    if step == it.corrupt_at:  # FAULT: one bad shard
        random = np.random.default_rng((seed, step))
        inputs = torch.from_numpy(random.integers(BYTES, size=inputs.shape))
        targets = inputs.flip(1)
    if it.upper_from is not None and step >= it.upper_from:  # FAULT: another text than the one validated on
        inputs, targets = capitals(inputs), capitals(targets)
    return inputs, targets


def capitals(tokens: Tensor) -> Tensor:
    """Lower-case letters as capitals."""
    table = torch.arange(BYTES)
    table[LOWER] = table[UPPER].clone()
    return table[tokens]


@torch.no_grad()
def evaluated(it: Text, model: GPT, text: Bytes) -> float:
    """Nats per byte on the same held-out windows every time."""
    batches = evaluation_batches(text, count=EVALUATED_BATCHES, batch=32, context=it.context)
    return float(np.mean([model.loss(inputs, targets).item() for inputs, targets in batches]))
