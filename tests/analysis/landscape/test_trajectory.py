"""The plane of a path: exact where the path lies in a plane, and beside what a walk without aim would give."""

import numpy as np
import pytest
import torch
from torch import Tensor

from belvedere.analysis.landscape.null import random_walks
from belvedere.analysis.landscape.survey import landscape
from belvedere.core.errors import UsageError
from tests.analysis.landscape.models import Point, quadratic, small_model, state_of

CURVATURES = torch.arange(1.0, 9.0, dtype=torch.float64).reshape(2, 4)


def at(*values: float) -> dict[str, Tensor]:
    weight = torch.zeros(2, 4, dtype=torch.float64)
    weight.view(-1)[: len(values)] = torch.tensor(values, dtype=torch.float64)
    return {"weight": weight}


def test_a_path_in_a_plane_is_found_whole() -> None:
    path = [at(4.0, 0.0), at(3.0, 1.0), at(1.0, 1.0)]
    found = landscape(Point(at()["weight"]), quadratic(CURVATURES), kind="pca", checkpoints=path, size=9)
    assert sum(found.explained) == pytest.approx(1.0)
    expected = [0.5 * 16, 0.5 * (9 + 2), 0.5 * (1 + 2), 0.0]
    np.testing.assert_allclose(found.path[:, 2], expected, atol=1e-12)
    np.testing.assert_allclose(found.path_on_plane, expected, atol=1e-12)  # nothing of the path lies outside the plane
    lengths = np.hypot(found.path[:, 0], found.path[:, 1])
    np.testing.assert_allclose(lengths, [4.0, np.sqrt(10), np.sqrt(2), 0.0], atol=1e-12)
    assert found.steps == (0, 1, 2, 3)


def test_the_grid_holds_the_path_and_a_margin() -> None:
    path = [at(4.0, 0.0), at(3.0, 1.0), at(1.0, 1.0)]
    found = landscape(Point(at()["weight"]), quadratic(CURVATURES), kind="pca", checkpoints=path, size=9, span=2.0)
    for grid, axis in ((found.alphas, 0), (found.betas, 1)):
        low, high = found.path[:, axis].min(), found.path[:, axis].max()
        assert grid[0] == pytest.approx(low - 0.5 * (high - low))
        assert grid[-1] == pytest.approx(high + 0.5 * (high - low))


def test_what_the_plane_leaves_out_shows_in_the_losses() -> None:
    path = [at(4.0, 0.0, 0.5), at(3.0, 1.0, -0.5), at(1.0, 1.0, 0.5)]
    found = landscape(Point(at()["weight"]), quadratic(CURVATURES), kind="pca", checkpoints=path, size=3)
    assert sum(found.explained) < 1
    np.testing.assert_allclose(found.path[:, 2], [8.0 + 0.375, 5.5 + 0.375, 1.5 + 0.375, 0.0], atol=1e-12)
    assert (np.abs(found.path_on_plane - found.path[:, 2]) > 0.01).any()


def test_the_checkpoints_own_buffers_count_and_the_model_is_untouched() -> None:
    model, loss = small_model()
    states = []
    for number in range(3):
        state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        state["head.weight"] += 0.1 * torch.randn(7, 3, generator=torch.Generator().manual_seed(number))
        state["norm.running_mean"] += 0.5 * number
        states.append(state)
    before = state_of(model)
    found = landscape(model, loss, kind="pca", checkpoints=states, size=3)
    assert state_of(model) == before
    for state, expected in zip(states, found.path[:, 2]):
        other, other_loss = small_model()
        other.load_state_dict(state)
        assert other_loss(other.eval()).item() == expected


def test_wrapped_names_are_the_same_weights() -> None:
    path = [{"module._orig_mod.weight": state["weight"]} for state in (at(4.0, 0.0), at(3.0, 1.0))]
    found = landscape(Point(at()["weight"]), quadratic(CURVATURES), kind="pca", checkpoints=path, size=2)
    assert sum(found.explained) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ([at(1.0), at(1.0)], "needs at least 3 different points, got 2 "),
        ([at(), at()], "needs at least 3 different points, got 1 "),
        ([at(1.0), at(2.0)], "lie on one line, which makes no plane"),
        ([at(1.0), at(float("nan"))], "checkpoint 2 holds weights that are not finite numbers"),
        ([at(1.0), {"other": torch.zeros(1)}], "checkpoint 2 of 2 has no weight 'weight'"),
        ([at(1.0), {"weight": torch.zeros(3)}], r"the shape of 'weight' in checkpoint 2 of 2 is \(3,\), in the model"),
    ],
)
def test_a_path_without_a_plane_is_refused(path: list[dict[str, Tensor]], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        landscape(Point(at()["weight"]), quadratic(CURVATURES), kind="pca", checkpoints=path, size=2)


def test_random_directions_take_no_path() -> None:
    with pytest.raises(UsageError, match="use kind='pca'"):
        landscape(Point(at()["weight"]), quadratic(CURVATURES), checkpoints=[at(1.0)], size=2)


def test_a_walk_without_aim_explains_most_with_two_components() -> None:
    null = random_walks(np.ones(30), dimension=10_000, seed=0)
    # Uncentred, the Gram matrix of n independent unit steps is min(i, j): eigenvalues 1 / (2 sin(π(2k-1)/(4n+2)))².
    values = 1 / (2 * np.sin(np.pi * (2 * np.arange(1, 31) - 1) / 122)) ** 2
    np.testing.assert_allclose(null.explained, values[:2] / values.sum(), rtol=0.03)
    assert null.low[0] <= null.explained[0] <= null.high[0]
    np.testing.assert_allclose(null.path[-1], [0, 0], atol=1e-9)
    assert null.path.shape == (31, 2)
