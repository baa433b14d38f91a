"""Watches a model train: gradients and weights by block, as often as an overhead budget allows, and what that cost.

Readings belong to the step that a `run.log` after the optimizer step writes. A step that `GradScaler` skips has none,
because no optimizer stepped. `watch/cost_ms` is the time one measurement took on the host and the device together;
`watch/overhead_percent` is all such time so far, in per cent of the time that passed since `watch` was called.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim import Optimizer

from belvedere.core.errors import UsageError
from belvedere.record.capture.architecture import architecture_of
from belvedere.record.capture.asked import Sheltered
from belvedere.record.capture.blocks import Blocks, blocks_of
from belvedere.record.capture.counting import StepCount
from belvedere.record.capture.devicetime import DeviceTime
from belvedere.record.capture.gradients import Gradients
from belvedere.record.capture.optimizers import StepHooks
from belvedere.record.capture.quantity import Quantity, Readings
from belvedere.record.capture.schedule import Budget, Every
from belvedere.record.capture.schedule import every as every_steps
from belvedere.record.capture.weights import Weights
from belvedere.record.deferred import Arrays, Deferred
from belvedere.record.guard import ANY_ERROR, Guard, described, guarded

QUANTITIES: dict[str, Callable[[Blocks], Quantity]] = {"gradients": Gradients, "weights": Weights}
SYNONYMS = {"all": ("gradients", "weights"), "parameters": ("weights",)}  # the words that wandb.watch has
NO_LIMIT = 1.0


class Recorder(Protocol):
    """What watching needs of a run."""

    _guard: Guard
    _deferred: Deferred
    has_explicit_steps: bool

    @property
    def step(self) -> int:
        """The step that the next `log` without `step=` belongs to."""
        ...

    def log(self, data: Mapping[str, object], step: int | None = None, commit: bool | None = None) -> None:
        """Append a row."""
        ...

    def log_vector(
        self, family: str, values: object, names: Sequence[str] | None = None, step: int | None = None
    ) -> None:
        """Append a vector."""
        ...

    def on_finish(self, doing: str, close: Callable[[float], str]) -> None:
        """Have `close(seconds left)` called before the end of the run is written; it answers a sentence or ""."""
        ...


def attach(
    run: Recorder, model: object, optimizer: object = None, *,
    log: str | Sequence[str] | None = ("gradients", "weights"), every: int | None = None, budget: float | None = 0.01,
    clock: Callable[[], float] = time.perf_counter,
) -> "Watch":  # fmt: skip
    """Watch `model` until `detach()` or the end of the run.

    optimizer: one, or all that train the model; None finds them when they step
    log: "gradients", "weights" or both · every: measure each n-th optimizer step, as far as the budget allows
    budget: share of the time that measuring may take (0.01 is one per cent); None for no limit
    """
    if not isinstance(model, torch.nn.Module):
        raise UsageError(f"watch() takes a torch module, got {type(model).__name__}; pass the model that is trained")
    blocks = blocks_of(model)
    quantities = [QUANTITIES[name](blocks) for name in _chosen(log)]
    schedule = None if every is None else every_steps(every)
    watch = Watch(run, blocks, quantities, schedule=schedule, budget=budget, clock=clock)
    watch.hooks = StepHooks(blocks.parameters, _optimizers(optimizer), begin=watch.begin, end=watch.end)
    run.on_finish("watch", watch.close)
    with Sheltered(run, "watch()"):
        run.log({"architecture": architecture_of(model)}, commit=False)
    return watch


def _optimizers(given: object) -> list[Optimizer]:
    """One, several or none; StepHooks refuses what has no step hooks. A loss stands there in scripts for W&B."""
    if given is None or isinstance(given, torch.nn.Module) or (callable(given) and not hasattr(given, "step")):
        return []
    return list(given) if isinstance(given, list | tuple) else [given]  # type: ignore[list-item]


def _chosen(log: str | Sequence[str] | None) -> list[str]:
    words = [log] if isinstance(log, str) else list(log or ())
    names = dict.fromkeys(name for word in words for name in SYNONYMS.get(word, (word,)))
    unknown = [name for name in names if name not in QUANTITIES]
    if unknown or not names:
        raise UsageError(f"log={log!r} names nothing that can be watched; use 'gradients', 'weights' or both")
    return list(names)


class Watch:
    """Measures the quantities of one model at the steps that are due. One measurement is under way at a time."""

    def __init__(
        self, run: Recorder, blocks: Blocks, quantities: Sequence[Quantity], *,
        schedule: Every | None, budget: float | None, clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self.hooks: StepHooks | None = None
        self._guard = run._guard
        self._run, self._names, self._quantities = run, blocks.names, list(quantities)
        self._schedule, self._is_limited, self._clock = schedule, budget is not None, clock
        self._budget = Budget(NO_LIMIT if budget is None else budget, now=clock())
        self._device_time = DeviceTime(blocks.parameters[0])
        self._steps_seen = 0
        self._count = StepCount(run)
        self._step: int | None = None  # of the measurement under way
        self._is_taken = self._has_arrived = False
        self._host_secs = 0.0

    @guarded
    def begin(self, optimizer: Optimizer) -> None:
        """The first optimizer of a training step is about to move."""
        now = self._clock()
        self._settle(now)
        place, self._steps_seen = self._steps_seen, self._steps_seen + 1
        step = self._count.at(place)
        is_due = self._schedule is None or self._schedule.is_due(place)
        if self._step is not None or not is_due or (self._is_limited and not self._budget.is_due(now)):
            self._budget.spend_between(self._clock() - now)
            return
        self._is_taken = self._has_arrived = False
        self._device_time.start()
        scale = getattr(optimizer, "grad_scale", None)  # set by GradScaler for optimizers that unscale by themselves
        for quantity in tuple(self._quantities):
            self._prepare(quantity, scale if isinstance(scale, torch.Tensor) else None)
        self._device_time.stop()
        self._step = step
        self._host_secs = self._clock() - now

    @guarded
    def end(self) -> None:
        """The last optimizer of the training step has moved."""
        if self._step is None or self._is_taken:
            return
        if not self._quantities:
            self._step = None
            return
        now = self._clock()
        self._is_taken = True
        self._device_time.start()
        readings = [quantity.after_step() for quantity in self._quantities]
        packed = torch.cat([values.reshape(-1) for found in readings for values in _parts(found).values()])
        self._device_time.stop()
        self._send(self._step, readings, packed)
        self._host_secs += self._clock() - now
        self._settle(self._clock())

    def detach(self) -> None:
        """Take the hooks off and let go of the model. What is under way is still written when it arrives."""
        if self.hooks is not None:
            self.hooks.remove()
            self.hooks = None
        self._last_words()
        self._quantities = []

    def close(self, left_secs: float) -> str:
        """The run ends."""
        self.detach()
        return ""

    @guarded
    def _last_words(self) -> None:
        self._run._deferred.poll()
        self._settle(self._clock())

    def _prepare(self, quantity: Quantity, grad_scale: torch.Tensor | None) -> None:
        try:
            quantity.before_step(grad_scale)
        except torch.cuda.OutOfMemoryError as error:
            self._quantities.remove(quantity)
            self._guard.tell(
                f"no device memory to watch {type(quantity).__name__.lower()}, which is no longer watched; "
                "pass log='gradients' to do without the copy of the parameters",
                kind="watch memory", cause=error,
            )  # fmt: skip

    def _send(self, step: int, readings: Sequence[Readings], packed: torch.Tensor) -> None:
        """Bring all readings over in one copy, and write them on arrival."""

        def arrived(arrays: Arrays) -> None:
            try:
                self._write(step, readings, np.asarray(arrays[0], np.float64))
            except ANY_ERROR as error:  # on the thread that found the values: nothing may leave it
                self._guard.tell_later(f"watched values of step {step} were not recorded: {described(error)}")

        if not self._run._deferred.put_then([packed], arrived):
            self._has_arrived = True  # dropped: nothing will come

    def _write(self, step: int, readings: Sequence[Readings], values: NDArray[np.float64]) -> None:
        """`values` (n,): the parts of all readings, one behind the other."""
        self._has_arrived = True
        start, row = 0, {}
        for found in readings:
            for name, part in _parts(found).items():
                piece = values[start : start + part.numel()]
                start += part.numel()
                if name in found.vectors:
                    self._run.log_vector(name, piece.astype(np.float32), self._names, step)
                else:
                    row[name] = float(piece[0])
        if row:
            self._run._deferred.write(step, row)

    def _settle(self, now: float) -> None:
        """Once a measurement has arrived its whole cost is known: pay for it and write it down."""
        if self._step is None or not self._has_arrived:
            return
        step, self._step = self._step, None
        cost_secs = self._host_secs + self._device_time.take_secs()
        self._budget.spend(cost_secs)
        overhead_percent = 100 * self._budget.spent_share(now)
        costs = {"watch/cost_ms": cost_secs * 1e3, "watch/overhead_percent": overhead_percent}
        self._run._deferred.write(step, costs)


def _parts(readings: Readings) -> dict[str, torch.Tensor]:
    """Vectors, then scalars, by name: the order in which they travel."""
    return {**readings.vectors, **readings.scalars}
