"""Watches what a model's blocks compute while it trains: dead units, saturation, spread; on the device, by samples.

At a step that is due, the first training forward of the step is listened to (the module given in training mode, with
gradients on). Vectors over the blocks of `watch`, in the same order; a block where a quantity has no meaning reads NaN,
and a family without meaning in any block is not written:

    dead_share       of the units behind ReLU-like functions (ReLU, GELU, SiLU, ELU …): the share whose output was not
                     above 0 for any example or position of the batch, so that for ReLU they passed no gradient
    saturation       of the outputs of bounded functions (tanh, sigmoid, hardtanh …): the share within 1 % of the range
                     from either end, where the slope is nearly nothing
    activation_std   standard deviation of all numbers in the block's output (of its first module that runs)

A unit is one place of the last axis, or one channel (axis 1) of an output with four axes or more. A function counts for
the block that was entered last. Costs two or three passes over the activations at measured steps and one Python call
for each torch function of that forward; nothing at others. Functions that are compiled by themselves inside an
uncompiled model are compiled once more and not heard. `watch/activations_cost_ms` is what one measurement took.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from belvedere.core.errors import UsageError
from belvedere.record.capture.activation_statistics import BOUNDED, RECTIFIED, Statistics
from belvedere.record.capture.architecture import modules_of
from belvedere.record.capture.aside import is_aside
from belvedere.record.capture.asked import needed_module, needed_run, send
from belvedere.record.capture.blocks import Blocks, blocks_of
from belvedere.record.capture.counting import StepCount
from belvedere.record.capture.devicetime import DeviceTime
from belvedere.record.capture.optimizers import StepHooks
from belvedere.record.capture.schedule import Budget, Every
from belvedere.record.capture.schedule import every as every_steps
from belvedere.record.deferred import Arrays
from belvedere.record.guard import ANY_ERROR, guarded
from belvedere.record.run import Run

NO_LIMIT = 1.0


def watch_activations(
    model: object, *, every: int | None = None, budget: float | None = 0.01, run: Run | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> "ActivationWatch":  # fmt: skip
    """Record `dead_share`, `saturation` and `activation_std` of every block until `detach()` or the end of the run.

    every: measure each n-th optimizer step, as far as the budget allows · budget: share of the time that measuring may
    take (0.01 is one per cent); None for no limit. UsageError for a model that is no module, has no parameters or is
    compiled (a compiled model fuses its activations, and nothing can listen inside), and where there is no run.
    """
    recorder = needed_run(run, "watch_activations()")
    whole = needed_module(model, "watch_activations()")
    if any(hasattr(module, "_orig_mod") or module._compiled_call_impl is not None for module in whole.modules()):
        raise UsageError(
            f"{type(whole).__name__} is compiled, and nothing can listen inside; "
            "watch the activations of a run without torch.compile"
        )
    blocks = blocks_of(whole)
    schedule = None if every is None else every_steps(every)
    watch = ActivationWatch(recorder, whole, blocks, schedule=schedule, budget=budget, clock=clock)
    recorder.on_finish("watch_activations", watch.close)
    return watch


class ActivationWatch:
    """Hooks on the model and its blocks. One measurement is under way at a time."""

    def __init__(
        self, run: Run, model: torch.nn.Module, blocks: Blocks, *, schedule: Every | None, budget: float | None,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._guard, self._run, self._names, self._clock = run._guard, run, blocks.names, clock
        self._schedule, self._is_limited = schedule, budget is not None
        self._budget = Budget(NO_LIMIT if budget is None else budget, now=clock())
        self._device_time = DeviceTime(blocks.parameters[0])
        self._count, self._place, self._last_place = StepCount(run), 0, -1
        self._listening: _Listening | None = None
        self._step: int | None = None  # of the measurement under way
        self._has_arrived = False
        self._host_secs = 0.0
        self._steps: StepHooks | None = None
        self._handles: list[RemovableHandle] = []
        if run.disabled:
            return
        self._steps = StepHooks(blocks.parameters, [], begin=self._next_step, end=lambda: None)
        self._handles = [
            model.register_forward_pre_hook(self._enter, prepend=True),
            model.register_forward_hook(self._leave, always_call=True),
        ]
        for row, modules in enumerate(modules_of(model, blocks)):
            for module in modules:
                self._handles.append(module.register_forward_pre_hook(partial(self._in_block, row)))
                self._handles.append(module.register_forward_hook(partial(self._out_of_block, row)))

    def detach(self) -> None:
        """Take the hooks off. What is under way is still written when it arrives."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        if self._steps is not None:
            self._steps.remove()
            self._steps = None
        self._last_words()

    def close(self, left_secs: float) -> str:
        """The run ends."""
        self.detach()
        return ""

    @guarded
    def _last_words(self) -> None:
        self._run._deferred.poll()
        self._settle(self._clock())

    @guarded
    def _next_step(self, optimizer: object) -> None:
        """An optimizer step of the training is about to be taken: forwards from here on belong to the next one."""
        self._count.at(self._place)
        self._place += 1

    def _in_block(self, row: int, module: torch.nn.Module, inputs: object) -> None:
        """A block begins."""
        if self._listening is not None:
            self._listening.row = row

    def _out_of_block(self, row: int, module: torch.nn.Module, inputs: object, output: object) -> None:
        """A block has answered."""
        if self._listening is not None:
            self._listening.note_output(row, output)

    @guarded
    def _enter(self, module: torch.nn.Module, inputs: object) -> None:
        """A forward pass of the whole model begins."""
        if not module.training or not torch.is_grad_enabled() or is_aside() or self._place == self._last_place:
            return
        now = self._clock()
        self._settle(now)
        self._last_place = self._place
        step = self._count.at(self._place)
        is_due = self._schedule is None or self._schedule.is_due(self._place)
        if self._step is not None or not is_due or (self._is_limited and not self._budget.is_due(now)):
            return
        if torch.cuda.is_available() and torch.cuda.is_current_stream_capturing():
            return
        self._step, self._has_arrived = step, False
        self._listening = _Listening(Statistics(len(self._names)), self._device_time, self._clock, self._told)
        self._listening.__enter__()  # type: ignore[no-untyped-call]
        self._host_secs = self._clock() - now

    @guarded
    def _leave(self, module: torch.nn.Module, inputs: object, output: object) -> None:
        """It is over, or an error ended it: what was heard so far is sent."""
        listening, self._listening = self._listening, None
        if listening is None or self._step is None:
            return
        now = self._clock()
        listening.__exit__(None, None, None)  # type: ignore[no-untyped-call]
        self._device_time.start()
        families, packed = listening.statistics.packed()
        self._device_time.stop()
        step = self._step
        if not families:
            self._step = None
            return

        def write(arrays: Arrays) -> None:
            self._write(step, families, np.asarray(arrays[0], np.float64))

        send(self._run, f"the activations of step {step}", [packed], write)
        self._host_secs += listening.host_secs + self._clock() - now
        self._settle(self._clock())

    def _write(self, step: int, families: Sequence[str], values: NDArray[np.float64]) -> None:
        """`values` (families·k,): one family behind the other."""
        self._has_arrived = True
        for family, row in zip(families, values.reshape(len(families), -1), strict=True):
            if not np.isnan(row).all():
                self._run.log_vector(family, row.astype(np.float32), self._names, step)

    def _settle(self, now: float) -> None:
        """Once a measurement has arrived its whole cost is known: pay for it and write it down."""
        if self._step is None or not self._has_arrived:
            return
        step, self._step = self._step, None
        cost_secs = self._host_secs + self._device_time.take_secs()
        self._budget.spend(cost_secs)
        share = 100 * self._budget.spent_share(now)
        costs = {"watch/activations_cost_ms": cost_secs * 1e3, "watch/activations_percent": share}
        self._run._deferred.write(step, costs)

    def _told(self, error: BaseException) -> None:
        self._guard.caught(error, "watch_activations()")


class _Listening(TorchFunctionMode):
    """While active, measures the outputs of activation functions; the call itself is left alone."""

    def __init__(
        self, statistics: Statistics, device_time: DeviceTime, clock: Callable[[], float],
        tell: Callable[[BaseException], None],
    ) -> None:  # fmt: skip
        super().__init__()
        self.statistics, self.row, self.host_secs = statistics, -1, 0.0
        self._device_time, self._clock, self._tell = device_time, clock, tell

    def __torch_function__(
        self, func: Callable[..., object], types: object, args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:  # fmt: skip
        output = func(*args, **(kwargs or {}))
        if torch.compiler.is_compiling():  # a function of the model that is compiled by itself: nothing to hear inside
            return output
        if func in RECTIFIED or func in BOUNDED:
            self._measured(lambda: self.statistics.add_function(self.row, func, output))
        return output

    def note_output(self, row: int, output: object) -> None:
        """A module of a block has answered."""
        self._measured(lambda: self.statistics.add_output(row, output))

    def _measured(self, measure: Callable[[], None]) -> None:
        """Measure, and count what it costs. Nothing may leave it: the caller is the model."""
        now = self._clock()
        self._device_time.start()
        try:
            measure()
        except ANY_ERROR as error:
            self._tell(error)
        self._device_time.stop()
        self.host_secs += self._clock() - now
