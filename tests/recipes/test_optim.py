"""Muon makes matrices orthogonal; the schedule has the corners that its docstring promises."""

from pathlib import Path

import pytest
import torch

from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.recipes.optim import Muon, optimizers_for, orthogonalised, rate_multiplier, set_rates
from belvedere.recipes.ranks import Ranks
from tests.recipes.forked_ranks import run_ranks
from tests.recipes.sharing_ranks import trained


def test_singular_values_come_out_near_one() -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(6, 32, 128)))
    assert values.shape == (6, 32)
    assert values.min() > 0.65
    assert values.max() < 1.25


def test_a_batch_is_orthogonalised_like_each_matrix_alone() -> None:
    torch.manual_seed(0)
    matrices = torch.randn(3, 16, 24)
    alone = torch.cat([orthogonalised(matrix[None]) for matrix in matrices])
    assert torch.allclose(orthogonalised(matrices), alone, atol=1e-5)


def test_a_zero_gradient_moves_nothing() -> None:
    weight = torch.nn.Parameter(torch.ones(4, 8))
    weight.grad = torch.zeros(4, 8)
    Muon([weight]).step()
    assert torch.equal(weight.detach(), torch.ones(4, 8))


def test_tall_and_wide_matrices_move_by_orthogonal_steps() -> None:
    torch.manual_seed(0)
    wide, tall = (torch.nn.Parameter(torch.zeros(shape)) for shape in ((16, 64), (64, 16)))
    wide.grad, tall.grad = torch.randn(16, 64), torch.randn(64, 16)
    Muon([wide, tall], lr=0.1).step()
    assert torch.allclose(torch.linalg.svdvals(wide.detach()), torch.full((16,), 0.1), rtol=0.4)
    assert torch.allclose(torch.linalg.svdvals(tall.detach()), torch.full((16,), 0.2), rtol=0.4)  # √(64/16) larger


def test_every_parameter_has_exactly_one_optimizer() -> None:
    model = GPT(GPTShape(vocab=50, layers=2, heads=2, kv_heads=1, width=32, context=8))
    muon, adamw = optimizers_for(model)
    owned = [weight for optimizer in (muon, adamw) for group in optimizer.param_groups for weight in group["params"]]
    assert len(owned) == len(set(owned)) == len(list(model.parameters()))
    assert {weight for group in adamw.param_groups for weight in group["params"]} == {
        model.embed.weight,
        model.head.weight,
    }


def test_rates_are_multiples_of_each_groups_start() -> None:
    optimizers = optimizers_for(GPT(GPTShape(vocab=50, layers=1, heads=2, kv_heads=2, width=32, context=8)))
    set_rates(optimizers, 0.5)
    for group in (*optimizers[0].param_groups, *optimizers[1].param_groups):
        assert group["lr"] == group["start_lr"] * 0.5


@pytest.mark.parametrize(
    ("step", "fraction", "multiplier"),
    [
        (0, 0.0, 0.05),
        (9, 0.1, 0.5),
        (19, 0.2, 1.0),
        (100, 0.6, 1.0),
        (100, 0.8, 0.51),
        (100, 1.0, 0.02),
        (100, 2.0, 0.02),
    ],
)
def test_rates_rise_stay_and_fall(step: int, fraction: float, multiplier: float) -> None:
    assert rate_multiplier(step, fraction) == pytest.approx(multiplier)


def test_shared_optimizers_equal_one_alone(tmp_path: Path) -> None:
    """Three ranks: neither the 50 rows of embedding and head nor the matrices of most sizes split evenly over them."""
    world = 3
    alone = trained(Ranks())
    again = trained(Ranks(), memory=alone["memories"])
    torch.save(alone, tmp_path / "alone.pt")
    run_ranks("tests.recipes.sharing_ranks", str(tmp_path / "alone.pt"), str(tmp_path / "shared"), world=world)
    found = [torch.load(tmp_path / f"shared.{rank}") for rank in range(world)]
    for number, expected in enumerate((alone, again)):
        for rank in range(world):
            assert found[rank][number]["losses"] == pytest.approx(expected["losses"], abs=1e-5)
            torch.testing.assert_close(found[rank][number]["weights"], expected["weights"], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(found[0][number]["memories"], expected["memories"], atol=1e-4, rtol=1e-4)
    for rank in range(1, world):  # the very same weights on all ranks, so that they never drift apart
        torch.testing.assert_close(found[rank][0]["weights"], found[0][0]["weights"], atol=0, rtol=0)
