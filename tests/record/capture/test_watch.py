import gc
import math
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

import belvedere as bv
from belvedere.core.errors import UsageError
from belvedere.record.capture import watch
from belvedere.record.deferred import Deferred
from belvedere.record.run import Run
from belvedere.store.run import Run as Stored
from belvedere.store.store import open_store


class Model(nn.Module):
    """Embedding, two blocks, head."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.wte = nn.Embedding(13, width)
        self.h = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width)])
        self.lm_head = nn.Linear(width, 13)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.wte(tokens)
        for block in self.h:
            x = x + torch.tanh(block(x))
        logits: torch.Tensor = self.lm_head(x)
        return logits


TOKENS = torch.arange(12).reshape(3, 4)


def step(model: nn.Module, *optimizers: torch.optim.Optimizer) -> float:
    """One training step; the loss."""
    loss = nn.functional.cross_entropy(model(TOKENS).flatten(0, 1), TOKENS.flatten())
    loss.backward()  # type: ignore[no-untyped-call]
    for optimizer in optimizers:
        optimizer.step()
    for optimizer in optimizers:
        optimizer.zero_grad()
    return float(loss.detach())


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A real run; `logged` reads it back."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    found = bv.init(project="watched", id="one", dir=tmp_path, console=False, hardware=False, strict=True)
    yield found
    found.finish()


def logged(run: Run, root: Path) -> Stored:
    run.finish()
    return open_store(root).run("one")


def test_a_step_gives_one_vector_of_each_family_and_the_totals(run: Run, tmp_path: Path) -> None:
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, budget=None)
    grads: list[list[float]] = []
    for _ in range(3):
        loss = nn.functional.cross_entropy(model(TOKENS).flatten(0, 1), TOKENS.flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        grads.append([parameter.grad.double().norm().item() for parameter in model.parameters()])  # type: ignore[union-attr]
        optimizer.step()
        optimizer.zero_grad()
        run.log({"loss": loss})
    found = logged(run, tmp_path)
    vectors = found.vectors("grad_norm")
    assert vectors.names == ("embed", "h.0", "h.1", "head")
    assert vectors.steps.tolist() == [0, 1, 2]
    expected = [[g[0], *(math.hypot(g[i], g[i + 1]) for i in (1, 3, 5))] for g in grads]
    np.testing.assert_allclose(vectors.values, expected, rtol=1e-6)
    totals = found.series("grad/norm").values
    np.testing.assert_allclose(totals, [math.hypot(*g) for g in grads], rtol=1e-6)
    for family in ("weight_norm", "update_ratio"):
        values = found.vectors(family).values
        assert values.shape == (3, 4)
        assert np.isfinite(values).all()
        assert (values > 0).all()
    assert (found.series("watch/cost_ms").values > 0).all()
    assert len(found.series("watch/overhead_percent")) == 3


def test_two_optimizers_are_one_measurement_with_both_updates(run: Run, tmp_path: Path) -> None:
    model = Model()
    matrices = torch.optim.SGD(model.h.parameters(), lr=0.1)
    others = torch.optim.AdamW([*model.wte.parameters(), *model.lm_head.parameters()], lr=0.1)
    watch.attach(run, model, [matrices, others], budget=None)
    for _ in range(4):
        run.log({"loss": step(model, matrices, others)})
    vectors = logged(run, tmp_path).vectors("update_ratio")
    assert vectors.steps.tolist() == [0, 1, 2, 3]
    assert (vectors.values > 0).all()


def test_without_an_optimizer_those_that_train_the_model_are_found(run: Run, tmp_path: Path) -> None:
    model, other = Model(), nn.Linear(2, 2)
    watch.attach(run, model, budget=None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    torch.optim.SGD(other.parameters(), lr=0.1).step()
    for _ in range(2):
        run.log({"loss": step(model, optimizer)})
    assert logged(run, tmp_path).vectors("grad_norm").steps.tolist() == [0, 1]


def test_frozen_layers_read_nan_and_a_nan_gradient_is_counted(run: Run, tmp_path: Path) -> None:
    model = Model()
    model.h[0].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, budget=None)
    step(model, optimizer)
    run.log({"loss": 1.0})
    model.lm_head.weight.grad = torch.full_like(model.lm_head.weight, torch.nan)
    optimizer.step()
    found = logged(run, tmp_path)
    first, second = np.isnan(found.vectors("grad_norm").values).tolist()
    assert first == [False, True, False, False]
    assert second == [True, True, True, True]  # only the head had a gradient, and that one is NaN
    assert found.series("grad/nonfinite_tensors").values.tolist() == [0, 1]
    assert np.isnan(found.series("grad/norm").values).tolist() == [False, True]


@contextmanager
def counted_reads() -> Iterator[list[str]]:
    """Names of the calls that bring a value from a device and would wait for it."""
    reads: list[str] = []
    names = ("item", "tolist", "cpu", "numpy", "__float__", "__bool__", "__int__")
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            real = getattr(torch.Tensor, name)

            def counting(tensor: torch.Tensor, *args: object, real=real, name=name, **kwargs: object) -> object:  # type: ignore[no-untyped-def]
                reads.append(name)
                return real(tensor, *args, **kwargs)

            patch.setattr(torch.Tensor, name, counting)
        yield reads


def test_a_measurement_reads_the_device_once_however_many_parameters(run: Run) -> None:
    model = nn.Sequential(*(nn.Linear(3, 3) for _ in range(20)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, foreach=True)
    watch.attach(run, model, optimizer, budget=None)
    for _ in range(2):
        model(torch.ones(1, 3)).sum().backward()
        with counted_reads() as reads:
            optimizer.step()
        assert reads == ["cpu", "numpy"]  # one value, brought over and opened


def test_a_step_that_is_not_due_reads_nothing(run: Run) -> None:
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, every=5, budget=None)
    step(model, optimizer)
    with counted_reads() as reads:
        optimizer.step()
    assert reads == []


class SlowDevice:
    """Brings values over when told to."""

    def __init__(self) -> None:
        self.is_there = False
        self.started = 0
        self.size_bytes = 8

    def start(self, values: Sequence[object]) -> "SlowDevice":
        self.started += 1
        self.values = [np.array(value.numpy()) for value in values if isinstance(value, torch.Tensor)]
        return self

    def is_done(self) -> bool:
        return self.is_there

    def arrays(self) -> list[NDArray[np.generic]]:
        return self.values


def test_a_slow_device_delays_the_next_measurement_and_no_step_is_mistaken(run: Run, tmp_path: Path) -> None:
    device, model = SlowDevice(), Model()
    run._deferred = Deferred(run._write_deferred, start=device.start, has_thread=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, budget=None)
    for _ in range(3):
        run.log({"loss": step(model, optimizer)})
    assert device.started == 1
    device.is_there = True
    run._deferred.poll()
    run.log({"loss": step(model, optimizer)})
    found = logged(run, tmp_path)
    assert found.vectors("grad_norm").steps.tolist() == [0, 3]
    assert found.series("watch/cost_ms").steps.tolist() == [0, 3]


def test_every_n_measures_each_nth_step(run: Run, tmp_path: Path) -> None:
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, every=3, budget=None)
    for _ in range(8):
        run.log({"loss": step(model, optimizer)})
    assert logged(run, tmp_path).vectors("grad_norm").steps.tolist() == [0, 3, 6]


def test_a_budget_holds_in_a_real_training_however_slow_the_machine(run: Run, tmp_path: Path) -> None:
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    began = time.perf_counter()
    watch.attach(run, model, optimizer, budget=0.05)
    steps = 0
    while steps < 500 or (open_store(tmp_path).run(run.id).summary.get("watch/cost_ms") is None and steps < 50_000):
        run.log({"loss": step(model, optimizer)})
        steps += 1
    elapsed_ms = (time.perf_counter() - began) * 1e3
    costs = logged(run, tmp_path).series("watch/cost_ms").values
    assert 1 <= len(costs) < steps / 2
    # each but the first began when the credit covered the one before it: at most one is not paid for yet
    assert costs.sum() <= 0.05 * elapsed_ms + max(costs)


def test_steps_that_the_user_counts_are_followed_between_logs(run: Run, tmp_path: Path) -> None:
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, budget=None)
    for iteration in range(9):
        loss = step(model, optimizer)
        if iteration % 4 == 0:
            run.log({"loss": loss}, step=iteration)
    assert logged(run, tmp_path).vectors("grad_norm").steps.tolist() == list(range(9))


def test_only_what_was_asked_for_is_measured(run: Run, tmp_path: Path) -> None:
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, log="gradients", budget=None)
    step(model, optimizer)
    found = logged(run, tmp_path)
    assert {info.key for info in found.keys("*") if info.kind == "vector"} == {"grad_norm"}


@pytest.mark.parametrize("is_given", [True, False])
def test_detaching_takes_every_hook_off_and_lets_go_of_the_model(run: Run, is_given: bool) -> None:
    hooks_before = (len(_global_optimizer_pre_hooks), len(_global_optimizer_post_hooks))
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watching = watch.attach(run, model, optimizer if is_given else None, budget=None)
    step(model, optimizer)
    watching.detach()
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
    assert (len(_global_optimizer_pre_hooks), len(_global_optimizer_post_hooks)) == hooks_before
    found = weakref.ref(model)
    del model, optimizer
    gc.collect()
    assert found() is None


def test_the_end_of_the_run_ends_the_watch(run: Run) -> None:
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    watch.attach(run, model, optimizer, budget=None)
    run.finish()
    step(model, optimizer)  # strict: writing after the end would raise
    assert not optimizer._optimizer_step_pre_hooks


def test_a_compiled_module_has_the_names_of_the_module_inside(run: Run, tmp_path: Path) -> None:
    model = Model()
    compiled: nn.Module = torch.compile(model, backend="eager")  # type: ignore[assignment]
    optimizer = torch.optim.SGD(compiled.parameters(), lr=0.1)
    watch.attach(run, compiled, optimizer, budget=None)
    step(compiled, optimizer)
    assert logged(run, tmp_path).vectors("grad_norm").names == ("embed", "h.0", "h.1", "head")


@pytest.mark.parametrize("log", ["losses", ("gradients", "eigenvalues"), (), None])
def test_unknown_quantities_are_refused(run: Run, log: object) -> None:
    with pytest.raises(UsageError, match="names nothing that can be watched"):
        watch.attach(run, Model(), log=log)  # type: ignore[arg-type]


def test_what_is_no_module_is_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="takes a torch module, got dict"):
        watch.attach(run, {})


def test_unwatch_takes_every_hook_off(run: Run) -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run.watch(model, optimizer, budget=None)
    run.unwatch()
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
