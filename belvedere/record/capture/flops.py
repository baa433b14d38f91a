"""How many floating point operations a transformer spends on one token of training.

    flops per token = 6·N + 12·H·Q·T_eff summed over layers        T_eff = min(attention window, sequence length)

N counts the weights that take part in matrix products: no embedding look-ups, no gains or biases, but the head (also
when it is tied to the embedding). H·Q is the width of all attention heads together. This is the convention of PaLM
(Chowdhery et al. 2022, appendix B) that nanoGPT and others follow: 12 ignores that a causal mask halves the attention,
and recomputed activations are not counted. A forward pass alone is a third of it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from belvedere.core.errors import UsageError

if TYPE_CHECKING:
    import torch

LAYERS = ("n_layer", "num_hidden_layers", "n_layers", "num_layers")
WIDTH = ("n_embd", "hidden_size", "d_model", "dim", "width")


def flops_per_token(
    model: object, seq_len: int, *,
    layers: int | None = None, attention_width: int | None = None, windows: int | Sequence[int] | None = None,
) -> float:  # fmt: skip
    """Training FLOP per token of a dense transformer.

    layers, attention_width: read from `model.config` where they are not given; UsageError when they are not there
    windows: of all layers or of each, in tokens; None where every layer sees the whole sequence
    A mixture of experts has fewer active weights than weights: give the meter `flops_per_token` yourself.
    """
    import torch

    if not isinstance(model, torch.nn.Module):
        raise UsageError(
            f"FLOP of a {type(model).__name__} cannot be counted; pass a torch module, or flops_per_token="
        )
    layers = _size(model, "layers", LAYERS) if layers is None else layers
    width = _size(model, "attention_width", WIDTH) if attention_width is None else attention_width
    seen = [windows] * layers if windows is None or isinstance(windows, int) else list(windows)
    if len(seen) != layers:
        raise UsageError(f"{len(seen)} windows for {layers} layers; give one number, or one for each layer")
    attended = sum(seq_len if window is None else min(window, seq_len) for window in seen)
    return 6.0 * matmul_parameters(model) + 12.0 * width * attended


def matmul_parameters(model: "torch.nn.Module") -> int:
    """Weights that are multiplied with every token: matrices, without embeddings that are only looked up."""
    import torch

    multiplied: dict[int, int] = {}
    for module in model.modules():
        if not isinstance(module, torch.nn.Embedding):  # a tied head is counted by the module that multiplies with it
            matrices = (weight for weight in module.parameters(recurse=False) if weight.ndim >= 2)
            multiplied.update((id(weight), weight.numel()) for weight in matrices)
    return sum(multiplied.values())


def _size(model: object, argument: str, names: Sequence[str]) -> int:
    config = getattr(model, "config", None)
    for name in names:
        found = config.get(name) if isinstance(config, dict) else getattr(config, name, None)
        if isinstance(found, int):
            return found
    raise UsageError(
        f"the model's config says none of {', '.join(names)}, so its attention cannot be counted; "
        f"pass {argument}=, or flops_per_token= of your own"
    )
