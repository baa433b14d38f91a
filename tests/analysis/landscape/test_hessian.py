"""The top eigenvalue where the Hessian is known."""

import pytest
import torch
from torch import Tensor, nn

from belvedere.analysis.landscape.hessian import hessian_top
from belvedere.core.errors import UsageError
from tests.analysis.landscape.models import Point, quadratic, small_model, state_of

CURVATURES = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]], dtype=torch.float64)


def test_the_top_of_a_quadratic_is_its_largest_curvature() -> None:
    found = hessian_top(Point(torch.ones(2, 3)), quadratic(CURVATURES), lr=0.1, products=100, tolerance=1e-9)
    assert found.top == pytest.approx(9.0, abs=1e-4)
    assert found.limit == pytest.approx(20.0)
    assert found.is_converged
    assert found.residual < 1e-3
    assert found.lowest is None
    assert found.scalars() == {
        "hessian/top_eigenvalue": found.top, "hessian/sharpness_limit": 20.0, "hessian/residual": found.residual
    }  # fmt: skip


def test_a_more_negative_curvature_does_not_hide_the_top() -> None:
    curvatures = torch.tensor([[1.0, 2.0, -8.0]], dtype=torch.float64)
    found = hessian_top(Point(torch.ones(1, 3)), quadratic(curvatures), products=200, tolerance=1e-10)
    assert found.top == pytest.approx(2.0, abs=1e-4)
    assert found.lowest == pytest.approx(-8.0, abs=1e-4)


def test_too_few_products_are_said_not_to_have_converged() -> None:
    found = hessian_top(Point(torch.ones(2, 3)), quadratic(CURVATURES), products=2, tolerance=1e-9)
    assert not found.is_converged
    assert found.products == 2


def test_it_is_the_largest_eigenvalue_of_the_whole_hessian_of_a_network() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    torch.manual_seed(0)
    inputs, targets = torch.randn(20, 3, dtype=torch.float64), torch.randn(20, 1, dtype=torch.float64)
    for weight in model.parameters():
        nn.init.normal_(weight)
    names, shapes = zip(*[(name, weight.shape) for name, weight in model.named_parameters()])

    def loss_at(flat: Tensor) -> Tensor:
        parts = torch.split(flat, [shape.numel() for shape in shapes])
        weights = {name: part.view(shape) for name, part, shape in zip(names, parts, shapes)}
        return nn.functional.mse_loss(torch.func.functional_call(model, weights, inputs), targets)

    flat = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    whole = torch.autograd.functional.hessian(loss_at, flat)  # type: ignore[no-untyped-call]
    found = hessian_top(
        model, lambda one: nn.functional.mse_loss(one(inputs), targets), products=500, tolerance=1e-12
    )  # fmt: skip
    assert found.top == pytest.approx(float(torch.linalg.eigvalsh(whole)[-1]), rel=1e-4)


def test_adams_own_coordinates() -> None:
    model = Point(torch.ones(1, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, eps=0.0)
    loss = quadratic(torch.tensor([[4.0, 1.0]], dtype=torch.float64))
    loss(model).backward()  # type: ignore[no-untyped-call]
    optimizer.step()  # √v̂ is now the gradient's size: 4 and 1
    found = hessian_top(model, loss, optimizer=optimizer, products=100, tolerance=1e-9)
    assert found.top == pytest.approx(4.0, abs=1e-4)
    assert found.preconditioned == pytest.approx(1.0, abs=1e-4)  # 4 / 4 and 1 / 1
    assert found.limit == pytest.approx(200.0)
    assert found.preconditioned_limit == pytest.approx(3800.0)


def test_an_optimizer_without_such_coordinates_is_named() -> None:
    model = Point(torch.ones(2, 3))
    found = hessian_top(model, quadratic(CURVATURES), optimizer=torch.optim.SGD(model.parameters(), lr=0.5))
    assert found.preconditioned is None
    assert found.limit == 4.0
    assert "SGD" in found.note


def test_attention_has_a_second_derivative_here_and_the_model_is_untouched() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    inputs = torch.randn(2, 3, 8)
    before = state_of(layer)
    found = hessian_top(layer, lambda one: one(inputs).square().mean() + one(inputs).sum(), products=3)
    assert state_of(layer) == before
    assert all(weight.grad is None for weight in layer.parameters())
    assert found.top == found.top


def test_a_linear_loss_is_flat() -> None:
    found = hessian_top(Point(torch.ones(2, 3)), lambda one: one.get_parameter("weight").sum())
    assert (found.top, found.is_converged) == (0.0, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"products": 0}, "products=0 finds nothing; use 10 to 20"),
        ({"lr": 0.0}, "lr=0.0 has no limit of stability; give a learning rate above 0"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(arguments: dict[str, float], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        hessian_top(Point(torch.ones(2, 3)), quadratic(CURVATURES), **arguments)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_a_loss_without_gradient_is_refused() -> None:
    model, loss = small_model()
    with pytest.raises(UsageError, match="return the mean loss as a tensor"):
        hessian_top(model, lambda one: loss(one).item())
    with pytest.raises(UsageError, match="ReLU has no parameters"):
        hessian_top(nn.ReLU(), lambda one: torch.zeros(()))
