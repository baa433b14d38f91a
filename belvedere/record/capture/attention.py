"""Attention maps of a model that uses fused attention, which never shows its weights: computed again beside a forward.

One forward pass runs in evaluation mode without gradients while calls of `F.scaled_dot_product_attention` (and of
`nn.MultiheadAttention`) are listened to; weights are computed from the queries and keys that really arrive there, after
rotation and norms. `output_error` holds them against what the kernel answered. Costs one forward pass plus, per chosen
head, T² products of head width, and 4·T² bytes kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.core.arrays import Array
from belvedere.core.errors import UsageError
from belvedere.record.capture.asked import Sheltered, chosen_run, is_whole, needed_module
from belvedere.record.capture.attention_calls import Listening, Seen
from belvedere.record.capture.attention_weights import induction_score, previous_token_score
from belvedere.record.capture.forward import beside_training, called, inner_model
from belvedere.record.run import Run

MAPS_BYTES_MAX = 256 << 20  # of one capture


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """What one head of one layer looks at, for one example.

    weights (t, s) float32: row = query position, column = key position; rows sum to 1 where all keys are shown
    entropy: nats, mean over queries · previous_token, induction: mean weight on the position before, and on what
    followed the query's token earlier; None where the positions or tokens are not known
    output_error: largest difference between weights·values and the kernel's output · queries, keys: before any cut
    """

    layer: int
    head: int
    weights: NDArray[np.float32]
    entropy: float
    previous_token: float | None
    induction: float | None
    output_error: float
    scale: float
    queries: int
    keys: int

    @property
    def name(self) -> str:
        """ "layer0_head3"."""
        return f"layer{self.layer}_head{self.head}"


def capture_attention(
    model: object, inputs: object, *, layers: Sequence[int] | None = None, heads: Sequence[int] | None = None,
    tokens: Sequence[object] | None = None, max_tokens: int = 512, step: int | None = None, run: Run | None = None,
) -> tuple[AttentionMap, ...]:  # fmt: skip
    """The attention maps of the first example of `inputs`, logged to the run (given, or the current one) as
    `attention/layer{L}_head{H}` with the scalars `attention/entropy/…`, `…/previous_token/…`, `…/induction/…`.

    inputs: what the model is called with; of a tensor of token ids (B, T) the first row, cut to `max_tokens`; a tuple
        holds several arguments, a mapping keyword arguments · layers, heads: None for all; layers count in the order
        of the calls · tokens: the text of each position · max_tokens: queries and keys that are kept of longer inputs

    One extra forward pass, which waits for the device; training mode, gradients and random generators stay as they
    are. Wrong arguments are a UsageError; what else fails is one warning and an empty answer when there is a run.
    """
    recorder = chosen_run(run)
    whole = needed_module(model, "capture_attention()")
    if not is_whole(max_tokens) or max_tokens < 1:
        raise UsageError(f"max_tokens={max_tokens!r} keeps no position; use 1 or more")
    asked, ids = _one_example(inputs, max_tokens)
    maps: tuple[AttentionMap, ...] = ()
    with Sheltered(recorder, "capture_attention()"):
        listening = Listening(layers, heads, positions_max=max_tokens, bytes_max=MAPS_BYTES_MAX)
        inner = inner_model(whole)
        with beside_training(inner), listening:
            called(inner, asked)
        listening.check(type(inner).__name__)
        words = _words(tokens, ids, listening.found)
        maps = tuple(found for seen in listening.found for found in _maps(seen, _ids(tokens, ids, words)))
        if recorder is not None:
            recorder.log(_values(maps, words), step=step, commit=False)
    return maps


def _one_example(inputs: object, max_tokens: int) -> tuple[object, torch.Tensor | None]:
    """What the model is called with, and the token ids (T,) in it when they are known."""
    if isinstance(inputs, torch.Tensor) and not inputs.numel():
        raise UsageError(f"inputs of shape {tuple(inputs.shape)} hold no token; pass at least one example of one token")
    if isinstance(inputs, torch.Tensor) and not inputs.is_floating_point() and inputs.ndim in (1, 2):
        row = (inputs if inputs.ndim == 2 else inputs[None])[:1, :max_tokens]
        return row, row[0]
    if isinstance(inputs, Mapping):
        ids = inputs.get("input_ids")
    else:
        ids = inputs[0] if isinstance(inputs, tuple | list) and inputs else None
    is_ids = isinstance(ids, torch.Tensor) and not ids.is_floating_point() and ids.ndim == 2
    return inputs, ids[0, :max_tokens] if is_ids and isinstance(ids, torch.Tensor) else None


def _words(tokens: Sequence[object] | None, ids: torch.Tensor | None, found: Sequence[Seen]) -> list[str]:
    """The text of each position that is shown; the ids where no text was given; [] when neither fits."""
    shown = found[0].shown
    if tokens is not None:
        if len(tokens) not in (shown[0], found[0].queries):
            raise UsageError(
                f"{len(tokens)} tokens for {found[0].queries} positions; give the text of each position, in order"
            )
        return [str(token) for token in tokens[: shown[0]]]
    return [str(token) for token in ids.tolist()] if ids is not None and len(ids) == shown[0] else []


def _ids(tokens: Sequence[object] | None, ids: torch.Tensor | None, words: list[str]) -> torch.Tensor | None:
    """(t,) numbers that are equal where tokens are; texts are numbered when the ids themselves are not known."""
    if ids is not None:
        return ids
    number = {word: place for place, word in enumerate(words)}
    return torch.tensor([number[word] for word in words]) if tokens is not None else None


def _maps(seen: Seen, ids: torch.Tensor | None) -> list[AttentionMap]:
    """The maps of one layer, on the host."""
    weights = seen.weights.weights  # (h, t, s)
    is_on_itself = seen.queries == seen.keys and weights.shape[1] > 1
    previous = previous_token_score(weights).tolist() if is_on_itself else None
    fits = ids is not None and is_on_itself and len(ids) == weights.shape[1]
    copied = induction_score(weights, ids.to(weights.device)) if fits and ids is not None else None
    induction = copied.tolist() if copied is not None else None
    host = weights.cpu().numpy()
    entropy, error = seen.weights.entropy.tolist(), float(seen.weights.output_error)
    found = []
    for place, head in enumerate(seen.heads):
        scores = (entropy[place], previous[place] if previous else None, induction[place] if induction else None)
        found.append(AttentionMap(seen.layer, head, host[place], *scores, error, seen.scale, seen.queries, seen.keys))
    return found


def _values(maps: Sequence[AttentionMap], words: list[str]) -> dict[str, object]:
    """What is logged."""
    values: dict[str, object] = {}
    for found in maps:
        about = {
            "layer": found.layer, "head": found.head, "scale": found.scale, "output_error": found.output_error,
            "queries": found.queries, "keys": found.keys,
            "tokens": words if len(words) == found.weights.shape[0] else [],
        }  # fmt: skip
        values[f"attention/{found.name}"] = Array(found.weights, about)
        scores = {"entropy": found.entropy, "previous_token": found.previous_token, "induction": found.induction}
        values |= {f"attention/{kind}/{found.name}": score for kind, score in scores.items() if score is not None}
    return values
