"""How good pictures, captions and latents are: pure functions of tensors, each answering on their device.

Shapes: B or n examples, C channels, S side, T tokens, V vocabulary, Z latent dimensions.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from belvedere.recipes.models.captioner import PAD

WINDOW, WINDOW_STD = 11, 1.5  # of structural similarity, in pixels
LUMINANCE, CONTRAST = 0.01**2, 0.03**2  # keep it finite where both pictures are flat; pixels span 1
RIDGE = 1e-2  # of the linear probe, per example
NEIGHBOURS = 10

Scalars = dict[str, Tensor]

# ---------------------------------------------------------------------------------------------------------------------
# Pictures


@torch.no_grad()
def picture_measures(pictures: Tensor, images: Tensor) -> Scalars:
    """Of (B, C, S, S) in 0 … 1, means over the batch: squared and absolute error, structural similarity, and PSNR in
    decibels, which is 10·log₁₀(1 / squared error) of each picture."""
    pictures = pictures.float()
    squared = (pictures - images).square().flatten(1).mean(dim=1)  # (B,)
    return {
        "image_mse": squared.mean(),
        "image_l1": (pictures - images).abs().mean(),
        "image_ssim": structural_similarity(pictures, images),
        "image_psnr": (-10 * squared.clamp_min(1e-10).log10()).mean(),
    }


@torch.no_grad()
def structural_similarity(one: Tensor, other: Tensor) -> Tensor:
    """() mean SSIM of (B, C, S, S) in 0 … 1 over all windows that lie in the picture; 1 for equal pictures.

    Gaussian windows of 11 pixels (of the largest odd side where pictures are smaller), Wang et al. 2004.
    """
    side = min(WINDOW, one.shape[-1] - (one.shape[-1] + 1) % 2)
    places = torch.arange(side, device=one.device, dtype=one.dtype) - side // 2
    bell = torch.exp(-places.square() / (2 * WINDOW_STD**2))
    bell = bell / bell.sum()
    channels = one.shape[1]
    across, down = (bell.view(shape).expand(channels, *shape[1:]) for shape in ((1, 1, 1, side), (1, 1, side, 1)))

    def blurred(image: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(image, across, groups=channels), down, groups=channels)

    mean_one, mean_other = blurred(one), blurred(other)
    variance_one, variance_other = blurred(one * one) - mean_one**2, blurred(other * other) - mean_other**2
    covariance = blurred(one * other) - mean_one * mean_other
    similarity = (2 * mean_one * mean_other + LUMINANCE) * (2 * covariance + CONTRAST)
    similarity /= (mean_one**2 + mean_other**2 + LUMINANCE) * (variance_one + variance_other + CONTRAST)
    return similarity.mean()


# ---------------------------------------------------------------------------------------------------------------------
# Captions


@torch.no_grad()
def caption_measures(logits: Tensor, targets: Tensor) -> Scalars:
    """Of logits (B, T, V) and targets (B, T), over words and ends only: share of right next words, exp of the mean
    cross-entropy, and the mean entropy of what is predicted, in nats."""
    is_word = targets != PAD
    chances = logits.float().log_softmax(dim=2)[is_word]  # (words, V)
    wanted = targets[is_word]
    nats = -chances.gather(1, wanted[:, None]).mean()
    return {
        "caption_accuracy": (chances.argmax(dim=1) == wanted).float().mean(),
        "caption_perplexity": nats.exp(),
        "caption_entropy": -(chances.exp() * chances).sum(dim=1).mean(),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Latents


@torch.no_grad()
def latent_measures(latents: Tensor) -> Scalars:
    """Of latents (B, Z): over all numbers together, and the mean Euclidean norm of a row."""
    rows = latents.float()
    return {
        "latent_mean": rows.mean(),
        "latent_std": rows.std(correction=0),
        "latent_min": rows.min(),
        "latent_max": rows.max(),
        "latent_norm": rows.norm(dim=1).mean(),
    }


@dataclass(frozen=True)
class Ranking:
    """How well own pairs are found again: the share whose own partner is among the first 1 and 5, and its mean rank
    (1 is best). Equally similar candidates stand in random order: these are the expectations over it."""

    first: float
    first_five: float
    mean_rank: float


@torch.no_grad()
def retrieval(queries: Tensor, candidates: Tensor) -> Ranking:
    """Candidate i (n, Z) is the partner of query i (n, Z); nearness is the cosine."""
    nearness = F.normalize(queries.double(), dim=1) @ F.normalize(candidates.double(), dim=1).T  # (n, n)
    own = nearness.diagonal()[:, None]
    tolerance = 1e-9  # the same caption twice: the same vector, up to the order of summation
    nearer = (nearness > own + tolerance).sum(dim=1).double()
    equal = ((nearness - own).abs() <= tolerance).sum(dim=1).double()  # itself among them
    found = [((k - nearer) / equal).clamp(0, 1).mean().item() for k in (1, 5)]
    return Ranking(found[0], found[1], (nearer + (equal + 1) / 2).mean().item())


@torch.no_grad()
def probe_accuracy(train: Tensor, train_labels: Tensor, held_out: Tensor, held_out_labels: Tensor) -> float:
    """Share of held-out latents (m, Z) whose class a linear map finds, fitted on (n, Z) by ridge regression to one-hot
    labels (n,): what can be read off without any further learning."""
    mean, std = train.double().mean(dim=0), train.double().std(dim=0).clamp_min(1e-6)

    def features(latents: Tensor) -> Tensor:
        scaled = (latents.double() - mean) / std
        return torch.cat((scaled, torch.ones_like(scaled[:, :1])), dim=1)  # (·, Z + 1)

    inside = features(train)
    classes = int(torch.cat((train_labels, held_out_labels)).max()) + 1
    wanted = F.one_hot(train_labels, classes).double()
    gram = inside.T @ inside + RIDGE * len(inside) * torch.eye(
        inside.shape[1], dtype=inside.dtype, device=inside.device
    )
    weights = torch.linalg.solve(gram, inside.T @ wanted)  # (Z + 1, classes)
    said = (features(held_out) @ weights).argmax(dim=1)
    return float((said == held_out_labels).double().mean())


@torch.no_grad()
def neighbour_purity(latents: Tensor, labels: Tensor) -> float:
    """Mean share of the NEIGHBOURS nearest latents (n, Z) that have the label (n,) of the one in the middle."""
    apart = torch.cdist(latents.double(), latents.double())
    apart.fill_diagonal_(math.inf)
    nearest = apart.topk(min(NEIGHBOURS, len(latents) - 1), dim=1, largest=False).indices  # (n, k)
    return float((labels[nearest] == labels[:, None]).double().mean())
