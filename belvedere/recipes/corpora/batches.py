"""Batches of token windows: random ones to train on, fixed ones to evaluate on.

The batch of a step depends on (seed, step) only, so a resumed or a split run sees exactly the same text.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from belvedere.recipes.corpora.bpe import Tokens


def training_batch(tokens: Tokens, *, seed: int, step: int, batch: int, context: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, T), int64: windows at random places; a target is the token after its input."""
    starts = np.random.default_rng((seed, step)).integers(0, len(tokens) - context, size=batch)  # (B,)
    return windows(tokens, starts, context)


def evaluation_batches(tokens: Tokens, *, count: int, batch: int, context: int) -> list[tuple[Tensor, Tensor]]:
    """`count` batches of (B, T) windows spread evenly over the text, without overlap; fewer when the text is short."""
    available = (len(tokens) - 1) // context
    wanted = min(count * batch, available)
    starts = np.linspace(0, available - 1, wanted).astype(np.int64) * context  # (wanted,)
    return [windows(tokens, starts[first : first + batch], context) for first in range(0, wanted, batch)]


def whole_text(tokens: Tokens, *, batch: int, context: int) -> list[tuple[Tensor, Tensor]]:
    """Every full window of the text once."""
    available = (len(tokens) - 1) // context
    return evaluation_batches(tokens, count=-(-available // batch), batch=batch, context=context)


def windows(tokens: Tokens, starts: npt.NDArray[np.int64], context: int) -> tuple[Tensor, Tensor]:
    """tokens[s : s+T] and tokens[s+1 : s+T+1] for each start s."""
    both = tokens[starts[:, None] + np.arange(context + 1)].astype(np.int64)  # (B, T+1)
    return torch.from_numpy(both[:, :-1].copy()), torch.from_numpy(both[:, 1:].copy())
