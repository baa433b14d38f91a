"""Attention weights computed again from queries and keys, with the mask, scale and head sharing of the fused kernel.

softmax(q·kᵀ·scale + mask), the formula of `torch.nn.functional.scaled_dot_product_attention`, in chunks of queries, so
that memory grows with one chunk and not with the square of the length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

CHUNK_QUERIES = 256


@dataclass(frozen=True, eq=False)
class Call:
    """One call of the kernel for one example: H query heads, K key heads (H is a multiple), T queries, S keys, E wide.

    query (H, T, E) after any rotation · key (K, S, E) · value (K, S, W) · output (H, T, W), what the kernel answered
    mask: (H, T, S) bool (True takes part) or added to the scores, or None · is_causal: query t sees keys 0 … t
    """

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    output: torch.Tensor
    mask: torch.Tensor | None
    is_causal: bool
    scale: float


@dataclass(frozen=True, eq=False)
class HeadWeights:
    """Weights of h chosen heads, still on the device.

    weights (h, t, s) float32, the first t queries and s keys · entropy (h,) nats, mean over these queries
    output_error (): the largest difference between weights·value and what the kernel answered
    """

    weights: torch.Tensor
    entropy: torch.Tensor
    output_error: torch.Tensor


def head_weights(call: Call, heads: Sequence[int], *, positions_max: int) -> HeadWeights:
    """The weights of some heads; each row is normalised over all keys, also those behind `positions_max`."""
    queries, keys = call.query.shape[1], call.key.shape[1]
    shown_queries, shown_keys = min(queries, positions_max), min(keys, positions_max)
    chosen = list(heads)
    shared = call.query.shape[0] // call.key.shape[0]
    own = [head // shared for head in chosen]
    device = call.query.device
    # float32 products may run as TF32 on CUDA, which is good to 1e-3 only; a Mac's GPU has no float64
    wide = torch.float64 if device.type == "cuda" else torch.float32
    key, value = call.key[own].to(wide), call.value[own].to(wide)
    weights = torch.empty(len(chosen), shown_queries, shown_keys, device=device)
    entropy = torch.zeros(len(chosen), dtype=wide, device=device)
    error = torch.zeros((), dtype=wide, device=device)
    for start in range(0, shown_queries, CHUNK_QUERIES):
        rows = slice(start, min(start + CHUNK_QUERIES, shown_queries))
        part = _chunk(call, call.query[chosen, rows].to(wide), key, chosen, rows)  # (h, c, S)
        weights[:, rows] = part[..., :shown_keys]
        entropy += torch.special.entr(part).sum(dim=(-2, -1))
        answered = call.output[chosen, rows].to(wide)
        difference = torch.where(part.sum(-1, keepdim=True) > 0, part @ value - answered, 0.0)
        error = torch.maximum(error, difference.abs().amax())
    return HeadWeights(weights, (entropy / max(1, shown_queries)).float(), error.float())


def _chunk(call: Call, query: torch.Tensor, key: torch.Tensor, heads: list[int], rows: slice) -> torch.Tensor:
    """(h, c, S): the weights of some queries over all keys; a query that may see no key has weights of zero."""
    scores = query @ key.transpose(-1, -2) * call.scale
    if call.is_causal:
        at = torch.arange(rows.start, rows.stop, device=scores.device)
        later = torch.arange(key.shape[1], device=scores.device) > at[:, None]
        scores = scores.masked_fill(later, -torch.inf)
    if call.mask is not None:
        mask = call.mask[heads, rows]
        is_choice = mask.dtype == torch.bool
        scores = scores.masked_fill(~mask, -torch.inf) if is_choice else scores + mask.to(scores.dtype)
    sees_nothing = (scores == -torch.inf).all(dim=-1, keepdim=True)
    return torch.softmax(scores, dim=-1).masked_fill(sees_nothing, 0.0)


def previous_token_score(weights: torch.Tensor) -> torch.Tensor:
    """(h,): mean weight of the position before each query, for maps (h, t, t) of a sequence on itself, t ≥ 2."""
    return weights.diagonal(offset=-1, dim1=-2, dim2=-1).mean(-1)


def induction_score(weights: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor | None:
    """(h,): mean weight on what followed earlier occurrences of the query's token; None when no token comes twice.

    A head that copies "A B … A" to "B" scores 1. `tokens` (t,): ids. The query itself is never counted as a follower.
    """
    same = tokens[:, None] == tokens[None, :]  # (query, key)
    followers = torch.zeros_like(same)
    followers[:, 1:] = same[:, :-1]  # key j follows key j - 1, which holds the query's token
    followers = followers.tril(-1)
    has_followers = followers.any(-1)
    if not bool(has_followers.any()):
        return None
    per_query = (weights * followers).sum(-1)  # (h, t)
    return per_query[:, has_followers].mean(-1)
