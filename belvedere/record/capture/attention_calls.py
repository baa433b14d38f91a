"""Listens to the attention calls of one forward pass: every call is a layer, numbered in the order of the calls."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from belvedere.core.errors import UsageError
from belvedere.record.capture.asked import whole_numbers_of
from belvedere.record.capture.attention_weights import Call, HeadWeights, head_weights

FLOAT32_BYTES = 4


@dataclass(frozen=True, eq=False)
class Seen:
    """The chosen heads of one layer. queries, keys: their numbers before any cut."""

    layer: int
    heads: tuple[int, ...]
    weights: HeadWeights
    scale: float
    queries: int
    keys: int

    @property
    def shown(self) -> tuple[int, int]:
        """Queries and keys that were kept."""
        return self.weights.weights.shape[1], self.weights.weights.shape[2]


class Listening(TorchFunctionMode):
    """While active, computes the weights of chosen heads at each attention call and lets the call go on unchanged.

    Trouble is noted and raised by `check`, after the forward pass: the model may catch errors of its own.
    """

    def __init__(
        self, layers: Sequence[int] | None, heads: Sequence[int] | None, *, positions_max: int, bytes_max: int
    ) -> None:
        super().__init__()
        self._layers, self._heads = _choice("layers", layers), _choice("heads", heads)
        self._positions_max, self._bytes_left, self._bytes_max = positions_max, bytes_max, bytes_max
        self._calls = 0
        self._trouble = ""
        self.found: list[Seen] = []

    def check(self, model_name: str) -> None:
        """Say what is missing, in one sentence."""
        if self._trouble:
            raise UsageError(self._trouble)
        if not self._calls:
            raise UsageError(
                f"{model_name} never called scaled_dot_product_attention, so its attention cannot be seen; "
                "use that function in it, or log maps of your own: run.log({'attention/layer0_head0': bv.Array(map)})"
            )
        strange = [layer for layer in self._layers or () if layer not in range(self._calls)]
        if strange:
            raise UsageError(
                f"layer {strange[0]} does not exist: {model_name} has {self._calls} attention layers, "
                f"0 to {self._calls - 1}"
            )

    def __torch_function__(
        self, func: Callable[..., object], types: object, args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:  # fmt: skip
        if func is F.scaled_dot_product_attention:
            return self._fused(func, *args, **(kwargs or {}))  # type: ignore[arg-type]
        if func is F.multi_head_attention_forward:
            return self._multi_head(func, args, kwargs or {})
        return func(*args, **(kwargs or {}))

    def _fused(
        self, func: Callable[..., object], query: torch.Tensor, key: torch.Tensor, value: torch.Tensor,
        attn_mask: torch.Tensor | None = None, dropout_p: float = 0.0, is_causal: bool = False, *,
        scale: float | None = None, **more: object,
    ) -> object:  # fmt: skip
        """A call of the kernel, without dropout: weights that were dropped are no attention."""
        output = func(query, key, value, attn_mask, 0.0, is_causal, scale=scale, **more)
        layer, self._calls = self._calls, self._calls + 1
        heads = self._chosen(layer, query.shape[-3] if query.ndim > 2 else 1, query.shape[-2], key.shape[-2])
        if not heads or not isinstance(output, torch.Tensor):
            return output
        used = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
        mask = None if attn_mask is None else attn_mask.expand(*query.shape[:-1], key.shape[-2])
        call = Call(
            _example(query), _example(key), _example(value), _example(output),
            None if mask is None else _example(mask), is_causal, used,
        )  # fmt: skip
        with torch.autocast(query.device.type, enabled=False):
            found = head_weights(call, heads, positions_max=self._positions_max)
        self.found.append(Seen(layer, heads, found, used, query.shape[-2], key.shape[-2]))
        return output

    def _multi_head(self, func: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]) -> object:
        """nn.MultiheadAttention, which can tell its weights: asked a second time, and the two outputs compared."""
        given = inspect.signature(F.multi_head_attention_forward).bind(*args, **kwargs).arguments
        answer = func(**{**given, "training": False})
        layer, self._calls = self._calls, self._calls + 1
        query, key, count = given["query"], given["key"], given["num_heads"]
        length, keys = query.shape[0], key.shape[0]  # (T, B, D) or (T, D)
        heads = self._chosen(layer, count, length, keys)
        if not heads:
            return answer
        asked = {"training": False, "need_weights": True, "average_attn_weights": False}
        (plain, _), (output, weights) = _pair(answer), _pair(func(**{**given, **asked}))
        error = (output - plain).abs().amax().float()
        chosen = _example(weights)[list(heads)].float()  # (h, T, S)
        entropy = torch.special.entr(chosen).sum(-1).mean(-1)
        shown = chosen[:, : self._positions_max, : self._positions_max].contiguous()
        scale = 1 / math.sqrt(query.shape[-1] // count)
        self.found.append(Seen(layer, heads, HeadWeights(shown, entropy, error), scale, length, keys))
        return answer

    def _chosen(self, layer: int, count: int, queries: int, keys: int) -> tuple[int, ...]:
        """The heads of a layer that are wanted; none when the layer is not, or when something is wrong."""
        if self._trouble or (self._layers is not None and layer not in self._layers):
            return ()
        heads = tuple(range(count)) if self._heads is None else tuple(self._heads)
        strange = [head for head in heads if not 0 <= head < count]
        if strange:
            self._trouble = f"head {strange[0]} does not exist: layer {layer} has {count} heads, 0 to {count - 1}"
            return ()
        shown = min(queries, self._positions_max) * min(keys, self._positions_max)
        self._bytes_left -= len(heads) * shown * FLOAT32_BYTES
        if self._bytes_left < 0:
            self._trouble = (
                f"the attention maps of all chosen heads take more than {self._bytes_max >> 20} MiB; "
                "choose some with layers= and heads=, or lower max_tokens"
            )
            return ()
        return heads


def _choice(name: str, given: object) -> list[int] | None:
    """Layers or heads that were asked for; None for all."""
    if given is None:
        return None
    chosen = whole_numbers_of(given)
    if not chosen or len(set(chosen)) < len(chosen):
        raise UsageError(f"{name}={given!r} is no choice; give different numbers from 0 on, or None for all")
    return chosen


def _pair(answer: object) -> tuple[torch.Tensor, torch.Tensor]:
    """What multi-head attention answers: output, weights (None unless asked for)."""
    return cast("tuple[torch.Tensor, torch.Tensor]", answer)


def _example(tensor: torch.Tensor) -> torch.Tensor:
    """(heads, T, …) of the first example; what has no axis of heads is one head."""
    while tensor.ndim > 3:
        tensor = tensor[0]
    return tensor if tensor.ndim == 3 else tensor[None]
