"""Captions from a latent: a causal transformer whose first position is the latent, and an encoder of whole captions.

Shapes in comments: B captions, T tokens, D width, H heads, Z latent dimensions, V vocabulary.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PAD, START, END, UNKNOWN = 0, 1, 2, 3  # the first ids of every vocabulary
MLP_RATIO = 4
START_STD = 0.02  # of embeddings; small, so that the first logits are nearly equal and the first loss is about ln V


class Captioner(nn.Module):
    """Next word from the latent and all words before: position 0 is the latent, position t + 1 the t-th token."""

    def __init__(self, *, vocab: int, length: int, latent: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.length = length  # tokens of a caption, <START> and <END> among them
        self.prefix = nn.Linear(latent, width)
        self.words = nn.Embedding(vocab, width)
        self.places = nn.Embedding(
            length, width
        )  # of the latent and of all tokens but the last, which is only a target
        self.h = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocab, bias=False)
        for embedding in (self.words, self.places, self.head):
            nn.init.normal_(embedding.weight, std=START_STD)

    def forward(self, latents: Tensor, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) of the word after each of the tokens (B, T); T < `length`."""
        prefix = self.prefix(latents)[:, None]  # (B, 1, D)
        x = torch.cat((prefix, self.words(tokens)), dim=1)  # (B, 1 + T, D)
        x = x + self.places.weight[: x.shape[1]]
        for block in self.h:
            x = block(x)
        logits: Tensor = self.head(self.norm(x[:, 1:]))  # nothing is to be said after the latent alone: <START> follows
        return logits

    @torch.no_grad()
    def written(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Greedy captions: ids (B, length) from <START> to <END>, <PAD> behind it; and the logits (B, length - 1, V)
        that each next id was chosen by. Nothing of a true caption goes in."""
        ids = torch.full((len(latents), 1), START, device=latents.device)
        is_over = torch.zeros(len(latents), dtype=torch.bool, device=latents.device)
        said: list[Tensor] = []
        for _ in range(self.length - 1):
            said.append(self(latents, ids)[:, -1].float())  # (B, V)
            chosen = said[-1].argmax(dim=1).masked_fill(is_over, PAD)
            ids = torch.cat((ids, chosen[:, None]), dim=1)
            is_over = is_over | (chosen == END)
        return ids, torch.stack(said, dim=1)


class Block(nn.Module):
    """Causal attention, then a two-layer perceptron, each normed before and added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, MLP_RATIO * width), nn.Linear(MLP_RATIO * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        batch, length, width = x.shape
        parts = self.queries_keys_values(self.norm_attention(x)).view(batch, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # (B, H, T, D / H) each
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        out: Tensor = x + self.down(F.gelu(self.up(self.norm_mlp(x))))
        return out


class TextEncoder(nn.Module):
    """A whole caption as one vector (B, Z): the mean of its words, then a perceptron. Order does not count, so the
    vector tells what a caption names and not by which template."""

    def __init__(self, *, vocab: int, width: int, latent: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocab, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, latent)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) ids to (B, Z); <START>, <END> and <PAD> count for nothing, an empty caption is a zero mean."""
        is_word = ((ids != PAD) & (ids != START) & (ids != END))[..., None]  # (B, T, 1)
        mean = (self.words(ids) * is_word).sum(dim=1) / is_word.sum(dim=1).clamp_min(1)
        vector: Tensor = self.down(F.gelu(self.up(mean)))
        return vector
