import math

import pytest
import torch
from torch import nn

from belvedere.record.capture.blocks import blocks_of
from belvedere.record.capture.gradients import Gradients
from belvedere.record.capture.norms import BlockNorms
from belvedere.record.capture.weights import Weights


class Model(nn.Module):
    """Embedding, two blocks, head."""

    def __init__(self, *, is_sparse: bool = False) -> None:
        super().__init__()
        self.wte = nn.Embedding(11, 6, sparse=is_sparse)
        self.h = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])
        self.lm_head = nn.Linear(6, 11)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.wte(tokens)
        for block in self.h:
            x = x + torch.tanh(block(x))
        logits: torch.Tensor = self.lm_head(x)
        return logits


def trained(model: Model, *, seed: int = 0) -> Model:
    """The model with gradients."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, 11, (4, 7), generator=generator)
    nn.functional.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten()).backward()  # type: ignore[no-untyped-call]
    return model


def naive(tensors: list[torch.Tensor]) -> float:
    """The norm of all tensors together, one by one in double precision."""
    return math.sqrt(sum(float(tensor.double().square().sum()) for tensor in tensors))


def grads(module: nn.Module) -> list[torch.Tensor]:
    return [parameter.grad for parameter in module.parameters() if parameter.grad is not None]


def parts(model: Model) -> list[nn.Module]:
    """The modules of the blocks, in the order of their rows."""
    return [model.wte, model.h[0], model.h[1], model.lm_head]


def test_gradient_norms_equal_the_naive_ones() -> None:
    model = trained(Model())
    gauge = Gradients(blocks_of(model))
    gauge.before_step(None)
    found = gauge.after_step()
    expected = [naive(grads(part)) for part in parts(model)]
    assert found.vectors["grad_norm"].tolist() == pytest.approx(expected, rel=1e-6)
    assert found.scalars["grad/norm"].item() == pytest.approx(naive(grads(model)), rel=1e-6)
    assert found.scalars["grad/nonfinite_tensors"].item() == 0


def test_weight_norms_and_update_ratios_equal_the_naive_ones() -> None:
    model = trained(Model())
    before = [[parameter.detach().clone() for parameter in part.parameters()] for part in parts(model)]
    gauge = Weights(blocks_of(model))
    gauge.before_step(None)
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    found = gauge.after_step()
    norms = [naive(tensors) for tensors in before]
    moved = [
        naive([new.detach() - old for new, old in zip(part.parameters(), olds, strict=True)])
        for part, olds in zip(parts(model), before, strict=True)
    ]
    assert found.vectors["weight_norm"].tolist() == pytest.approx(norms, rel=1e-6)
    ratios = [change / norm for change, norm in zip(moved, norms, strict=True)]
    assert found.vectors["update_ratio"].tolist() == pytest.approx(ratios, rel=1e-6)


def test_measuring_weights_changes_none() -> None:
    model, twin = trained(Model()), Model()
    twin.load_state_dict(model.state_dict())
    gauge = Weights(blocks_of(model))
    gauge.before_step(None)
    gauge.after_step()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_frozen_block_reads_nan_and_a_thawed_one_its_norm() -> None:
    model = Model()
    model.h[0].requires_grad_(False)
    trained(model)
    blocks = blocks_of(model)
    gradients, weights = Gradients(blocks), Weights(blocks)
    for gauge in (gradients, weights):
        gauge.before_step(None)
    assert gradients.after_step().vectors["grad_norm"].isnan().tolist() == [False, True, False, False]
    readings = weights.after_step().vectors
    assert readings["weight_norm"].isnan().tolist() == [False, True, False, False]
    assert readings["update_ratio"].tolist() == pytest.approx([0, math.nan, 0, 0], nan_ok=True)
    model.h[0].requires_grad_(True)
    weights.before_step(None)
    assert not weights.after_step().vectors["weight_norm"].isnan().any()


def test_no_gradients_at_all_read_nan() -> None:
    gauge = Gradients(blocks_of(Model()))
    gauge.before_step(None)
    assert gauge.after_step().vectors["grad_norm"].isnan().all()


def test_a_nan_gradient_shows_in_its_block_and_in_the_total_only() -> None:
    model = trained(Model())
    *_, bias_of_block, _, bias_of_head = grads(model)
    bias_of_block[2], bias_of_head[0] = torch.nan, torch.inf
    gauge = Gradients(blocks_of(model))
    gauge.before_step(None)
    found = gauge.after_step()
    assert found.vectors["grad_norm"].isfinite().tolist() == [True, True, False, False]
    assert found.scalars["grad/norm"].isnan()
    assert found.scalars["grad/nonfinite_tensors"].item() == 2


def test_a_sparse_gradient_counts_each_row_once() -> None:
    model = trained(Model(is_sparse=True))
    gauge = Gradients(blocks_of(model))
    gauge.before_step(None)
    assert model.wte.weight.grad is not None
    expected = naive([model.wte.weight.grad.to_dense()])
    assert gauge.after_step().vectors["grad_norm"][0].item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_precision_is_summed_in_single(kind: torch.dtype) -> None:
    blocks = blocks_of(nn.Linear(300, 300, bias=False))
    values = torch.full((300, 300), 250.0, dtype=kind)  # the norm, 75,000, is more than float16 holds
    assert BlockNorms(blocks).of([values]).total.item() == pytest.approx(75_000, rel=1e-5)


def test_large_norms_do_not_overflow_when_they_are_added_up() -> None:
    blocks = blocks_of(nn.Linear(1, 1))
    values = [torch.full((1, 1), 1.5e19), torch.full((1,), 1.5e19)]
    assert BlockNorms(blocks).of(values).total.item() == pytest.approx(1.5e19 * math.sqrt(2), rel=1e-6)


def test_a_million_squares_are_added_up_exactly() -> None:
    values = torch.randn(1000, 1000, generator=torch.Generator().manual_seed(0))
    blocks = blocks_of(nn.Linear(1, 1, bias=False))
    assert BlockNorms(blocks).of([values]).total.item() == pytest.approx(naive([values]), rel=1e-7)


def test_the_scale_of_a_fused_optimizer_is_taken_out() -> None:
    model = trained(Model())
    gauge = Gradients(blocks_of(model))
    gauge.before_step(torch.tensor(4.0))
    assert gauge.after_step().scalars["grad/norm"].item() == pytest.approx(naive(grads(model)) / 4, rel=1e-6)


def test_a_block_of_zeros_has_no_update_ratio() -> None:
    layer = nn.Linear(2, 2)
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    gauge = Weights(blocks_of(layer))
    gauge.before_step(None)
    with torch.no_grad():
        layer.weight.add_(1)
    found = gauge.after_step().vectors
    assert found["update_ratio"].isnan().all()
