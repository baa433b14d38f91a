"""The line between two sets of weights."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from belvedere.analysis.landscape.interpolation import landscape_line
from belvedere.analysis.landscape.line import barrier_of
from belvedere.core.errors import UsageError
from tests.analysis.landscape.models import Point, small_model, state_of


def double_well(model: nn.Module) -> Tensor:
    """(w² − 1)²: two minima at ±1 and a hill of height 1 between them."""
    return (model.get_parameter("weight").square() - 1).square().sum()


def test_the_barrier_of_a_double_well_is_its_hill() -> None:
    model = Point(torch.full((1, 1), 1.0))
    found = landscape_line(model, double_well, {"weight": torch.full((1, 1), -1.0)}, size=5)
    np.testing.assert_allclose(found.losses, [0, 0.5625, 1, 0.5625, 0], atol=1e-12)
    assert found.barrier == pytest.approx(1.0)
    assert found.distance == pytest.approx(2.0)


def test_a_straight_slope_is_no_barrier() -> None:
    assert barrier_of(np.linspace(0, 1, 5), np.linspace(3, 1, 5)) == 0.0
    assert np.isnan(barrier_of(np.linspace(0, 1, 3), np.array([1.0, np.nan, 1.0])))


def test_both_ends_are_their_checkpoints_with_their_buffers_and_the_model_is_untouched() -> None:
    model, loss = small_model()
    other, other_loss = small_model()
    with torch.no_grad():
        other.get_buffer("norm.running_mean").add_(1.0)
        other.head.weight += 0.3
    before = state_of(model)
    found = landscape_line(model, loss, other.state_dict(), size=3, names=("other", "own"))
    assert state_of(model) == before
    assert found.losses[0] == other_loss(other.eval()).item()
    assert found.losses[2] == loss(model.eval()).item()
    assert found.array().about["from"] == "other"


def test_what_cannot_be_is_said_in_a_sentence() -> None:
    model = Point(torch.zeros(1, 1))
    with pytest.raises(UsageError, match="size=1 makes no line"):
        landscape_line(model, double_well, {"weight": torch.zeros(1, 1)}, size=1)
    with pytest.raises(UsageError, match=r"the shape of 'weight' in 'start' is \(2, 2\), in the model \(1, 1\)"):
        landscape_line(model, double_well, {"weight": torch.zeros(2, 2)})
