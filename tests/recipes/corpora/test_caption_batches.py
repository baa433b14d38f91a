"""The rows of a step depend on (seed, step) alone, also among ranks and after a stop."""

from collections.abc import Iterator
from itertools import islice

import pytest
import torch

import belvedere as bv
from belvedere.recipes.corpora.caption_batches import (
    CaptionedRows,
    Share,
    evaluation_batches,
    ordered_rows,
    training_batches,
)
from belvedere.recipes.corpora.captions import CaptionedPictures, counted_words, vocabulary_of
from belvedere.recipes.corpora.digit_captions import Stacked

ALONE = Share()
TRAIN = tuple(range(100, 110))


def orders(*, first_step: int = 0, share: Share = ALONE) -> Iterator[list[int]]:
    return ordered_rows(TRAIN, seed=3, first_step=first_step, batch=4, share=share)


def test_every_epoch_has_whole_batches_of_different_rows() -> None:
    found = list(islice(orders(), 4))
    assert [len(batch) for batch in found] == [4, 4, 4, 4]
    assert len({*found[0], *found[1]}) == len({*found[2], *found[3]}) == 8
    assert found[:2] != found[2:]


def test_a_later_start_sees_the_same_batches() -> None:
    whole = list(islice(orders(), 9))
    assert list(islice(orders(first_step=5), 4)) == whole[5:]


def test_ranks_share_each_batch() -> None:
    whole = list(islice(orders(), 5))
    halves = [list(islice(orders(share=Share(rank, 2)), 5)) for rank in (0, 1)]
    assert [first + second for first, second in zip(*halves, strict=True)] == whole


def rows_of(*captions: str, pictures: object = None) -> CaptionedRows:
    stacked = pictures or Stacked(torch.arange(float(len(captions))).view(-1, 1, 1, 1).expand(-1, 1, 4, 4))
    corpus = CaptionedPictures("these", stacked, captions, tuple(range(len(captions))), ("",) * len(captions))  # type: ignore[arg-type]
    return CaptionedRows(corpus, vocabulary_of(counted_words(captions)), length=9)


def test_a_batch_is_as_long_as_its_longest_caption() -> None:
    first, last = evaluation_batches(rows_of("a", "a b c", "b"), (1, 0, 2), batch=2)
    assert (first.rows, last.rows) == ((1, 0), (2,))
    assert (first.ids.shape, last.ids.shape) == ((2, 5), (1, 3))
    assert first.images[:, 0, 0, 0].tolist() == [1, 0]


def test_loading_processes_change_nothing_and_draw_no_random_number() -> None:
    rows = rows_of(*(f"caption {word}" for word in "abcdef"))
    before = torch.get_rng_state()
    found = [
        list(islice(training_batches(rows, tuple(range(6)), seed=1, first_step=1, batch=2, share=Share(),
                                     workers=workers, is_pinned=False), 5))
        for workers in (0, 1)
    ]  # fmt: skip
    assert [batch.rows for batch in found[0]] == [batch.rows for batch in found[1]]
    assert all(torch.equal(one.ids, other.ids) for one, other in zip(*found, strict=True))
    assert torch.equal(before, torch.get_rng_state())


def test_a_picture_that_cannot_be_read_is_one_sentence_also_from_another_process() -> None:
    class Broken:
        def __len__(self) -> int:
            return 2

        def title(self, row: int) -> str:
            return "broken"

        def read(self, rows: list[int]) -> torch.Tensor:
            raise bv.UsageError(f"picture {rows[0]} is broken")

    rows = rows_of("a", "b", pictures=Broken())
    with pytest.raises(bv.UsageError, match=r"^picture 1 is broken$"):
        next(evaluation_batches(rows, (1,), batch=1))
    with pytest.raises(bv.UsageError, match=r"^picture \d is broken$"):
        next(training_batches(rows, (0, 1), seed=0, first_step=0, batch=1, share=Share(), workers=1, is_pinned=False))
