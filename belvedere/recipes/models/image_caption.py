"""One latent for a picture and its caption: the picture is rebuilt from it, the caption written from it, and it is
pulled towards the caption's own vector.

Shapes: B pictures, C channels, S side, T tokens, Z latent dimensions, V vocabulary.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from belvedere.recipes.models.captioner import PAD, Captioner, TextEncoder
from belvedere.recipes.models.convolutions import ImageDecoder, ImageEncoder

INFONCE, NORM = "infonce", "norm"
ALIGNMENTS = (INFONCE, NORM)
START_TEMPERATURE = 0.07
SHARPEST = 100.0  # similarities are multiplied by so much at most: without a bound the scale runs away
PARTS = ("image", "caption", "alignment")

Gather = Callable[[Tensor], Tensor]  # (b, …) of this process to (B, …) of all, gradients included


@dataclass(frozen=True)
class ImageCaptionShape:
    """What fixes the parameter count. `length` in tokens, `side` in pixels, `convolutions` channels at full side."""

    vocab: int
    length: int
    side: int
    channels: int
    convolutions: int
    latent: int
    embedding: int
    heads: int
    layers: int
    alignment: str = INFONCE


@dataclass(frozen=True)
class Outputs:
    """latents (B, Z) · pictures (B, C, S, S) in 0 … 1 · logits (B, T - 1, V) · texts (B, Z) or None without InfoNCE."""

    latents: Tensor
    pictures: Tensor
    logits: Tensor
    texts: Tensor | None


class ImageCaptionModel(nn.Module):
    """encoder, decoder, captioner, and with InfoNCE a text encoder and the scale of its similarities."""

    def __init__(self, shape: ImageCaptionShape) -> None:
        super().__init__()
        self.shape = shape
        picture = {"channels": shape.channels, "side": shape.side, "width": shape.convolutions, "latent": shape.latent}
        self.encoder = ImageEncoder(**picture)
        self.decoder = ImageDecoder(**picture)
        self.captioner = Captioner(
            vocab=shape.vocab, length=shape.length, latent=shape.latent, width=shape.embedding,
            heads=shape.heads, layers=shape.layers,
        )  # fmt: skip
        if shape.alignment == INFONCE:
            self.text_encoder = TextEncoder(vocab=shape.vocab, width=shape.embedding, latent=shape.latent)
            self.log_scale = nn.Parameter(torch.tensor(math.log(1 / START_TEMPERATURE)))

    def forward(self, images: Tensor, ids: Tensor) -> Outputs:
        """images (B, C, S, S) in 0 … 1, ids (B, T) from <START> on; each logit sees the ids before its target only."""
        latents = self.encoder(images)
        logits = self.captioner(latents, ids[:, :-1])
        texts = self.text_encoder(ids) if self.shape.alignment == INFONCE else None
        return Outputs(latents, self.decoder(latents), logits, texts)

    @property
    def scale(self) -> Tensor:
        """() the inverse temperature."""
        return self.log_scale.exp().clamp(max=SHARPEST)

    def parameter_count(self) -> int:
        """Numbers that are trained."""
        return sum(weight.numel() for weight in self.parameters())


# ---------------------------------------------------------------------------------------------------------------------
# The losses


@dataclass(frozen=True)
class Losses:
    """Each () and unweighted: mean squared error of pixels in 0 … 1, nats per word, nats per pair (or a distance)."""

    image: Tensor
    caption: Tensor
    alignment: Tensor

    def stacked(self) -> Tensor:
        """(3,) in the order of PARTS."""
        return torch.stack((self.image, self.caption, self.alignment))


def alone(local: Tensor) -> Tensor:
    """The Gather of a single process."""
    return local


def losses_of(model: ImageCaptionModel, outputs: Outputs, images: Tensor, ids: Tensor, *,
              gather: Gather = alone) -> Losses:  # fmt: skip
    """What this process adds to the losses of the whole batch: their mean over equally large processes is the loss that
    one process with all examples would have, and so are the gradients."""
    image = F.mse_loss(outputs.pictures.float(), images)
    if outputs.texts is not None:
        alignment = infonce(outputs.latents.float(), outputs.texts.float(), model.scale, gather=gather)
    else:
        alignment = norm_distance(outputs.latents.float(), outputs.pictures.float(), images, gather=gather)
    return Losses(image, word_loss(outputs.logits, ids[:, 1:], gather=gather), alignment)


def word_loss(logits: Tensor, targets: Tensor, *, gather: Gather = alone) -> Tensor:
    """() cross-entropy in nats, the mean over all words and ends of the whole batch; <PAD> does not count."""
    nats = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=PAD, reduction="sum")
    words = gather((targets != PAD).sum()[None].float()).mean()  # processes hold different numbers of words
    return nats / words.clamp_min(1)


def infonce(latents: Tensor, texts: Tensor, scale: Tensor, *, gather: Gather = alone) -> Tensor:
    """() symmetric InfoNCE in nats: which of all B captions is this picture's, and which picture this caption's.

    The mean of both cross-entropies over softmax(scale · cosine); ln B by chance. Radford et al. 2021 (CLIP).
    """
    images, texts = F.normalize(latents, dim=1), F.normalize(texts, dim=1)  # (b, Z)
    all_images, all_texts = gather(images), gather(texts)  # (B, Z)
    own = row_numbers(images, all_images)
    to_texts = F.cross_entropy(scale * images @ all_texts.T, own)
    to_images = F.cross_entropy(scale * texts @ all_images.T, own)
    return (to_texts + to_images) / 2


def row_numbers(own: Tensor, everyone: Tensor) -> Tensor:
    """(b,) where this process's rows stand among those of all, which lie in the order of the ranks."""
    rank = torch.distributed.get_rank() if len(everyone) > len(own) else 0
    return torch.arange(len(own), device=own.device) + rank * len(own)


def norm_distance(latents: Tensor, pictures: Tensor, images: Tensor, *, gather: Gather = alone) -> Tensor:
    """() | mean ‖z‖ − (1 − mean |picture − image|) |: kept to compare with. It knows no caption: a model makes it zero
    by scaling its latents until their norm is 1 − L1, whatever they say."""
    norm, l1 = latents.norm(dim=1).mean(), (pictures - images).abs().mean()
    means = gather(torch.stack((norm, l1))[None]).mean(dim=0)  # (2,)
    return (means[0] - (1 - means[1])).abs()
