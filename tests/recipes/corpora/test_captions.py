"""Captions are cut into the same words everywhere, and pictures are held out with all their captions."""

import pytest
import torch

import belvedere as bv
from belvedere.recipes.corpora.captions import CaptionedPictures, counted_words, split_of, vocabulary_of, words_of
from belvedere.recipes.corpora.digit_captions import Stacked


def corpus(*picture_of: int) -> CaptionedPictures:
    captions = tuple(f"caption {row}" for row in range(len(picture_of)))
    pictures = Stacked(torch.zeros(len(set(picture_of)), 1, 8, 8))
    return CaptionedPictures("these", pictures, captions, picture_of, ("",) * len(captions))


def test_punctuation_and_case_make_no_other_word() -> None:
    assert words_of("An engraving, of a right-leaning Horse's head.") == [
        "an", "engraving", "of", "a", "right-leaning", "horse's", "head"
    ]  # fmt: skip


def test_the_vocabulary_begins_with_the_specials_and_goes_by_frequency() -> None:
    counts = counted_words(["a dog", "A dog!", "a cat"])
    assert vocabulary_of(counts).words == ("<PAD>", "<START>", "<END>", "<UNK>", "a", "dog", "cat")
    assert vocabulary_of(counts, count_min=2).words[4:] == ("a", "dog")
    with pytest.raises(bv.UsageError, match="no word occurs 4 times"):
        vocabulary_of(counts, count_min=4)


def test_captions_become_numbers_and_words_again() -> None:
    vocabulary = vocabulary_of(counted_words(["a dog", "a cat"]))
    ids = vocabulary.encoded(["a dog", "a bird runs far"], length=5)
    assert ids.tolist() == [[1, 4, 6, 2, 0], [1, 4, 3, 3, 2]]
    assert [vocabulary.decoded(row) for row in ids] == ["a dog", "a <UNK> <UNK>"]


def test_a_tenth_is_held_out_and_all_captions_of_a_picture_with_it() -> None:
    pairs = corpus(*(row // 2 for row in range(40)))
    split = split_of(pairs)
    assert (len(split.train), len(split.held_out)) == (36, 4)
    assert not {row // 2 for row in split.train} & {row // 2 for row in split.held_out}
    assert sorted(split.train + split.held_out) == list(range(40))
    assert split_of(pairs) == split
    assert split_of(pairs, train_max=5).train == split.train[:5]


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(bv.UsageError, match="these has 1 pictures; give at least 2"):
        split_of(corpus(0))
    with pytest.raises(bv.UsageError, match="--train is 20; give 1 to 9"):
        split_of(corpus(*range(10)), train_max=20)
