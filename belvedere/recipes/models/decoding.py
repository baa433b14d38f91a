"""Writing with a GPT: many prompts of one length at once, with the keys and values of past positions kept.

Shapes: B prompts, P tokens each, N new tokens, V vocabulary.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from belvedere.recipes.models.gpt import GPT, LOGIT_CAP, Attention, Block, normed, rotated, split_heads


@dataclass
class Kept:
    """Keys and values (B, K, past, Q) of every layer."""

    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)

    def extended(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values of a layer once these have come; layers come in order."""
        if layer == len(self.keys):
            self.keys.append(key)
            self.values.append(value)
        else:
            self.keys[layer] = torch.cat((self.keys[layer], key), dim=2)
            self.values[layer] = torch.cat((self.values[layer], value), dim=2)
        return self.keys[layer], self.values[layer]


@torch.no_grad()
def written(
    model: GPT, prompts: Tensor, *, tokens: int, end: int, generator: torch.Generator | None, temperature: float = 1.0
) -> Tensor:
    """(B, N) new ids, N ≤ `tokens`; behind an `end` stand more of them. Without a generator the likeliest is taken."""
    assert prompts.shape[1] + tokens <= model.shape.context, "the answer does not fit the model's context"
    kept, chosen = Kept(), list[Tensor]()
    is_over = torch.zeros(len(prompts), dtype=torch.bool, device=prompts.device)
    fresh, position = prompts, 0
    for _ in range(tokens):
        logits = last_logits(model, fresh, kept, position)  # (B, V)
        position += fresh.shape[1]
        if generator is None:
            token = logits.argmax(dim=-1)
        else:
            token = torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator)[:, 0]
        token = token.masked_fill(is_over, end)
        is_over |= token == end
        chosen.append(token)
        fresh = token[:, None]
        if is_over.all():
            break
    return torch.stack(chosen, dim=1)


def last_logits(model: GPT, tokens: Tensor, kept: Kept, position: int) -> Tensor:
    """Logits (B, V) after `tokens` (B, n), which stand at `position` and behind what is kept."""
    length = tokens.shape[1]
    cos, sin = model.cos[position : position + length], model.sin[position : position + length]
    x = normed(model.embed(tokens))  # (B, n, D)
    for layer, block in enumerate(cast(Iterable[Block], model.h)):
        x = x + attended(block.attention, normed(x), cos, sin, kept, layer)
        x = x + block.mlp(normed(x))
    logits = model.head(normed(x[:, -1])).float()
    return LOGIT_CAP * torch.tanh(logits / LOGIT_CAP)


def attended(attention: Attention, x: Tensor, cos: Tensor, sin: Tensor, kept: Kept, layer: int) -> Tensor:
    """What `Attention.forward` does, over the positions that are kept as well."""
    query = normed(rotated(split_heads(attention.query(x), attention.heads), cos, sin))
    key = normed(rotated(split_heads(attention.key(x), attention.kv_heads), cos, sin))
    value = split_heads(attention.value(x), attention.kv_heads)
    key, value = kept.extended(layer, key, value)  # (B, K, past + n, Q)
    shared = attention.heads // attention.kv_heads
    if shared > 1:
        key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
    is_first = key.shape[2] == x.shape[1]  # later there is one query, which may see everything
    mixed = F.scaled_dot_product_attention(query, key, value, is_causal=is_first, scale=attention.scale)
    out: Tensor = attention.out(mixed.transpose(1, 2).flatten(2))
    return out
