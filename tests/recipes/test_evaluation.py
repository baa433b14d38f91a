"""Bits per byte by hand, and samples that do not touch the training's dice."""

import math

import numpy as np
import pytest
import torch

from belvedere.recipes.corpora.batches import whole_text
from belvedere.recipes.corpora.bpe import BPETokenizer, ByteTokenizer
from belvedere.recipes.evaluation import continued, evaluated
from belvedere.recipes.models.gpt import GPT, GPTShape

TOKENIZER = BPETokenizer([(97, 98)])  # "ab" is one token of two bytes


def model_of(vocab: int) -> GPT:
    return GPT(GPTShape(vocab, layers=1, heads=2, kv_heads=2, width=16, context=4))


def test_bits_per_byte_by_hand() -> None:
    tokens = TOKENIZER.encode(b"xababababababab?"[:9])  # x, ab, ab, ab, ab: 5 tokens
    assert tokens.tolist() == [120, 256, 256, 256, 256]
    held_out = evaluated(model_of(257), whole_text(tokens, batch=1, context=4), TOKENIZER)
    # an untrained model spends ln 257 nats on each of 4 targets, which stand for 8 bytes
    assert held_out.loss == pytest.approx(math.log(257), rel=1e-6)
    assert held_out.bits_per_byte == pytest.approx(4 * math.log2(257) / 8, rel=1e-6)


def test_bytes_start_at_eight_bits() -> None:
    tokens = ByteTokenizer().encode(b"anything at all")
    assert evaluated(
        model_of(256), whole_text(tokens, batch=2, context=4), ByteTokenizer()
    ).bits_per_byte == pytest.approx(8)


def test_batches_of_unequal_size_weigh_by_tokens() -> None:
    torch.manual_seed(0)
    model = model_of(256)
    torch.nn.init.normal_(model.head.weight)
    tokens = np.frombuffer(b"some text of some length", np.uint8).astype(np.uint16)
    one = evaluated(model, whole_text(tokens, batch=5, context=4), ByteTokenizer())
    many = evaluated(model, whole_text(tokens, batch=2, context=4), ByteTokenizer())
    assert one.loss == pytest.approx(many.loss, rel=1e-6)


def test_a_sample_leaves_the_global_dice_alone_and_repeats() -> None:
    model = model_of(256)
    before = torch.get_rng_state()
    texts = {continued(model, b"def", ByteTokenizer(), tokens=12, seed=3) for _ in range(2)}
    assert torch.equal(torch.get_rng_state(), before)
    assert len(texts) == 1
    assert texts.pop().startswith("def")
