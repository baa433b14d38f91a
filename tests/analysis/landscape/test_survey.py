"""The surface is the loss, exactly; the model is afterwards what it was."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import belvedere as bv
from belvedere.analysis.landscape.directions import random_plane, row_norms
from belvedere.analysis.landscape.recorded import recorded_landscape
from belvedere.analysis.landscape.survey import landscape
from belvedere.analysis.landscape.weights import weights_of
from belvedere.cli.where import open_run
from belvedere.core.errors import UsageError
from belvedere.core.query import Needs
from tests.analysis.landscape.models import Point, quadratic, small_model, state_of

CURVATURES = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64)
WEIGHT = torch.tensor([[1.0, -1.0, 0.5], [2.0, 0.0, -0.5]])


def test_the_surface_of_a_quadratic_is_its_closed_form() -> None:
    model = Point(WEIGHT)
    first, second, _ = random_plane(weights_of(model), seed=5)
    found = landscape(model, quadratic(CURVATURES), size=5, span=0.5, seed=5)
    theta, delta, eta = (one.detach().numpy() for one in (model.weight, first[0], second[0]))
    for row, beta in enumerate([-0.5, -0.25, 0.0, 0.25, 0.5]):
        for column, alpha in enumerate([-0.5, -0.25, 0.0, 0.25, 0.5]):
            at = theta + alpha * delta + beta * eta
            expected = 0.5 * (CURVATURES.numpy() * at**2).sum()
            assert found.losses[row, column] == pytest.approx(expected, abs=1e-12)
    assert found.losses[2, 2] == found.center_loss  # the centre is the model itself, to the bit
    assert found.parameters == 6


def test_many_at_once_are_exact_in_double_precision() -> None:
    model = Point(WEIGHT)
    plain, many = (landscape(model, quadratic(CURVATURES), size=5, batched=batched) for batched in (False, True))
    np.testing.assert_allclose(many.losses, plain.losses, rtol=1e-14)


def test_every_row_of_a_direction_has_the_norm_of_the_row_it_moves() -> None:
    model, _ = small_model()
    weights = weights_of(model)
    first, second, facts = random_plane(weights, seed=0)
    named = dict(zip(weights.names, zip(weights.tensors, first, second)))
    for name, axis in (("embed.weight", 0), ("conv.weight", 0), ("up.weight", 1), ("head.weight", 0)):
        own, one, other = named[name]
        torch.testing.assert_close(row_norms(one, axis), row_norms(own, axis))
        torch.testing.assert_close(row_norms(other, axis), row_norms(own, axis))
    for name in ("conv.bias", "up.bias", "norm.weight", "norm.bias", "head.bias"):
        assert not named[name][1].any()
    assert (facts.rows, facts.left_out) == (7 + 5 + 3 + 7, 5)
    assert facts.norm_error < 1e-6


def test_one_seed_is_one_plane_and_another_is_another() -> None:
    weights = weights_of(small_model()[0])
    one, again, other = (random_plane(weights, seed)[0][0] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("batched", [False, True])
def test_the_model_is_untouched_to_the_bit(batched: bool) -> None:
    model, loss = small_model()
    before = state_of(model)
    landscape(model, loss, size=3, batched=batched)
    assert state_of(model) == before


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError])
def test_the_model_is_untouched_after_an_interruption(fault: type[BaseException]) -> None:
    model, loss = small_model()
    before = state_of(model)
    calls: list[int] = []

    def interrupted(one: nn.Module) -> Tensor:
        calls.append(1)
        if len(calls) == 4:
            one.get_buffer("norm.running_mean").fill_(9.0)
            raise fault
        return loss(one)

    with pytest.raises(fault):
        landscape(model, interrupted, size=3)
    assert state_of(model) == before


def test_a_graph_made_before_can_still_go_backward() -> None:
    model, loss = small_model()
    kept = loss(model)
    landscape(model, loss, size=2)
    kept.backward()  # type: ignore[no-untyped-call]
    assert model.head.weight.grad is not None


def test_a_batch_drawn_by_the_loss_is_one_batch() -> None:
    model = Point(torch.ones(1, 1))
    found = landscape(model, lambda one: torch.rand(()) + 0 * one.get_parameter("weight").sum(), size=3)
    assert np.unique(found.losses).size == 1


def test_many_at_once_finds_the_same_losses() -> None:
    model, loss = small_model()
    plain, many = (landscape(model, loss, size=5, batched=batched) for batched in (False, True))
    assert plain.how == "one cell at a time"
    assert many.how == "8 cells at once (vmap)"
    np.testing.assert_allclose(many.losses, plain.losses, rtol=1e-5)


def test_a_loss_that_looks_at_values_is_evaluated_one_by_one_and_says_why() -> None:
    model, loss = small_model()
    found = landscape(model, lambda one: loss(one).item(), size=3, batched=True)
    assert found.how.startswith("one cell at a time, because vmap refused:")
    np.testing.assert_array_equal(found.losses, landscape(model, loss, size=3).losses)


def test_losses_that_are_no_numbers_are_kept() -> None:
    model = Point(torch.ones(1, 1))
    found = landscape(model, lambda one: torch.log(one.get_parameter("weight").sum() - 1e-9), size=3, span=2.0)
    assert np.isnan(found.losses).any()


def test_a_model_whose_own_loss_is_no_number_has_no_surroundings() -> None:
    model = Point(torch.full((1, 1), float("nan")))
    with pytest.raises(UsageError, match=r"^the loss of the model itself is nan, so there is nothing to look"):
        landscape(model, quadratic(torch.ones(1, 1)), size=3)


def test_a_network_without_gradients_is_moved_as_a_whole() -> None:
    model, loss = small_model()
    expected = landscape(model, loss, size=3).losses
    model.requires_grad_(False)
    np.testing.assert_array_equal(landscape(model, loss, size=3).losses, expected)


def test_half_precision_is_rounded_once() -> None:
    model = Point(WEIGHT)
    exact = landscape(model, quadratic(CURVATURES), size=3).losses
    model.weight.data = model.weight.data.bfloat16()
    model.weight.requires_grad_(True)
    rough = landscape(model, quadratic(CURVATURES), size=3).losses
    np.testing.assert_allclose(rough, exact, rtol=0.05)


def test_the_result_is_logged(tmp_path: Path) -> None:
    model, loss = small_model()
    with bv.init(project="p", dir=tmp_path, console=False, hardware=False) as run:
        found = landscape(model, loss, size=3, run=run)
        assert run.step == 0
    data = open_run(run.id, str(tmp_path)).data(Needs(media=("array:landscape/surface",)))
    again = recorded_landscape(data.media["landscape/surface"][0])
    np.testing.assert_array_equal(again.losses, found.losses)
    assert again.about() == found.about()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kind": "plane"}, "kind='plane' is not known; use one of random, pca"),
        ({"size": 1}, "size=1 makes no grid; use at least 2"),
        ({"span": 0.0}, "span=0.0 is no width; use a positive number, 1 for a first look"),
        ({"seed": -1}, "seed=-1 is below 0; use 0 or more"),
        ({"kind": "pca"}, "kind='pca' needs the checkpoints of a path, got 0; give at least 2"),
        ({"kind": "pca", "checkpoints": [{}]}, "kind='pca' needs the checkpoints of a path, got 1; give at least 2"),
        (
            {"kind": "pca", "checkpoints": [{}, {}], "steps": [1]},
            "1 steps for 2 checkpoints; name one for each and one for the model",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        landscape(Point(WEIGHT), quadratic(CURVATURES), **arguments)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_a_model_without_parameters_has_no_landscape() -> None:
    with pytest.raises(UsageError, match=r"^ReLU has no parameters, so its loss has no landscape; pass another model$"):
        landscape(nn.ReLU(), lambda model: torch.zeros(()))


def test_a_loss_that_is_no_number_is_refused() -> None:
    model, _ = small_model()
    with pytest.raises(UsageError, match=r"returned a tensor of shape \(2,\); return its mean"):
        landscape(model, lambda one: torch.zeros(2))
    with pytest.raises(UsageError, match="returned a str; return one number"):
        landscape(model, lambda one: "loss")  # type: ignore[arg-type,return-value]
