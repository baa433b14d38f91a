"""scikit-learn's handwritten digits with captions made from what is measured in the picture: no download.

A caption names the digit and three properties, each a third of all digits: how much ink there is (thin, medium, bold),
how it leans (shear of the ink), how wide the ink spreads. Template and order of the words are drawn once for each
digit, and nothing in the picture tells which: about ln 3 nats of every caption cannot be learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from belvedere.recipes.corpora.captions import SPLIT_SEED, CaptionedPictures
from belvedere.recipes.corpora.digits import SIDE, load_digits

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
STROKES = ("thin", "medium", "bold")
SLANTS = ("left-leaning", "upright", "right-leaning")
WIDTHS = ("narrow", "regular", "wide")
TEMPLATES = (
    "an engraving of a {width} {stroke} digit {digit} drawn {slant}",
    "a {slant} {digit} in {stroke} strokes with a {width} shape",
    "the digit {digit}, {stroke}, {width} and {slant}",
)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Stacked:
    """Pictures (n, 1, 8, 8) that fit into memory."""

    images: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def read(self, rows: Sequence[int]) -> Tensor:
        """(len(rows), 1, 8, 8)."""
        return self.images[list(rows)]

    def title(self, row: int) -> str:
        """Its number: these have no names."""
        return f"picture {row}"


def captioned_digits() -> CaptionedPictures:
    """All 1,797 of them, each with one caption."""
    digits = load_digits()
    images = torch.cat((digits.held_out_images, digits.train_images)).view(-1, 1, SIDE, SIDE)
    labels = [DIGITS[label] for label in (*digits.held_out_labels.tolist(), *digits.train_labels.tolist())]
    ink = images[:, 0].numpy().astype(np.float64)  # (n, 8, 8)
    described = zip(
        labels, thirds(ink.sum(axis=(1, 2)), STROKES), thirds(shear(ink), SLANTS), thirds(spread(ink), WIDTHS)
    )
    templates = np.random.default_rng(SPLIT_SEED).integers(len(TEMPLATES), size=len(labels))
    captions = tuple(
        TEMPLATES[template].format(digit=digit, stroke=stroke, slant=slant, width=width)
        for template, (digit, stroke, slant, width) in zip(templates.tolist(), described, strict=True)
    )
    return CaptionedPictures("scikit-learn's digits", Stacked(images), captions, tuple(range(len(captions))),
                             tuple(labels), (STROKES, SLANTS, WIDTHS))  # fmt: skip


def thirds(values: Values, names: tuple[str, ...]) -> list[str]:
    """The name of the third that each of (n,) values lies in, lowest first."""
    edges = np.quantile(values, [1 / 3, 2 / 3])
    return [names[place] for place in np.searchsorted(edges, values, side="right").tolist()]


def shear(ink: Values) -> Values:
    """(n,) covariance of column and height over the variance of height: above 0 the top lies to the right."""
    columns, heights, _, variance = _moments(ink)
    weights = ink / ink.sum(axis=(1, 2), keepdims=True)
    covariance: Values = (weights * columns * heights).sum(axis=(1, 2))
    return covariance / variance


def spread(ink: Values) -> Values:
    """(n,) standard deviation of the ink's columns, in pixels."""
    return np.sqrt(_moments(ink)[2])


def _moments(ink: Values) -> tuple[Values, Values, Values, Values]:
    """Columns and heights from the centre of the ink (n, 8, 8), and the variances (n,) of both."""
    weights = ink / ink.sum(axis=(1, 2), keepdims=True)
    rows, columns = np.mgrid[0 : ink.shape[1], 0 : ink.shape[2]].astype(np.float64)
    across = columns - (weights * columns).sum(axis=(1, 2), keepdims=True)
    up = (weights * rows).sum(axis=(1, 2), keepdims=True) - rows
    return across, up, (weights * across**2).sum(axis=(1, 2)), (weights * up**2).sum(axis=(1, 2))
