"""Writing answers: all samples of a question share the work of reading it, and every answer has dice of its own.

With dice of its own an answer is the same whoever writes it: one process or eight, alone or beside others.
Shapes: Q prompts of P tokens, S = Q · samples answers of N tokens, V vocabulary.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from belvedere.recipes.models.decoding import Kept, last_logits
from belvedere.recipes.models.gpt import GPT


@dataclass(frozen=True)
class Written:
    """`new` (S, N) ids, N at most the tokens that were allowed; behind an end stand more of them. `log_p` (S, N) of
    each, and the `entropy` (S, N) of all V there, in nats, at temperature 1 and over all tokens."""

    new: Tensor
    log_p: Tensor
    entropy: Tensor


@torch.no_grad()
def written_answers(
    model: GPT, prompts: Tensor, dice: Tensor | None, *, samples: int, tokens: int, end: int,
    temperature: float = 1.0, top_k: int | None = None,
) -> Written:  # fmt: skip
    """`samples` answers to each of (Q, P) prompts. `dice` (S, tokens) are even numbers in 0 … 1; without them the
    likeliest token is taken."""
    assert prompts.shape[1] + tokens <= model.shape.context, "the answer does not fit the model's context"
    kept = Kept()
    logits = last_logits(model, prompts, kept, 0).repeat_interleave(samples, dim=0)  # (S, V)
    kept.keys = [key.repeat_interleave(samples, dim=0) for key in kept.keys]
    kept.values = [value.repeat_interleave(samples, dim=0) for value in kept.values]
    is_over = torch.zeros(len(logits), dtype=torch.bool, device=prompts.device)
    chosen, log_ps, entropies = list[Tensor](), list[Tensor](), list[Tensor]()
    for place in range(tokens):
        every = logits.log_softmax(dim=-1)  # (S, V)
        token = every.argmax(dim=-1) if dice is None else thrown(logits / temperature, dice[:, place], top_k)
        token = token.masked_fill(is_over, end)
        is_over = is_over | (token == end)
        chosen.append(token)
        log_ps.append(every.gather(-1, token[:, None])[:, 0])
        entropies.append(-(every.exp() * every).sum(dim=-1))
        if place == tokens - 1 or bool(is_over.all()):
            break
        logits = last_logits(model, token[:, None], kept, prompts.shape[1] + place)
    return Written(torch.stack(chosen, dim=1), torch.stack(log_ps, dim=1), torch.stack(entropies, dim=1))


def thrown(logits: Tensor, dice: Tensor, top_k: int | None) -> Tensor:
    """(S,) tokens of (S, V) logits: the first whose share of the whole, with all before it, exceeds the die."""
    if top_k is not None and top_k < logits.shape[-1]:
        least = logits.topk(top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, float("-inf"))
    shares = logits.softmax(dim=-1).cumsum(dim=-1)  # (S, V)
    last = logits.shape[-1] - 1
    return (shares <= dice[:, None] * shares[:, -1:]).sum(dim=-1).clamp(max=last)
