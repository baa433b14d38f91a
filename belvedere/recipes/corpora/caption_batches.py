"""Batches of captioned pictures: which rows a step learns from, and their loading, by other processes if asked.

The rows of step s depend on (seed, s) alone: a training that stopped and goes on sees what it would have seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

import belvedere as bv
from belvedere.recipes.corpora.captions import CaptionedPictures, Vocabulary
from belvedere.recipes.models.captioner import PAD


@dataclass(frozen=True)
class Batch:
    """rows (B,) of the corpus · images (B, C, S, S) float32 in 0 … 1 · ids (B, T), T as long as the longest caption."""

    rows: tuple[int, ...]
    images: Tensor
    ids: Tensor

    def to(self, device: torch.device) -> "Batch":
        """On another device, without waiting for the copy."""
        return Batch(self.rows, self.images.to(device, non_blocking=True), self.ids.to(device, non_blocking=True))

    def pin_memory(self) -> "Batch":
        """In memory that a GPU reads from without waiting; a DataLoader calls this."""
        return Batch(self.rows, self.images.pin_memory(), self.ids.pin_memory())


@dataclass(frozen=True)
class Share:
    """Which part of each batch this process takes: the `rank`-th of `world` equal ones."""

    rank: int = 0
    world: int = 1


class CaptionedRows(Dataset[Batch]):
    """Whole batches by their rows. A picture that cannot be read comes back as the sentence about it: an error raised
    in a loading process would arrive wrapped into a traceback."""

    def __init__(self, corpus: CaptionedPictures, vocabulary: Vocabulary, *, length: int) -> None:
        self._corpus, self.ids = corpus, vocabulary.encoded(corpus.captions, length=length)  # (n, T)

    def __len__(self) -> int:
        return len(self._corpus)

    def __getitems__(self, rows: list[int]) -> Batch | str:
        """The batch of these rows."""
        try:
            images = self._corpus.pictures.read([self._corpus.picture_of[row] for row in rows])
        except bv.UsageError as refused:
            return str(refused)
        ids = self.ids[rows]
        longest = int((ids != PAD).sum(dim=1).max())
        return Batch(tuple(rows), images, ids[:, :longest])


def training_batches(
    rows: CaptionedRows, train: tuple[int, ...], *, seed: int, first_step: int, batch: int, share: Share, workers: int,
    is_pinned: bool,
) -> Iterator[Batch]:  # fmt: skip
    """This process's share of the batch of `first_step`, of the one after it, and so on without end."""
    orders = ordered_rows(train, seed=seed, first_step=first_step, batch=batch, share=share)
    return _loaded(rows, orders, workers=workers, is_pinned=is_pinned)


def evaluation_batches(rows: CaptionedRows, wanted: tuple[int, ...], *, batch: int) -> Iterator[Batch]:
    """These rows in their order; the last batch may be smaller."""
    orders = (list(wanted[first : first + batch]) for first in range(0, len(wanted), batch))
    return _loaded(rows, orders, workers=0, is_pinned=False)


def ordered_rows(
    train: tuple[int, ...], *, seed: int, first_step: int, batch: int, share: Share
) -> Iterator[list[int]]:
    """Every row once an epoch, in an order that (seed, epoch) fixes; whole batches only."""
    a_epoch = len(train) // batch  # batches
    part = batch // share.world
    epoch, place = divmod(first_step, a_epoch)
    while True:
        # two numbers into one seed: epochs stay below a million
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed * 1_000_000 + epoch)).tolist()
        for first in range(place * batch, a_epoch * batch, batch):
            own = order[first + share.rank * part : first + (share.rank + 1) * part]
            yield [train[row] for row in own]
        epoch, place = epoch + 1, 0


def _loaded(
    rows: CaptionedRows, orders: Iterator[list[int]], *, workers: int, is_pinned: bool
) -> Iterator[Batch]:  # fmt: skip
    """Each batch as it comes; its own random generator, so that loading draws no number of the training's."""
    loader: DataLoader[Batch] = DataLoader(
        rows, batch_sampler=_Orders(orders), num_workers=workers, pin_memory=is_pinned, generator=torch.Generator(),
        collate_fn=_as_it_is,  # type: ignore[arg-type]  # __getitems__ answers with a batch, not with a list
    )  # fmt: skip
    for found in loader:
        if isinstance(found, str):
            raise bv.UsageError(found)
        yield found


class _Orders:
    """What a DataLoader wants: something that can be iterated."""

    def __init__(self, orders: Iterator[list[int]]) -> None:
        self._orders = orders

    def __iter__(self) -> Iterator[list[int]]:
        return self._orders


def _as_it_is(batch: Batch | str) -> Batch | str:
    return batch
