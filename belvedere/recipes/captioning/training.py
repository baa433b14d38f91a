"""One rank's part of a multimodal training: its model, optimizer and rows, one update, and how far it has come."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor

import belvedere as bv
from belvedere.recipes.captioning.arguments import RECIPE
from belvedere.recipes.captioning.gradients import Shares, clipped, gather_of, gradient_shares
from belvedere.recipes.captioning.settings import Settings
from belvedere.recipes.checkpoint import Checkpoint, restore
from belvedere.recipes.corpora.caption_batches import (
    Batch,
    CaptionedRows,
    Share,
    evaluation_batches,
    training_batches,
)
from belvedere.recipes.corpora.captions import CaptionedPictures, Split, Vocabulary
from belvedere.recipes.models.image_caption import ImageCaptionModel, Outputs, losses_of
from belvedere.recipes.ranks import Ranks, agreed, average_gradients

LR_END = 1e-6


class Meter(Protocol):
    """What the loop uses of `run.throughput()`."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Time a part of a step; "evaluation" and "checkpoint" are no part of it."""

    def step(self) -> None:
        """One optimizer step is over."""


@dataclass(frozen=True)
class Update:
    """One step: the parts of the loss (3,) over all ranks, unweighted; the gradient before clipping; what the model
    answered on this rank's share of the batch; the share of each loss in the gradient, at some steps."""

    parts: Tensor
    gradient: dict[str, Tensor]
    batch: Batch
    outputs: Outputs
    shares: Shares | None
    lr: float
    loss: Tensor  # () the weighted sum


class Training:
    """One rank's model, optimizer and rows, and how far it has come."""

    def __init__(
        self, settings: Settings, ranks: Ranks, corpus: CaptionedPictures, split: Split, vocabulary: Vocabulary
    ) -> None:
        self.settings, self.ranks, self.corpus, self.split, self.vocabulary = settings, ranks, corpus, split, vocabulary
        self.device = torch.device(settings.device)
        self.rows = CaptionedRows(corpus, vocabulary, length=settings.caption_length)
        self.model = ImageCaptionModel(settings.shape_of(len(vocabulary))).to(self.device)
        self.parameters = list(self.model.parameters())
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=settings.lr, weight_decay=settings.weight_decay, fused=True
        )
        self.weights = torch.tensor(settings.weights, device=self.device)  # (3,)
        self.gather = gather_of(ranks)
        self.steps_per_epoch = len(split.train) // settings.batch
        self.step = 0
        self.best = math.inf  # lowest val/loss so far
        self.recent: list[Tensor] = []  # parts (3,) of the steps since the last logged mean
        self.of_epoch: list[Tensor] = []  # losses () of the steps since the epoch began
        self.elapsed_before = 0.0  # seconds of the attempts before this one
        self.clock = time.process_time if self.device.type == "cpu" else time.perf_counter
        self._started = self.epoch_started = self.clock()

    # --- one optimizer step ---

    def advance(self, fraction: float, batches: Iterator[Batch], meter: Meter, *, is_shared: bool) -> Update:
        """One update of the weights."""
        settings = self.settings
        lr = LR_END + (settings.lr - LR_END) * (1 + math.cos(math.pi * fraction)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        with meter.phase("data"):
            batch = next(batches).to(self.device)
        self.optimizer.zero_grad()
        with meter.phase("forward"):
            with self.short():
                outputs = self.model(batch.images, batch.ids)
            losses = losses_of(self.model, outputs, batch.images, batch.ids, gather=self.gather)
            parts = losses.stacked()
        shares = None
        if is_shared:
            with meter.phase("evaluation"):
                shares = gradient_shares(losses, settings.weights, self.model.encoder, self.ranks)
        with meter.phase("backward"):
            (parts @ self.weights).backward()  # type: ignore[no-untyped-call]
            average_gradients(self.parameters, self.ranks)
        with meter.phase("optimizer"):
            gradient = clipped(self.parameters, norm_max=settings.clip)
            self.optimizer.step()
        self.step += 1
        parts = self._over_ranks(parts.detach())
        return Update(parts, gradient, batch, outputs, shares, lr, parts @ self.weights)

    def short(self) -> AbstractContextManager[object]:
        """bfloat16 matrix products where they were asked for; weights and losses stay in float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.dtype == "bfloat16")

    def _over_ranks(self, parts: Tensor) -> Tensor:
        if self.ranks.world == 1:
            return parts
        dist.all_reduce(parts)
        return parts / self.ranks.world

    # --- batches ---

    def batches(self) -> Iterator[Batch]:
        """This rank's share of every batch from the present step on."""
        settings = self.settings
        return training_batches(
            self.rows, self.split.train, seed=settings.seed, first_step=self.step, batch=settings.batch,
            share=Share(self.ranks.rank, self.ranks.world), workers=settings.workers,
            is_pinned=self.device.type == "cuda",
        )  # fmt: skip

    def loaded(self, rows: Sequence[int]) -> Iterator[Batch]:
        """These rows on the device, in batches as large as those of a step."""
        for batch in evaluation_batches(self.rows, tuple(rows), batch=self.settings.batch):
            yield batch.to(self.device)

    # --- the clock ---

    def start_clock(self) -> None:
        """The budget's seconds run from here."""
        self._started = self.epoch_started = self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds of training, evaluations included, over all attempts."""
        return self.elapsed_before + self.clock() - self._started

    @property
    def used_fraction(self) -> float:
        """How much of the budget is used, 0 … 1 and beyond."""
        settings = self.settings
        if settings.epochs is not None:
            return self.step / (settings.epochs * self.steps_per_epoch)
        return self.step / settings.steps if settings.steps is not None else self.elapsed / (settings.seconds or 1.0)

    def progress(self, is_asked_to_stop: bool) -> tuple[float, bool]:
        """The fraction of the budget that is used, and whether to stop; the same on all ranks."""
        return agreed(self.used_fraction, is_asked_to_stop, self.ranks)

    # --- in words, stopping and going on ---

    def follows(self) -> dict[str, object]:
        """What follows from the settings and the captions."""
        return {
            "parameters": self.model.parameter_count(), "vocabulary": len(self.vocabulary),
            "train_captions": len(self.split.train), "held_out_captions": len(self.split.held_out),
            "steps_per_epoch": self.steps_per_epoch, "world_size": self.ranks.world, "optimizer": "AdamW",
        }  # fmt: skip

    def checkpoint(self, *, project: str, run_id: str) -> Checkpoint:
        """Everything that going on needs."""
        return Checkpoint(
            RECIPE, asdict(self.settings), self.step, self.elapsed, project, run_id, dict(self.model.state_dict()),
            [self.optimizer.state_dict()], {"vocabulary": list(self.vocabulary.words), "best": self.best},
        )  # fmt: skip

    def go_on(self, before: Checkpoint) -> None:
        """Where the checkpoint stood; UsageError when its budget is used up."""
        restore(before, self.model, [self.optimizer])
        self.step, self.elapsed_before, self.best = before.step, before.elapsed, float(before.more["best"])
        self.start_clock()
        if self.used_fraction >= 1:
            raise bv.UsageError(f"the checkpoint has used its budget ({before.step} steps, {before.elapsed:.0f} s); "
                                "pass a larger --seconds, --epochs or --steps")  # fmt: skip
