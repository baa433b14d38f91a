"""Counterfactual steps: what the loss on one batch would be after a single step at other learning rates.

From one state, and one gradient of one batch, one optimizer step is taken for each multiple of the learning rate and
taken back again. The losses say whether the rate is below, at or beyond the best for this step. They say nothing about
many steps: a rate that wins here may lose in the long run, which is why decay works.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch.optim import Optimizer

from belvedere.core.errors import UsageError
from belvedere.record.capture.aside import aside
from belvedere.record.capture.asked import Sheltered, chosen_run, needed_module, numbers_of
from belvedere.record.capture.snapshot import TrainingState
from belvedere.record.run import Run

MULTIPLES = (0.25, 0.5, 1.0, 2.0, 4.0)


def probe_learning_rates(
    model: object, optimizer: object, loss_fn: Callable[[], torch.Tensor], *, multiples: Sequence[float] = MULTIPLES,
    max_grad_norm: float | None = None, step: int | None = None, run: Run | None = None,
) -> dict[str, float]:  # fmt: skip
    """The loss after one step at each multiple of the learning rate, on the same batch, from the same state.

    optimizer: one, or all that train the model · loss_fn: computes the loss () of one fixed batch; it is called with
    the same random numbers each time, so dropout drops the same units · max_grad_norm: clip as the training does
    Answers and logs `probe/loss@0x` (before the step), `probe/loss@{multiple}x` and `probe/lr`, the rate of 1x (of the
    first group of the first optimizer; all groups are scaled alike).

    Costs one backward and, for m multiples, m + 1 forward passes and m optimizer steps, and memory for one more copy
    of parameters, gradients, buffers and optimizer states. Call it between two steps; under DDP on every rank.
    Afterwards parameters, buffers, gradients, optimizers and random generators are bit for bit what they were, also
    after an error or Ctrl-C. Wrong arguments are a UsageError.
    """
    recorder = chosen_run(run)
    whole = needed_module(model, "probe_learning_rates()")
    optimizers = _optimizers(optimizer)
    chosen = _multiples(multiples)
    if not callable(loss_fn):
        raise UsageError(f"loss_fn={loss_fn!r} cannot be called; pass a function that computes the loss of one batch")
    limits = [1.0] if max_grad_norm is None else numbers_of([max_grad_norm])
    if not limits or not limits[0] > 0:
        raise UsageError(f"max_grad_norm={max_grad_norm!r} clips nothing; pass a number above 0, or None")
    losses: dict[str, float] = {}
    with Sheltered(recorder, "probe_learning_rates()"), aside():
        losses = _probed(whole, optimizers, loss_fn, chosen, max_grad_norm)
        if recorder is not None:
            recorder.log(losses, step=step, commit=False)
    return losses


def _probed(
    model: torch.nn.Module, optimizers: Sequence[Optimizer], loss_fn: Callable[[], torch.Tensor],
    multiples: Sequence[float], max_grad_norm: float | None,
) -> dict[str, float]:  # fmt: skip
    state = TrainingState(model, optimizers)
    try:
        with torch.enable_grad():
            before = _loss(loss_fn)
            _backward(before)
        if max_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(state.parameters, max_grad_norm)
        gradients = [None if one.grad is None else one.grad.detach().clone() for one in state.parameters]
        found = {"probe/loss@0x": before.detach().float()}
        for multiple in multiples:
            state.restore()
            _take_step(state, gradients, optimizers, multiple)
            found[f"probe/loss@{multiple:g}x"] = _after(state, loss_fn)
        read = torch.stack([loss.to(before.device) for loss in found.values()]).tolist()
    finally:
        state.give_back()
    return {**dict(zip(found, read, strict=True)), "probe/lr": state.learning_rates[0][0]}


def _take_step(
    state: TrainingState, gradients: Sequence[torch.Tensor | None], optimizers: Sequence[Optimizer], multiple: float
) -> None:
    """One step of every optimizer with its rates scaled; an optimizer may write into gradients, so each gets its own
    copy."""
    for parameter, gradient in zip(state.parameters, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["lr"] * multiple
        optimizer.step()


def _after(state: TrainingState, loss_fn: Callable[[], torch.Tensor]) -> torch.Tensor:
    """The loss now, with the random numbers that the loss before the step had."""
    state.rewind()
    with torch.no_grad():
        return _loss(loss_fn).float()


def _loss(loss_fn: Callable[[], torch.Tensor]) -> torch.Tensor:
    loss = loss_fn()
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        got = tuple(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise UsageError(f"loss_fn() answered {got}, and a probe needs one number; return the mean loss of the batch")
    return loss.reshape(())


def _backward(loss: torch.Tensor) -> None:
    if not loss.requires_grad:
        raise UsageError("loss_fn() answered a loss without gradient; compute it from the model without no_grad()")
    loss.backward()  # type: ignore[no-untyped-call]


def _multiples(multiples: Sequence[float]) -> tuple[float, ...]:
    chosen = tuple(numbers_of(multiples) or ())
    is_strange = not all(math.isfinite(one) and one > 0 for one in chosen)
    if not chosen or is_strange or len({f"{one:g}" for one in chosen}) < len(chosen):
        raise UsageError(f"multiples={multiples!r} cannot be probed; give different numbers above 0")
    return chosen


def _optimizers(given: object) -> tuple[Optimizer, ...]:
    found = tuple(given) if isinstance(given, list | tuple) else (given,)
    strange = [one for one in found if not isinstance(one, Optimizer)]
    if strange or not found:
        what = type(strange[0]).__name__ if strange else "none"
        raise UsageError(f"optimizer={what} cannot be probed; pass the torch.optim.Optimizer that trains the model")
    if not list(itertools.chain.from_iterable(one.param_groups for one in found)):
        raise UsageError("the optimizer holds no parameters; pass the one that trains the model")
    return found
