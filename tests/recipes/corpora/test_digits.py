"""The digits are split once and for all, and over-asking is refused."""

import pytest

import belvedere as bv
from belvedere.recipes.corpora.digits import load_digits

pytest.importorskip("sklearn")


def test_digits_are_split_without_overlap() -> None:
    digits = load_digits()
    assert digits.train_images.shape == (1617, 64)
    assert digits.held_out_images.shape == (180, 64)
    assert float(digits.train_images.min()) == 0 and float(digits.train_images.max()) == 1
    assert sorted(digits.held_out_labels.unique().tolist()) == list(range(10))
    few = load_digits(train=10)
    assert few.train_images.tolist() == digits.train_images[:10].tolist()
    assert few.held_out_labels.tolist() == digits.held_out_labels.tolist()


def test_more_digits_than_there_are_is_refused() -> None:
    with pytest.raises(bv.UsageError, match=r"--train is 2000; give 1 to 1617"):
        load_digits(train=2000)
