"""Tokenizers: exact bytes back, merges in the right order, lengths that bits per byte can trust."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belvedere.recipes.corpora.bpe import (
    WORD,
    BPETokenizer,
    ByteTokenizer,
    Tokenizer,
    learn_bpe,
    replaced,
    spread_sample,
)

TEXT = b"def low(self):\n    return self.lower, self.lowest\n\ndef slow(self):\n    return self.low\n"
LEARNED = learn_bpe(TEXT * 3, 300)


@pytest.mark.parametrize("tokenizer", [ByteTokenizer(), LEARNED], ids=["byte", "bpe"])
@given(text=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_come_back_exactly(tokenizer: Tokenizer, text: bytes) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(text=st.binary(max_size=200))
def test_words_cover_every_byte(text: bytes) -> None:
    assert b"".join(WORD.findall(text)) == text


def test_the_most_frequent_pair_is_merged_first_and_of_equal_ones_the_smallest() -> None:
    tokenizer = learn_bpe(b"ab ab ab cd cd cd xy xy", 259)  # words: "ab", " ab" twice, " cd" 3 times, " xy" twice
    assert [tokenizer.decode([token]) for token in (256, 257, 258)] == [b" c", b"ab", b" cd"]


def test_learning_ends_when_no_pair_occurs_twice() -> None:
    assert learn_bpe(b"abcdef", 1024).vocab == 256


def test_incremental_counts_give_the_merges_of_counting_anew_each_time() -> None:
    words = WORD.findall(TEXT)
    sequences = [list(word) for word in words]
    for pair in LEARNED.merges[:30]:
        counts: dict[tuple[int, int], int] = {}
        for sequence in sequences:
            for found in pairwise(sequence):
                counts[found] = counts.get(found, 0) + 1
        assert pair == min(counts, key=lambda found: (-counts[found], found))
        token = 256 + LEARNED.merges.index(pair)
        sequences = [replaced(sequence, pair, token) for sequence in sequences]


def test_encoding_replays_the_merges_in_the_order_they_were_learned() -> None:
    expected = list(b"lowest")
    for rank, pair in enumerate(LEARNED.merges):
        expected = replaced(expected, pair, 256 + rank)
    assert LEARNED.encode(b"lowest").tolist() == expected


def test_overlapping_pairs_are_replaced_from_the_left() -> None:
    assert replaced([7, 7, 7], (7, 7), 256) == [256, 7]


@pytest.mark.parametrize("tokenizer", [ByteTokenizer(), LEARNED], ids=["byte", "bpe"])
def test_token_lengths_sum_to_the_length_of_the_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.token_bytes.shape == (tokenizer.vocab,)
    assert tokenizer.token_bytes[tokenizer.encode(TEXT)].sum() == len(TEXT)


def test_a_tokenizer_is_its_merges() -> None:
    again = BPETokenizer(LEARNED.merges)
    assert np.array_equal(again.encode(TEXT), LEARNED.encode(TEXT))


def test_a_sample_is_spread_over_the_whole_text() -> None:
    text = bytes(range(256)) * 10
    sample = spread_sample(text, 256, pieces=64)
    assert len(sample) == 256
    assert sample[:4] == text[:4]
    assert sample[-4:] == text[63 * 40 : 63 * 40 + 4]
    assert spread_sample(text, 10_000) == text
