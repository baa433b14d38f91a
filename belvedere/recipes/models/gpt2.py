"""A GPT-2: learned positions, LayerNorm before each part, GELU, dropout, and a head that is the embedding again.

Shapes in comments: B sequences, T positions, D width, H heads, Q = D / H, V vocabulary.

Two counts are printed for such a model, and they differ. *Decayed*: all tensors with two or more axes, which weight
decay pulls on; that is embedding, positions and the matrices. *Parameters*: everything but the positions. Without
biases, the gains of the 2·L + 1 LayerNorms are all that the first leaves out.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MLP_RATIO = 4
START_STD = 0.02  # of every matrix and embedding, as in GPT-2


@dataclass(frozen=True)
class GPT2Shape:
    """What fixes the parameter count: `context` in tokens; `has_bias` for all linear maps and norms."""

    vocab: int
    layers: int
    heads: int
    width: int
    context: int
    dropout: float = 0.0  # share of numbers set to zero in training
    has_bias: bool = False

    def __post_init__(self) -> None:
        assert self.width % self.heads == 0, f"width {self.width} is not a multiple of {self.heads} heads"
        assert 0 <= self.dropout < 1, f"dropout {self.dropout} is not in 0 … 1"

    @property
    def expected_first_loss(self) -> float:
        """Nats per token before the first update. Logits are sums of D products of a unit normal number and one of
        standard deviation 0.02, so they are normal with variance v = 0.02²·D, and the mean of ln Σ exp is
        ln V + v / 2: a little above ln V, because the tied head does not start at zero."""
        return math.log(self.vocab) + START_STD**2 * self.width / 2


class GPT2(nn.Module):
    """Token ids in, logits out; its blocks are embed, positions, h.0, h.1, …, norm (and head, which is embed)."""

    def __init__(self, shape: GPT2Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.width)
        self.positions = nn.Embedding(shape.context, shape.width)
        self.drop = nn.Dropout(shape.dropout)
        self.h = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, bias=shape.has_bias)
        self.head = nn.Linear(shape.width, shape.vocab, bias=False)
        self.head.weight = self.embed.weight
        self.reset()

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) for tokens (B, T)."""
        length = tokens.shape[1]
        assert length <= self.shape.context, f"{length} tokens do not fit a context of {self.shape.context}"
        places = torch.arange(length, device=tokens.device)  # (T,)
        x = self.drop(self.embed(tokens) + self.positions(places))  # (B, T, D)
        for block in self.h:
            x = block(x)
        logits: Tensor = self.head(self.norm(x))
        return logits

    def loss(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats per token; tokens and targets are (B, T)."""
        return F.cross_entropy(self(tokens).flatten(0, 1).float(), targets.flatten())

    @torch.no_grad()
    def reset(self) -> None:
        """Start values: 0.02 everywhere; what writes to the residual stream is smaller by √(2L), because 2·L such parts
        add up; gains 1, biases 0."""
        for name, weight in self.named_parameters():
            if weight.ndim >= 2:
                is_output = name.endswith("out.weight")
                nn.init.normal_(weight, std=START_STD / math.sqrt(2 * self.shape.layers) if is_output else START_STD)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def parameter_count(self) -> int:
        """All trained numbers but the positions, the count that nanoGPT prints; the tied head counts once."""
        return sum(weight.numel() for weight in self.parameters()) - self.positions.weight.numel()

    def decayed(self) -> list[nn.Parameter]:
        """The tensors that weight decay pulls on: those with two or more axes."""
        return [weight for weight in self.parameters() if weight.ndim >= 2]

    def undecayed(self) -> list[nn.Parameter]:
        """Gains and biases."""
        return [weight for weight in self.parameters() if weight.ndim < 2]

    def flops_per_token(self) -> int:
        """Training FLOP per token: 6·N + 12·L·D·T. N counts the matrices and the head, not the look-ups nor the gains;
        the causal mask is not subtracted (PaLM's convention)."""
        shape = self.shape
        matrices = sum(weight.numel() for weight in self.h.parameters() if weight.ndim >= 2) + self.head.weight.numel()
        return 6 * matrices + 12 * shape.layers * shape.width * shape.context


class Block(nn.Module):
    """Attention, then a two-layer perceptron, each behind a LayerNorm and added to the residual stream."""

    def __init__(self, shape: GPT2Shape) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(shape.width, bias=shape.has_bias)
        self.attention = Attention(shape)
        self.mlp_norm = nn.LayerNorm(shape.width, bias=shape.has_bias)
        self.mlp = MLP(shape)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        x = x + self.attention(self.attention_norm(x))
        out: Tensor = x + self.mlp(self.mlp_norm(x))
        return out


class Attention(nn.Module):
    """Causal self-attention of H heads."""

    def __init__(self, shape: GPT2Shape) -> None:
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.dropout
        self.query_key_value = nn.Linear(shape.width, 3 * shape.width, bias=shape.has_bias)
        self.out = nn.Linear(shape.width, shape.width, bias=shape.has_bias)
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        sequences, positions, width = x.shape
        split = self.query_key_value(x).view(sequences, positions, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, H, T, Q)
        share = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, dropout_p=share)  # (B, H, T, Q)
        out: Tensor = self.drop(self.out(mixed.transpose(1, 2).flatten(2)))
        return out


class MLP(nn.Module):
    """Two matrices with a GELU between them."""

    def __init__(self, shape: GPT2Shape) -> None:
        super().__init__()
        self.up = nn.Linear(shape.width, MLP_RATIO * shape.width, bias=shape.has_bias)
        self.out = nn.Linear(MLP_RATIO * shape.width, shape.width, bias=shape.has_bias)
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        out: Tensor = self.drop(self.out(F.gelu(self.up(x))))
        return out
