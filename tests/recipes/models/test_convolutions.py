"""Encoder and decoder fit together at every side they take."""

import pytest
import torch

from belvedere.recipes.models.convolutions import ImageDecoder, ImageEncoder, is_side, widths_of


@pytest.mark.parametrize(("side", "channels"), [(4, 1), (8, 1), (32, 3)])
def test_a_picture_becomes_a_latent_and_a_picture_again(side: int, channels: int) -> None:
    encoder = ImageEncoder(channels=channels, side=side, width=8, latent=5)
    decoder = ImageDecoder(channels=channels, side=side, width=8, latent=5)
    images = torch.rand(2, channels, side, side)
    latents = encoder(images)
    assert latents.shape == (2, 5)
    rebuilt = decoder(latents)
    assert rebuilt.shape == images.shape
    assert rebuilt.min() > 0 and rebuilt.max() < 1


def test_no_picture_of_a_batch_sees_another() -> None:
    encoder = ImageEncoder(channels=1, side=8, width=8, latent=5)
    images = torch.rand(3, 1, 8, 8)
    assert torch.allclose(encoder(images)[:1], encoder(images[:1]), atol=1e-6)


def test_sides_are_four_times_a_power_of_two() -> None:
    assert [side for side in range(70) if is_side(side)] == [4, 8, 16, 32, 64]
    assert widths_of(512, 32) == [32, 64, 128, 256, 512, 512, 512, 512]
