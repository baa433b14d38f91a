"""Measures against values that can be worked out by hand."""

import math

import pytest
import torch

from belvedere.recipes.captioning.measures import (
    caption_measures,
    latent_measures,
    neighbour_purity,
    picture_measures,
    probe_accuracy,
    retrieval,
    structural_similarity,
)


def test_equal_pictures_are_wholly_similar() -> None:
    image = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert structural_similarity(image, image).item() == pytest.approx(1, abs=1e-5)
    assert structural_similarity(image, 1 - image).item() < 0


def test_similarity_of_flat_pictures_is_that_of_their_brightness() -> None:
    dark, bright = torch.full((1, 1, 8, 8), 0.2), torch.full((1, 1, 8, 8), 0.8)
    assert structural_similarity(dark, bright).item() == pytest.approx((0.32 + 1e-4) / (0.68 + 1e-4), abs=1e-4)


def test_errors_of_pictures() -> None:
    images = torch.zeros(2, 1, 8, 8)
    pictures = torch.stack((torch.full((1, 8, 8), 0.1), torch.full((1, 8, 8), 0.01)))
    found = {name: value.item() for name, value in picture_measures(pictures, images).items()}
    assert found["image_mse"] == pytest.approx((0.01 + 0.0001) / 2)
    assert found["image_l1"] == pytest.approx(0.055)
    assert found["image_psnr"] == pytest.approx((20 + 40) / 2, abs=1e-4)


def test_padding_counts_for_no_caption_measure() -> None:
    logits = torch.zeros(1, 3, 4)
    logits[0, 0, 1] = 100.0  # right and sure; the second is undecided; the third stands on padding
    logits[0, 2, 3] = 100.0
    found = {name: value.item() for name, value in caption_measures(logits, torch.tensor([[1, 2, 0]])).items()}
    assert found["caption_perplexity"] == pytest.approx(math.exp(math.log(4) / 2), rel=1e-5)
    assert found["caption_entropy"] == pytest.approx(math.log(4) / 2, rel=1e-5)
    assert found["caption_accuracy"] == 0.5


def test_latents_are_described_over_all_numbers() -> None:
    found = {name: value.item() for name, value in latent_measures(torch.tensor([[3.0, 4.0], [0.0, -1.0]])).items()}
    assert (found["latent_mean"], found["latent_min"], found["latent_max"], found["latent_norm"]) == (1.5, -1, 4, 3)
    assert found["latent_std"] == pytest.approx(math.sqrt(17 / 4))


def test_retrieval_finds_own_partners() -> None:
    found = retrieval(torch.eye(8), torch.eye(8))
    assert (found.first, found.first_five, found.mean_rank) == (1, 1, 1)
    turned = retrieval(torch.eye(8), torch.eye(8).roll(1, dims=0))  # own partner: one of seven with cosine 0
    assert (turned.first, turned.first_five, turned.mean_rank) == (0, pytest.approx(4 / 7), 5)


def test_the_same_caption_twice_is_found_half_the_time() -> None:
    captions = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = retrieval(captions, captions)
    assert found.first == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert found.mean_rank == pytest.approx((1.5 + 1.5 + 1) / 3)


def test_a_probe_reads_classes_that_lie_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(40) % 2
    latents = torch.randn(40, 3, generator=generator) + 20.0 * labels[:, None]
    assert probe_accuracy(latents[:20], labels[:20], latents[20:], labels[20:]) == 1
    assert neighbour_purity(latents, labels) == 1
    assert neighbour_purity(torch.zeros(4, 2), torch.tensor([0, 1, 2, 3])) == 0
