import gc
import math
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks
from torch.overrides import _get_current_function_mode_stack

import belvedere as bv
from belvedere.core.errors import UsageError
from belvedere.record.guard import RecordingWarning
from tests.record.capture.stored import begun, read


@pytest.fixture
def run(tmp_path: Path) -> Iterator[bv.Run]:
    found = begun(tmp_path)
    yield found
    found.finish()


class Block(nn.Module):
    """Adds `function` of a linear map to its input; the function is called, and no module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.up, self.function = nn.Linear(4, 4), function

    def forward(self, x: Tensor) -> Tensor:
        return x + self.function(self.up(x))


class Model(nn.Module):
    def __init__(self, *functions: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.h = nn.ModuleList([Block(function) for function in functions])
        self.head = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.h:
            x = block(x)
        answer: Tensor = self.head(x)
        return answer


BATCH = torch.tensor([[1.0, 2.0, 3.0, 4.0], [2.0, -1.0, 0.0, 1.0]])


def train(run: bv.Run, model: nn.Module, steps: int = 1, optimizer: torch.optim.Optimizer | None = None) -> None:
    found = optimizer or torch.optim.SGD(model.parameters(), lr=0.0)
    for _ in range(steps):
        model(BATCH).sum().backward()
        found.step()
        found.zero_grad()
        run.log({"loss": 1.0})


def with_bias(block: nn.Module, bias: list[float]) -> None:
    """The linear map of a block answers its bias only, whatever comes in."""
    with torch.no_grad():
        block.up.weight.zero_()  # type: ignore[union-attr,operator]
        block.up.bias.copy_(torch.tensor(bias))  # type: ignore[union-attr,operator]


def test_dead_saturated_and_spread_are_what_was_planted(run: bv.Run, tmp_path: Path) -> None:
    model = Model(F.relu, torch.tanh, F.gelu)
    with_bias(model.h[0], [1.0, -1.0, -2.0, 0.0])
    with_bias(model.h[1], [9.0, -9.0, 0.1, 0.2])
    with_bias(model.h[2], [-0.5, 1.0, 1.0, 1.0])
    bv.watch_activations(model, budget=None)
    train(run, model)
    found = read(run, tmp_path)
    nan = math.nan
    dead = found.vectors("dead_share")
    assert dead.names == ("h.0", "h.1", "h.2", "head")
    np.testing.assert_array_equal(dead.values, [[0.75, nan, 0.25, nan]])
    np.testing.assert_array_equal(found.vectors("saturation").values, [[nan, 0.5, nan, nan]])
    first = BATCH + torch.tensor([1.0, 0.0, 0.0, 0.0])
    spread = found.vectors("activation_std").values[0]
    assert spread[0] == pytest.approx(float(first.std(correction=0)), rel=1e-6)
    assert np.isfinite(spread).all()
    assert (found.series("watch/activations_cost_ms").values > 0).all()


def test_a_unit_is_alive_when_one_example_wakes_it(run: bv.Run, tmp_path: Path) -> None:
    linear = nn.Linear(4, 4)
    with torch.no_grad():
        linear.weight.copy_(torch.eye(4))
        linear.bias.copy_(torch.tensor([0.0, 0.0, -3.0, -4.0]))
    model = nn.Sequential(linear, nn.ReLU(inplace=True), nn.Linear(4, 1))
    bv.watch_activations(model, budget=None)
    train(run, model)
    # unit 2 reaches 3 - 3, unit 3 reaches 4 - 4: never above zero; unit 1 is negative for the second example only
    np.testing.assert_array_equal(read(run, tmp_path).vectors("dead_share").values, [[0.5, math.nan]])


def test_channels_of_a_picture_are_units(run: bv.Run, tmp_path: Path) -> None:
    convolution = nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.bias.copy_(torch.tensor([1.0, -1.0]))  # type: ignore[union-attr]
    model = nn.Sequential(convolution, nn.ReLU())
    bv.watch_activations(model, budget=None)
    model(torch.ones(3, 1, 5, 5)).sum().backward()
    run.log({"loss": 1.0})
    assert read(run, tmp_path).vectors("dead_share").values.tolist() == [[0.5]]


def test_only_due_steps_are_listened_to_and_belong_to_their_step(run: bv.Run, tmp_path: Path) -> None:
    model = Model(F.relu)
    bv.watch_activations(model, every=3, budget=None)
    train(run, model, steps=8)
    found = read(run, tmp_path)
    assert found.vectors("dead_share").steps.tolist() == [0, 3, 6]
    assert found.series("watch/activations_cost_ms").steps.tolist() == [0, 3, 6]
    assert [info.key for info in found.keys("saturation")] == []  # nothing here is bounded


def test_the_first_training_forward_of_a_step_counts(run: bv.Run, tmp_path: Path) -> None:
    model = Model(F.relu)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    bv.watch_activations(model, budget=None)
    for _ in range(2):
        model.eval()
        model(-BATCH)
        model.train()
        with torch.no_grad():
            model(-BATCH)
        for batch in (BATCH, -10 * BATCH):  # gradients are added up over two batches
            model(batch).sum().backward()
        optimizer.step()
        run.log({"loss": 1.0})
    found = read(run, tmp_path)
    assert found.vectors("activation_std").steps.tolist() == [0, 1]
    with torch.no_grad():
        expected = float(model.h[0](BATCH).std(correction=0))
    assert found.vectors("activation_std").values[:, 0].tolist() == [pytest.approx(expected, rel=1e-6)] * 2


def test_steps_that_the_user_counts_are_followed(run: bv.Run, tmp_path: Path) -> None:
    model = Model(F.relu)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    bv.watch_activations(model, budget=None)
    for iteration in range(9):
        model(BATCH).sum().backward()
        optimizer.step()
        if iteration % 4 == 0:
            run.log({"loss": 1.0}, step=iteration)
    assert read(run, tmp_path).vectors("dead_share").steps.tolist() == list(range(9))


def test_the_forward_pass_is_the_same_with_and_without(run: bv.Run) -> None:
    model = Model(F.relu, torch.tanh)
    plain = model(BATCH)
    bv.watch_activations(model, budget=None)
    assert torch.equal(model(BATCH), plain)


def test_a_budget_spaces_the_measurements(run: bv.Run, tmp_path: Path) -> None:
    ticks = iter(range(10**6))
    model = Model(F.relu)
    bv.watch_activations(model, budget=0.1, clock=lambda: float(next(ticks)))
    train(run, model, steps=100)
    steps = read(run, tmp_path).vectors("dead_share").steps
    assert 2 <= len(steps) < 50


def test_an_error_of_the_model_passes_through_and_ends_the_listening(run: bv.Run) -> None:
    model = Model(F.relu)
    bv.watch_activations(model, budget=None)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        model(torch.ones(2, 3))
    assert _get_current_function_mode_stack() == []  # type: ignore[no-untyped-call]


def test_an_error_in_the_statistics_is_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no statistics")

    monkeypatch.setattr("belvedere.record.capture.activation_statistics.Statistics.add_output", broken)
    run = begun(tmp_path, strict=False)
    model = Model(F.relu)
    bv.watch_activations(model, budget=None)
    with pytest.warns(RecordingWarning, match="no statistics") as told:
        train(run, model)
    assert len(told) == 1
    assert read(run, tmp_path).vectors("dead_share").steps.tolist() == [0]


def test_detaching_takes_every_hook_off_and_lets_go_of_the_model(run: bv.Run) -> None:
    hooks = (len(_global_optimizer_pre_hooks), len(_global_optimizer_post_hooks))
    model = Model(F.relu)
    watch = bv.watch_activations(model, budget=None)
    train(run, model)
    watch.detach()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert (len(_global_optimizer_pre_hooks), len(_global_optimizer_post_hooks)) == hooks
    found = weakref.ref(model)
    del model
    gc.collect()
    assert found() is None


def test_the_end_of_the_run_ends_the_watch(run: bv.Run) -> None:
    model = Model(F.relu)
    bv.watch_activations(model, budget=None)
    run.finish()
    assert not model._forward_hooks


def test_a_disabled_run_sets_no_hooks(tmp_path: Path) -> None:
    run = begun(tmp_path, mode="disabled")
    model = Model(F.relu)
    bv.watch_activations(model)
    assert not model._forward_hooks
    run.finish()


def test_what_cannot_be_watched_is_one_sentence(run: bv.Run) -> None:
    with pytest.raises(UsageError, match="is compiled, and nothing can listen inside"):
        bv.watch_activations(torch.compile(Model(F.relu), backend="eager"))
    with pytest.raises(UsageError, match="has no parameters to watch"):
        bv.watch_activations(nn.ReLU())
    with pytest.raises(UsageError, match="takes a torch module, got list"):
        bv.watch_activations([])
    with pytest.raises(UsageError, match="budget=2 cannot be a share"):
        bv.watch_activations(Model(F.relu), budget=2)
