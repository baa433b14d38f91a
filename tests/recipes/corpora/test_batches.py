"""Batches: windows that lie in the text, targets one token on, the same for the same seed and step."""

import numpy as np
import torch

from belvedere.recipes.corpora.batches import evaluation_batches, training_batch, whole_text

TOKENS = np.arange(100, dtype=np.uint16)


def test_a_target_is_the_token_after_its_input() -> None:
    inputs, targets = training_batch(TOKENS, seed=1, step=2, batch=3, context=8)
    assert inputs.shape == targets.shape == (3, 8)
    assert torch.equal(targets, inputs + 1)


def test_a_batch_depends_on_seed_and_step_only() -> None:
    def batch(seed: int, step: int) -> list[list[int]]:
        return training_batch(TOKENS, seed=seed, step=step, batch=4, context=8)[0].tolist()

    assert batch(1, 2) == batch(1, 2)
    assert batch(1, 2) != batch(1, 3)
    assert batch(1, 2) != batch(2, 2)


def test_evaluation_windows_are_spread_and_do_not_overlap() -> None:
    batches = evaluation_batches(TOKENS, count=2, batch=2, context=8)
    assert [inputs[:, 0].tolist() for inputs, _ in batches] == [[0, 24], [56, 88]]


def test_the_whole_text_is_every_full_window_once() -> None:
    batches = whole_text(TOKENS, batch=5, context=8)
    assert torch.equal(torch.cat([inputs.flatten() for inputs, _ in batches]), torch.arange(96))


def test_a_short_text_gives_what_it_has() -> None:
    batches = evaluation_batches(TOKENS[:20], count=4, batch=4, context=8)
    assert [inputs.shape for inputs, _ in batches] == [(2, 8)]
