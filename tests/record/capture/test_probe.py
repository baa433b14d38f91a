import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import belvedere as bv
from belvedere.core.errors import RecordingError, UsageError
from belvedere.record.capture import probe
from tests.record.capture.stored import begun, read


@pytest.fixture
def run(tmp_path: Path) -> Iterator[bv.Run]:
    found = begun(tmp_path)
    yield found
    found.finish()


class Bowl(nn.Module):
    """loss = ½ Σ cᵢ θᵢ²"""

    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
        self.curvature = torch.tensor([1.0, 10.0], dtype=torch.float64)

    def forward(self) -> torch.Tensor:
        return 0.5 * (self.curvature * self.theta.square()).sum()


def test_gradient_descent_in_a_bowl_is_the_closed_form(run: bv.Run, tmp_path: Path) -> None:
    bowl = Bowl()
    optimizer = torch.optim.SGD(bowl.parameters(), lr=0.1)
    found = bv.probe_learning_rates(bowl, optimizer, bowl, multiples=(0.5, 1, 2, 4), step=3)

    def after(rate: float) -> float:
        return 0.5 * sum(c * ((1 - rate * c) * t) ** 2 for c, t in ((1.0, 1.0), (10.0, -2.0)))

    wanted = {f"probe/loss@{m:g}x": after(0.1 * m) for m in (0, 0.5, 1, 2, 4)}
    assert found == {key: pytest.approx(value, rel=1e-6) for key, value in {**wanted, "probe/lr": 0.1}.items()}
    assert found["probe/loss@4x"] > found["probe/loss@0x"] > found["probe/loss@1x"]
    stored = read(run, tmp_path)
    for key, value in found.items():
        assert (stored.series(key).steps.tolist(), stored.series(key).values.tolist()) == ([3], [value])


def noisy() -> tuple[nn.Module, Callable[[], torch.Tensor]]:
    """A model with dropout and running averages, and its loss on one batch, which draws from three generators."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
    batch = torch.randn(16, 4)
    return model, lambda: (model(batch).square().mean()) * (1 + 0 * (random.random() + np.random.rand()))


def everything(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[object]:
    """What training consists of, as bytes and plain values."""

    def plain(value: object) -> object:
        if isinstance(value, torch.Tensor):
            return value.detach().numpy().tobytes()
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list | tuple) else value

    return [
        plain(model.state_dict()), plain(optimizer.state_dict()), [plain(one.grad) for one in model.parameters()],
        [module.training for module in model.modules()], plain(torch.get_rng_state()), random.getstate(),
        str(np.random.get_state()),
    ]  # fmt: skip


OPTIMIZERS: dict[str, Callable[[nn.Module], torch.optim.Optimizer]] = {
    "sgd with momentum": lambda model: torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
    "adamw": lambda model: torch.optim.AdamW(model.parameters(), lr=0.01, amsgrad=True),
    "two groups": lambda model: torch.optim.AdamW(
        [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[3].parameters()}], lr=0.01  # type: ignore[index]
    ),
    "tensor rate": lambda model: torch.optim.AdamW(model.parameters(), lr=torch.tensor(0.01)),
}  # fmt: skip


@pytest.mark.parametrize("has_stepped", [True, False])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_afterwards_everything_is_what_it_was_to_the_last_bit(name: str, has_stepped: bool) -> None:
    model, loss = noisy()
    optimizer = OPTIMIZERS[name](model)
    if has_stepped:
        loss().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    tensors = [id(value) for state in optimizer.state.values() for value in state.values()]
    before = everything(model, optimizer)
    gradients = [parameter.grad for parameter in model.parameters()]
    bv.probe_learning_rates(model, optimizer, loss)
    assert everything(model, optimizer) == before
    assert all(one.grad is gradient for one, gradient in zip(model.parameters(), gradients, strict=True))
    assert [id(value) for state in optimizer.state.values() for value in state.values()] == tensors


def test_one_times_the_rate_is_the_step_that_training_then_takes() -> None:
    model, loss = noisy()
    optimizer = OPTIMIZERS["adamw"](model)
    state = torch.get_rng_state()
    found = bv.probe_learning_rates(model, optimizer, loss)
    first = loss()
    assert found["probe/loss@0x"] == float(first.detach())
    first.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    torch.set_rng_state(state)  # the same units drop
    assert found["probe/loss@1x"] == float(loss().detach())


@pytest.mark.parametrize("failing_call", [0, 1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_in_the_middle_leaves_nothing_behind(failing_call: int, error: type[BaseException]) -> None:
    model, loss = noisy()
    optimizer = OPTIMIZERS["adamw"](model)
    before, calls = everything(model, optimizer), []

    def failing() -> torch.Tensor:
        calls.append(1)
        if len(calls) > failing_call:
            raise error
        return loss()

    with pytest.raises(error):
        bv.probe_learning_rates(model, optimizer, failing)
    assert everything(model, optimizer) == before


def test_the_gradient_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, loss = noisy()
    backwards: list[int] = []
    forwards: list[int] = []
    real = probe._backward

    def backward(loss: torch.Tensor) -> None:
        backwards.append(1)
        real(loss)

    monkeypatch.setattr(probe, "_backward", backward)

    def counted() -> torch.Tensor:
        forwards.append(1)
        return loss()

    bv.probe_learning_rates(model, OPTIMIZERS["adamw"](model), counted)
    assert (len(backwards), len(forwards)) == (1, 6)


def test_two_optimizers_move_together_and_clipping_is_the_trainings() -> None:
    bowl = Bowl()
    other = nn.Parameter(torch.tensor(2.0))
    optimizers = [torch.optim.SGD(bowl.parameters(), lr=0.1), torch.optim.SGD([other], lr=0.5)]
    found = bv.probe_learning_rates(
        bowl, optimizers, lambda: bowl() + other.square(), multiples=[1.0], max_grad_norm=1.0
    )
    gradient = torch.tensor([1.0, -20.0, 4.0])
    clipped = gradient / (gradient.norm() + 1e-6)
    moved = torch.tensor([1.0, -2.0, 2.0]) - torch.tensor([0.1, 0.1, 0.5]) * clipped
    wanted = 0.5 * (moved[0] ** 2 + 10 * moved[1] ** 2) + moved[2] ** 2
    assert found["probe/loss@1x"] == pytest.approx(float(wanted), rel=1e-6)
    assert float(other.detach()) == 2.0


def test_a_watch_takes_no_probe_for_a_training_step(run: bv.Run, tmp_path: Path) -> None:
    model, loss = noisy()
    optimizer = OPTIMIZERS["adamw"](model)
    run.watch(model, optimizer, budget=None)
    bv.watch_activations(model, budget=None)
    for _ in range(2):
        bv.probe_learning_rates(model, optimizer, loss, multiples=[1.0])
        loss().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        run.log({"loss": 1.0})
    found = read(run, tmp_path)
    assert found.vectors("grad_norm").steps.tolist() == [0, 1]
    assert found.vectors("activation_std").steps.tolist() == [0, 1]


def test_a_loss_that_is_no_number_is_recorded_as_it_is() -> None:
    bowl = Bowl()
    optimizer = torch.optim.SGD(bowl.parameters(), lr=1e300)
    found = bv.probe_learning_rates(bowl, optimizer, bowl, multiples=[1.0])
    assert math.isinf(found["probe/loss@1x"])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"multiples": ()}, r"multiples=\(\) cannot be probed"),
        ({"multiples": (0, 1)}, r"multiples=\(0, 1\) cannot be probed; give different numbers above 0"),
        ({"multiples": (1, 1.0)}, "cannot be probed"),
        ({"multiples": "ab"}, "multiples='ab' cannot be probed"),
        ({"multiples": 2}, "multiples=2 cannot be probed"),
        ({"optimizer": None}, "optimizer=NoneType cannot be probed"),
        ({"loss_fn": None}, "loss_fn=None cannot be called; pass a function that computes the loss of one batch"),
        ({"max_grad_norm": "x"}, "max_grad_norm='x' clips nothing; pass a number above 0, or None"),
        ({"max_grad_norm": -1.0}, "max_grad_norm=-1.0 clips nothing"),
        ({"optimizer": "adam"}, "optimizer=str cannot be probed; pass the torch.optim.Optimizer"),
        ({"loss_fn": lambda: torch.ones(2)}, r"loss_fn\(\) answered \(2,\), and a probe needs one number"),
        ({"loss_fn": lambda: 1.0}, r"loss_fn\(\) answered float"),
        ({"loss_fn": lambda: torch.ones(())}, "a loss without gradient"),
        ({"model": None}, "takes a torch module, got NoneType"),
    ],
)
def test_wrong_arguments_are_one_sentence(run: bv.Run, wrong: dict[str, object], sentence: str) -> None:
    bowl = Bowl()
    right = {"model": bowl, "optimizer": torch.optim.SGD(bowl.parameters(), lr=0.1), "loss_fn": bowl}
    with pytest.raises(UsageError, match=sentence):
        bv.probe_learning_rates(**{**right, **wrong})  # type: ignore[arg-type]


def test_in_a_strict_run_an_error_of_the_loss_is_raised(run: bv.Run) -> None:
    bowl = Bowl()

    def failing() -> torch.Tensor:
        raise ValueError("no batch")

    with pytest.raises(RecordingError, match="no batch"):
        bv.probe_learning_rates(bowl, torch.optim.SGD(bowl.parameters(), lr=0.1), failing)
