"""Generated captions say what is in the picture."""

import numpy as np
import pytest

from belvedere.recipes.corpora.captions import counted_words, split_of, vocabulary_of, words_of
from belvedere.recipes.corpora.digit_captions import DIGITS, captioned_digits, shear, spread, thirds

pytest.importorskip("sklearn")


def test_every_caption_names_its_digit_and_one_word_of_each_attribute() -> None:
    corpus = captioned_digits()
    assert len(corpus) == len(corpus.pictures) == 1797
    assert corpus.pictures.read([0, 1]).shape == (2, 1, 8, 8)
    assert set(corpus.classes) == set(DIGITS)
    for caption, label in zip(corpus.captions, corpus.labels, strict=True):
        words = words_of(caption)
        assert [word for word in words if word in DIGITS] == [label]
        assert all(sum(word in group for word in words) == 1 for group in corpus.attributes)
    for group in corpus.attributes:
        shares = [sum(word in words_of(caption) for caption in corpus.captions) / 1797 for word in group]
        assert shares == pytest.approx([1 / 3] * 3, abs=0.01)
    split = split_of(corpus)
    assert (len(split.train), len(split.held_out)) == (1617, 180)
    assert len(vocabulary_of(counted_words(corpus.captions))) == 35


def test_ink_that_leans_right_has_a_positive_shear() -> None:
    upright, leaning = np.zeros((8, 8)), np.flipud(np.eye(8))  # from bottom left to top right
    upright[:, 3] = 1
    assert shear(np.stack((upright, leaning, leaning[:, ::-1]))).tolist() == pytest.approx([0, 1, -1])
    assert spread(np.stack((upright, leaning))).tolist() == pytest.approx([0, np.sqrt((64 - 1) / 12)])


def test_thirds_are_named_from_the_lowest() -> None:
    assert thirds(np.array([9.0, 1, 5, 2, 8, 6]), ("low", "middle", "high")) == [
        "high", "low", "middle", "low", "high", "middle"
    ]  # fmt: skip
