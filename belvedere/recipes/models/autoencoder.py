"""An autoencoder that also says what it sees: image → latent → image, and latent → class.

Shapes: B images, P pixels, Z latent dimensions, C classes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IMAGE_WEIGHT = 10.0  # mean squared errors are a tenth of a nat where cross-entropies are one
LATENT_WEIGHT = 1e-3  # keeps the latent near the origin


@dataclass(frozen=True)
class Losses:
    """Weighted parts that add up to `total`, each () and the mean over images."""

    image: Tensor
    label: Tensor
    latent: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.image + self.label + self.latent


class Autoencoder(nn.Module):
    """`depth` hidden layers of `width` on the way in, as many on the way out."""

    def __init__(self, *, pixels: int, latent: int, classes: int, depth: int, width: int) -> None:
        super().__init__()
        self.encoder = layers(pixels, latent, depth, width)
        self.decoder = layers(latent, pixels, depth, width)
        self.classifier = nn.Linear(latent, classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Latents (B, Z), pictures (B, P) in 0 … 1, logits (B, C)."""
        latents = self.encoder(images)
        return latents, torch.sigmoid(self.decoder(latents)), self.classifier(latents)

    def losses(self, images: Tensor, labels: Tensor) -> tuple[Losses, Tensor]:
        """Squared error of the pixels, cross-entropy in nats, mean square of the latents; and the logits (B, C)."""
        latents, pictures, logits = self(images)
        image = IMAGE_WEIGHT * F.mse_loss(pictures, images)
        latent = LATENT_WEIGHT * latents.square().mean()
        return Losses(image, F.cross_entropy(logits, labels), latent), logits


def layers(inside: int, outside: int, depth: int, width: int) -> nn.Sequential:
    """`depth` times linear and ReLU, then linear."""
    parts: list[nn.Module] = []
    for _ in range(depth):
        parts += [nn.Linear(inside, width), nn.ReLU()]
        inside = width
    return nn.Sequential(*parts, nn.Linear(inside, outside))
