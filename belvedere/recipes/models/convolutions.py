"""Pictures to latents and back: convolutions that halve the side until it is 4, and their mirror image.

Shapes: B pictures, C channels, S side in pixels (4 · 2ⁿ), Z latent dimensions.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

SMALLEST = 4  # side of the last feature map: what is left of the picture's plane
WIDEST = 512  # channels; they double at each halving of the side until here
PER_GROUP = 8  # channels that are normed together


class ImageEncoder(nn.Module):
    """(B, C, S, S) in 0 … 1 to latents (B, Z)."""

    def __init__(self, *, channels: int, side: int, width: int, latent: int) -> None:
        super().__init__()
        widths = widths_of(side, width)
        parts: list[nn.Module] = [*_activated(nn.Conv2d(channels, widths[0], 3, padding=1), widths[0])]
        for inside, outside in pairwise(widths):
            parts += _activated(nn.Conv2d(inside, outside, 4, stride=2, padding=1), outside)
        self.convolutions = nn.Sequential(*parts)
        self.latent = nn.Linear(widths[-1] * SMALLEST**2, latent)

    def forward(self, images: Tensor) -> Tensor:
        """Latents, not bounded."""
        latents: Tensor = self.latent(self.convolutions(images - 0.5).flatten(1))
        return latents


class ImageDecoder(nn.Module):
    """Latents (B, Z) to pictures (B, C, S, S) in 0 … 1: the sigmoid ends where the pixels do, so the loss is the
    squared error that is reported."""

    def __init__(self, *, channels: int, side: int, width: int, latent: int) -> None:
        super().__init__()
        widths = widths_of(side, width)[::-1]
        self.widest = widths[0]
        self.latent = nn.Linear(latent, widths[0] * SMALLEST**2)
        parts: list[nn.Module] = [nn.SiLU()]
        for inside, outside in pairwise(widths):
            parts += _activated(nn.ConvTranspose2d(inside, outside, 4, stride=2, padding=1), outside)
        self.convolutions = nn.Sequential(*parts)
        self.pixels = nn.Conv2d(widths[-1], channels, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        """Pixels in 0 … 1."""
        features = self.latent(latents).view(-1, self.widest, SMALLEST, SMALLEST)
        return torch.sigmoid(self.pixels(self.convolutions(features)))


def widths_of(side: int, width: int) -> list[int]:
    """Channels at side S, S/2, … 4."""
    halvings = int(math.log2(side // SMALLEST))
    return [min(width * 2**level, WIDEST) for level in range(halvings + 1)]


def is_side(side: int) -> bool:
    """Whether a picture of that side can be halved down to 4."""
    return side >= SMALLEST and side % SMALLEST == 0 and (side // SMALLEST).bit_count() == 1


def _activated(layer: nn.Module, channels: int) -> list[nn.Module]:
    """A convolution, normed over groups of channels of one picture (no picture sees another), and SiLU."""
    return [layer, nn.GroupNorm(max(1, channels // PER_GROUP), channels), nn.SiLU()]
