"""A GPT: rotary positions, normed queries and keys, grouped-query attention, ReLU², untied zero head, capped logits.

Shapes in comments: B sequences, T positions, D width, H query heads, K key/value heads, Q = D / H, V vocabulary.
The head starts at zero, so an untrained model says 1 / V for every token: its loss is exactly ln V.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOGIT_CAP = 15.0  # logits stay within ±15: no token can be made impossible, and no single step can blow the loss up
ROPE_BASE = 10_000.0
MLP_RATIO = 4


@dataclass(frozen=True)
class GPTShape:
    """What fixes the parameter count: `context` in tokens; `kv_heads` 1 is multi-query, = `heads` plain attention."""

    vocab: int
    layers: int
    heads: int
    kv_heads: int
    width: int
    context: int
    attention_scale: float | None = None  # of q·k, where |q|² = |k|² = Q; None is 1 / √Q

    def __post_init__(self) -> None:
        assert self.width % self.heads == 0, f"width {self.width} is not a multiple of {self.heads} heads"
        assert self.heads % self.kv_heads == 0, f"{self.heads} heads cannot share {self.kv_heads} key/value heads"
        assert (self.width // self.heads) % 2 == 0, f"head width {self.width // self.heads} is odd; RoPE turns pairs"

    @property
    def head_width(self) -> int:
        """Q, the width of one head."""
        return self.width // self.heads


class GPT(nn.Module):
    """Token ids in, capped logits out; its blocks are called embed, h.0, h.1, …, head."""

    cos: Tensor  # (T, Q/2)
    sin: Tensor  # (T, Q/2)

    def __init__(self, shape: GPTShape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.width)
        self.h = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.head = nn.Linear(shape.width, shape.vocab, bias=False)
        cos, sin = rotations(shape.context, shape.head_width)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.reset()

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) in float32 for tokens (B, T)."""
        length = tokens.shape[1]
        assert length <= self.shape.context, f"{length} tokens do not fit a context of {self.shape.context}"
        cos, sin = self.cos[:length], self.sin[:length]
        x = normed(self.embed(tokens))  # (B, T, D)
        for block in self.h:
            x = block(x, cos, sin)
        logits = self.head(normed(x)).float()  # (B, T, V)
        capped: Tensor = LOGIT_CAP * torch.tanh(logits / LOGIT_CAP)
        return capped

    def loss(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats per token; tokens and targets are (B, T)."""
        return F.cross_entropy(self(tokens).flatten(0, 1), targets.flatten())

    @torch.no_grad()
    def reset(self) -> None:
        """Start values: unit embeddings, inputs at 1/√D, everything that writes to the residual stream at zero."""
        nn.init.normal_(self.embed.weight)
        nn.init.zeros_(self.head.weight)
        reach = math.sqrt(3 / self.shape.width)  # uniform within ±reach has standard deviation 1/√D, without outliers
        for name, weight in self.h.named_parameters():
            if name.endswith("out.weight"):
                nn.init.zeros_(weight)
            else:
                nn.init.uniform_(weight, -reach, reach)

    def parameter_count(self) -> int:
        """Numbers that are trained."""
        return sum(weight.numel() for weight in self.parameters())

    def flops_per_token(self) -> int:
        """Training FLOPs per token: 6 per matrix weight (2 forward, 4 backward) + 12·L·D·T for attention over the whole
        context. Embedding look-ups are free, and the causal mask is not subtracted: PaLM's convention."""
        matrices = self.parameter_count() - self.embed.weight.numel()
        return 6 * matrices + 12 * self.shape.layers * self.shape.width * self.shape.context


class Block(nn.Module):
    """Attention, then a two-layer perceptron, each added to the residual stream."""

    def __init__(self, shape: GPTShape) -> None:
        super().__init__()
        self.attention = Attention(shape)
        self.mlp = MLP(shape)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        x = x + self.attention(normed(x), cos, sin)
        out: Tensor = x + self.mlp(normed(x))
        return out


class Attention(nn.Module):
    """Causal self-attention in which H query heads share K key/value heads."""

    def __init__(self, shape: GPTShape) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.scale = shape.heads, shape.kv_heads, shape.attention_scale
        kv_width = shape.kv_heads * shape.head_width
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key = nn.Linear(shape.width, kv_width, bias=False)
        self.value = nn.Linear(shape.width, kv_width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        query = normed(rotated(split_heads(self.query(x), self.heads), cos, sin))  # (B, H, T, Q)
        key = normed(rotated(split_heads(self.key(x), self.kv_heads), cos, sin))  # (B, K, T, Q)
        value = split_heads(self.value(x), self.kv_heads)  # (B, K, T, Q)
        shared = self.heads // self.kv_heads
        if shared > 1:  # repeated by hand: on a CPU the fused kernel takes equal head counts only
            key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=self.scale)  # (B, H, T, Q)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class MLP(nn.Module):
    """Two matrices with max(0, x)² between them."""

    def __init__(self, shape: GPTShape) -> None:
        super().__init__()
        self.up = nn.Linear(shape.width, MLP_RATIO * shape.width, bias=False)
        self.out = nn.Linear(MLP_RATIO * shape.width, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        out: Tensor = self.out(F.relu(self.up(x)).square())
        return out


def normed(x: Tensor) -> Tensor:
    """Root-mean-square norm over the last axis, without a learned gain: the matrices around it can learn that."""
    return F.rms_norm(x, (x.shape[-1],))


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(B, T, heads·Q) to (B, heads, T, Q)."""
    sequences, positions, width = x.shape
    return x.view(sequences, positions, heads, width // heads).transpose(1, 2)


def rotations(context: int, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines (T, Q/2) of the angle by which position t turns pair i: t · base^(-2i/Q)."""
    speeds = ROPE_BASE ** (-torch.arange(0, head_width, 2, dtype=torch.float32) / head_width)  # (Q/2,)
    angles = torch.outer(torch.arange(context, dtype=torch.float32), speeds)  # (T, Q/2)
    return angles.cos(), angles.sin()


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x (B, heads, T, Q) with pairs (i, i + Q/2) turned by their position's angle: q·k then sees only distances."""
    left, right = x.chunk(2, dim=-1)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    return torch.cat((left * cos - right * sin, left * sin + right * cos), dim=-1)
