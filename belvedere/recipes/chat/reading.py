"""What a model says about the tokens that are asked for, and about no others: most of a sequence is the question."""

import torch
from torch import Tensor

from belvedere.recipes.chat.dialogue import Batch
from belvedere.recipes.models.gpt import GPT, LOGIT_CAP, normed


def asked_logits(model: GPT, batch: Batch) -> Tensor:
    """(n, V) capped logits in float32 for the n asked tokens, in the order of `asked_targets`: those of `GPT.forward`,
    without the head's work on all other places."""
    tokens = batch.sequences[:, :-1]
    cos, sin = model.cos[: tokens.shape[1]], model.sin[: tokens.shape[1]]
    x = normed(model.embed(tokens))  # (B, T-1, D)
    for block in model.h:
        x = block(x, cos, sin)
    logits = model.head(normed(x[batch.is_asked[:, 1:]])).float()  # (n, V)
    return LOGIT_CAP * torch.tanh(logits / LOGIT_CAP)


def asked_targets(batch: Batch) -> Tensor:
    """(n,) the asked tokens themselves, row by row."""
    return batch.sequences[:, 1:][batch.is_asked[:, 1:]]
