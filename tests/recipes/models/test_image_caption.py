"""The three losses against values that can be worked out by hand."""

import math

import pytest
import torch

from belvedere.recipes.models.image_caption import (
    ImageCaptionModel,
    ImageCaptionShape,
    infonce,
    losses_of,
    norm_distance,
    word_loss,
)

SHAPE = ImageCaptionShape(
    vocab=9, length=6, side=8, channels=1, convolutions=8, latent=4, embedding=8, heads=2, layers=1
)


def test_the_first_losses_are_those_of_chance() -> None:
    torch.manual_seed(0)
    model = ImageCaptionModel(SHAPE)
    images, ids = torch.rand(1, 1, 8, 8).expand(16, -1, -1, -1), torch.tensor([[1, 5, 6, 2, 0]] * 16)
    found = losses_of(model, model(images, ids), images, ids)
    assert found.caption.item() == pytest.approx(math.log(9), rel=0.05)
    assert found.alignment.item() == pytest.approx(math.log(16), rel=1e-5)  # all pairs are the same
    assert found.image.item() < 0.2
    assert found.stacked().tolist() == [found.image.item(), found.caption.item(), found.alignment.item()]


def test_pairs_that_match_cost_nothing_and_confused_ones_the_scale() -> None:
    sharp = torch.tensor(50.0)
    assert infonce(torch.eye(4), 3 * torch.eye(4), sharp).item() == pytest.approx(0, abs=1e-6)
    assert infonce(torch.eye(4), torch.eye(4).roll(1, 0), sharp).item() == pytest.approx(50, abs=1e-4)
    assert infonce(torch.ones(4, 2), torch.ones(4, 2), sharp).item() == pytest.approx(math.log(4))


def test_the_scale_of_similarities_is_bounded() -> None:
    model = ImageCaptionModel(SHAPE)
    assert model.scale.item() == pytest.approx(1 / 0.07)
    with torch.no_grad():
        model.log_scale.fill_(20.0)
    assert model.scale.item() == 100


def test_padding_does_not_count_as_words() -> None:
    logits = torch.zeros(2, 3, 5)
    assert word_loss(logits, torch.tensor([[4, 2, 0], [2, 0, 0]])).item() == pytest.approx(math.log(5))


def test_the_norm_alignment_is_zero_for_any_latents_of_the_right_length() -> None:
    images = torch.zeros(2, 1, 8, 8)
    pictures = torch.full_like(images, 0.2)
    nonsense = torch.tensor([[0.8, 0.0], [0.0, -0.8]])
    assert norm_distance(nonsense, pictures, images).item() == pytest.approx(0, abs=1e-6)
    assert norm_distance(2 * nonsense, pictures, images).item() == pytest.approx(0.8)
