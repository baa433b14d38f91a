"""Where a training step begins and ends, seen from the optimizers that make it: one, or several (Muon and AdamW)."""

import weakref
from collections.abc import Callable, Iterable, Sequence

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from belvedere.core.errors import UsageError
from belvedere.record.capture.aside import is_aside


class StepHooks:
    """Calls `begin` before the first optimizer of a training step moves, `end` after the last one has.

    With optimizers given, a step is over when each of them has stepped; without, every optimizer of the process that
    holds parameters of the model counts, and a step is over when they have moved all that are trainable. An optimizer
    that steps a second time also ends the step before it: the others rested.
    """

    def __init__(
        self, parameters: Iterable[torch.nn.Parameter], optimizers: Sequence[Optimizer], *,
        begin: Callable[[Optimizer], None], end: Callable[[], None],
    ) -> None:  # fmt: skip
        self._begin, self._end = begin, end
        self._parameters = tuple(parameters)
        self._ours: weakref.WeakSet[Optimizer] = weakref.WeakSet()
        self._others: weakref.WeakSet[Optimizer] = weakref.WeakSet()
        self._stepped: weakref.WeakSet[Optimizer] = weakref.WeakSet()
        self._is_under_way = False
        self._knows_all = bool(optimizers)
        self._handles = self._hooked(optimizers) if optimizers else self._hooked_everywhere()

    def remove(self) -> None:
        """Take every hook off."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _hooked(self, optimizers: Sequence[Optimizer]) -> list[RemovableHandle]:
        handles = []
        for optimizer in optimizers:
            if not hasattr(optimizer, "register_step_pre_hook"):
                raise UsageError(
                    f"{type(optimizer).__name__} has no step hooks; pass the torch.optim.Optimizer inside it, "
                    "or leave optimizer= out"
                )
            if not self._holds_ours(optimizer):
                raise UsageError(
                    f"the {type(optimizer).__name__} holds no parameter of the watched model; pass the module it trains"
                )
            self._ours.add(optimizer)
            handles.append(optimizer.register_step_pre_hook(self._before))
            handles.append(optimizer.register_step_post_hook(self._after))
        return handles

    def _hooked_everywhere(self) -> list[RemovableHandle]:
        return [register_optimizer_step_pre_hook(self._before), register_optimizer_step_post_hook(self._after)]

    def _before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        if not self._counts(optimizer):
            return
        if optimizer in self._stepped:  # a second time: the step before is over, whoever did not take part
            self._knows_all = True
            self._finish()
        if not self._is_under_way:
            self._is_under_way = True
            self._begin(optimizer)

    def _after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        if not self._counts(optimizer):
            return
        self._stepped.add(optimizer)
        if not self._knows_all:
            self._knows_all = self._covers_all()
        if self._knows_all and len(self._stepped) >= len(self._ours):
            self._finish()

    def _finish(self) -> None:
        self._stepped.clear()
        if self._is_under_way:
            self._is_under_way = False
            self._end()

    def _counts(self, optimizer: Optimizer) -> bool:
        if is_aside():  # a probe's step, which is taken back
            return False
        if optimizer in self._ours:
            return True
        if optimizer in self._others:
            return False
        is_ours = self._holds_ours(optimizer)
        (self._ours if is_ours else self._others).add(optimizer)
        return is_ours

    def _holds_ours(self, optimizer: Optimizer) -> bool:
        ours = {id(parameter) for parameter in self._parameters}
        return any(id(parameter) in ours for parameter in _held(optimizer))

    def _covers_all(self) -> bool:
        moved = {id(parameter) for optimizer in self._stepped for parameter in _held(optimizer)}
        return all(id(parameter) in moved for parameter in self._parameters if parameter.requires_grad)


def _held(optimizer: Optimizer) -> list[torch.Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
