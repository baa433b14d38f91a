"""Gradients: described before clipping, and shared out among the losses without touching any."""

import math

import pytest
import torch
from torch import nn

from belvedere.recipes.captioning.gradients import clipped, gradient_shares
from belvedere.recipes.models.image_caption import Losses
from belvedere.recipes.ranks import Ranks


def test_a_long_gradient_is_described_and_then_shortened() -> None:
    weights = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))]
    weights[0].grad, weights[1].grad = torch.tensor([3.0, 0.0]), torch.tensor([0.0, -4.0])
    found = {name: value.item() for name, value in clipped(weights, norm_max=1.0).items()}
    assert (found["grad_norm"], found["grad_mean"], found["grad_max"]) == (5, 1.75, 4)
    assert found["grad_std"] == pytest.approx(math.sqrt(25 / 4 - 1.75**2))
    assert weights[0].grad.tolist() == pytest.approx([0.6, 0])
    assert weights[1].grad.tolist() == pytest.approx([0, -0.8])


def test_a_short_gradient_stays() -> None:
    weight = nn.Parameter(torch.zeros(1))
    weight.grad = torch.tensor([0.5])
    clipped([weight], norm_max=1.0)
    assert weight.grad.tolist() == [0.5]


def test_each_loss_has_its_share_of_the_pull() -> None:
    encoder = nn.Linear(2, 1, bias=False)
    out = encoder(torch.eye(2))  # (2, 1): each weight by itself
    losses = Losses(image=out[0, 0], caption=-3 * out[0, 0], alignment=4 * out[1, 0])
    found = gradient_shares(losses, (1.0, 1.0, 0.25), encoder, Ranks())
    assert found.shares.tolist() == pytest.approx([0.2, 0.6, 0.2])
    assert found.cosines.tolist() == pytest.approx([-1, 0, 0])
    assert encoder.weight.grad is None


def test_a_loss_that_does_not_reach_the_encoder_has_no_share() -> None:
    encoder = nn.Linear(2, 1, bias=False)
    out, other = encoder(torch.eye(2)), torch.ones((), requires_grad=True)
    found = gradient_shares(Losses(out.sum(), out.sum(), other * 2), (1.0, 1.0, 1.0), encoder, Ranks())
    assert found.shares.tolist() == [0.5, 0.5, 0]
    assert found.cosines[0].item() == pytest.approx(1) and math.isnan(found.cosines[1].item())
