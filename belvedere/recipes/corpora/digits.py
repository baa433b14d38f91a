"""1,797 handwritten digits of 8 × 8 pixels, which come with scikit-learn: no download."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

import belvedere as bv

SIDE = 8
HELD_OUT = 180  # a tenth
INK_MAX = 16.0


@dataclass(frozen=True)
class Digits:
    """images (n, 64) float32 in 0 … 1, row by row; labels (n,) int64, 0 … 9."""

    train_images: Tensor
    train_labels: Tensor
    held_out_images: Tensor
    held_out_labels: Tensor


def load_digits(*, train: int | None = None) -> Digits:
    """Split once and for all; `train` takes fewer to learn from, so that over-fitting can be seen."""
    try:
        from sklearn.datasets import load_digits as load
    except ImportError:
        raise bv.UsageError(
            "the digits come with scikit-learn, which is not installed; pip install 'belvedere[analysis]'"
        ) from None
    images, labels = load(return_X_y=True)
    order = np.random.default_rng(42).permutation(len(labels))
    pixels = torch.from_numpy((images[order] / INK_MAX).astype(np.float32))
    names = torch.from_numpy(labels[order].astype(np.int64))
    available = len(names) - HELD_OUT
    if train is not None and not 1 <= train <= available:
        raise bv.UsageError(f"--train is {train}; give 1 to {available} digits to learn from")
    end = HELD_OUT + (train or available)
    return Digits(pixels[HELD_OUT:end], names[HELD_OUT:end], pixels[:HELD_OUT], names[:HELD_OUT])
