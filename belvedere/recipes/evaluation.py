"""How good a language model is: nats per token, bits per byte on held-out text, and what it writes by itself."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from belvedere.recipes.corpora.bpe import Tokenizer
from belvedere.recipes.models.gpt import GPT

TEMPERATURE = 0.8
TOP_K = 50  # a sample takes one of so many best tokens


@dataclass(frozen=True)
class HeldOut:
    """`loss` in nats per token; `bits_per_byte` does not depend on the tokenizer, so runs of different V compare."""

    loss: float
    bits_per_byte: float


@torch.no_grad()
def evaluated(
    model: GPT, batches: Iterable[tuple[Tensor, Tensor]], tokenizer: Tokenizer, *, dtype: str = "float32"
) -> HeldOut:  # fmt: skip
    """bits per byte = nats of all targets / (ln 2 · bytes of all targets); matrix products in `dtype`."""
    device = model.head.weight.device
    token_bytes = torch.from_numpy(tokenizer.token_bytes).to(device)
    nats, tokens, size_bytes = 0.0, 0, 0
    for inputs, targets in batches:
        with torch.autocast(device.type, torch.bfloat16, enabled=dtype == "bfloat16"):
            logits, wanted = model(inputs.to(device)), targets.to(device)  # (B, T, V), (B, T)
        nats += F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum").item()
        tokens += wanted.numel()
        size_bytes += int(token_bytes[wanted].sum())
    return HeldOut(nats / tokens, nats / (math.log(2) * size_bytes))


@torch.no_grad()
def continued(model: GPT, prompt: bytes, tokenizer: Tokenizer, *, tokens: int, seed: int) -> str:
    """The prompt and what the model writes after it. Its own generator: sampling must not change the training."""
    generator = torch.Generator().manual_seed(seed)
    device, context = model.head.weight.device, model.shape.context
    ids = [int(token) for token in tokenizer.encode(prompt)]
    for _ in range(tokens):
        window = torch.tensor([ids[-context:]], device=device)  # (1, ≤ T)
        logits = model(window)[0, -1].cpu() / TEMPERATURE  # (V,)
        best, tokens_of_best = logits.topk(min(TOP_K, len(logits)))  # (k,), (k,)
        choice = torch.multinomial(best.softmax(dim=0), 1, generator=generator)
        ids.append(int(tokens_of_best[choice]))
    return tokenizer.decode(ids).decode("utf-8", "replace").replace("\0", "\n# ---- next file ----\n").strip("\n")
