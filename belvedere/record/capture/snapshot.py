"""A training's whole state, kept aside and put back to the last bit: parameters, buffers, gradients, optimizers.

Values are put back into the very tensors they came from, so that whoever holds one of them (a captured CUDA graph, a
fused optimizer) sees nothing but its old value. Memory: one copy of everything, on its own device.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

import torch
from torch import nn
from torch.optim import Optimizer

from belvedere.record.capture.randomness import RandomState

Content = TypeVar("Content")


class TrainingState:
    """The state at the moment it is made."""

    def __init__(self, model: nn.Module, optimizers: Sequence[Optimizer]) -> None:
        held = [one for optimizer in optimizers for group in optimizer.param_groups for one in group["params"]]
        unique = {id(one): one for one in (*model.parameters(), *held)}
        self.parameters: tuple[torch.Tensor, ...] = tuple(unique.values())
        self.learning_rates = [[float(group["lr"]) for group in one.param_groups] for one in optimizers]
        self._model, self._optimizers = model, tuple(optimizers)
        self._gradients = [parameter.grad for parameter in self.parameters]
        self._modes = [(module, module.training) for module in model.modules()]
        self._tensors = [kept(tensor) for tensor in (*self.parameters, *model.buffers())]
        self._states = [kept(dict(one.state)) for one in optimizers]
        self._groups = [kept([_without_parameters(group) for group in one.param_groups]) for one in optimizers]
        self._own = [kept(_plain_attributes(one)) for one in optimizers]
        self._randomness = RandomState((*self.parameters, *model.buffers()))
        for parameter in self.parameters:  # what was there is put back by `give_back`, untouched until then
            parameter.grad = None

    def restore(self) -> None:
        """Parameters, buffers, optimizers and random generators as they were; gradients stay what they are now."""
        with torch.no_grad():
            for restore in self._tensors:
                restore()
            for optimizer, state, groups, own in zip(
                self._optimizers, self._states, self._groups, self._own, strict=True
            ):
                before = state()
                optimizer.state.clear()
                optimizer.state.update(before)
                for group, options in zip(optimizer.param_groups, groups(), strict=True):
                    parameters = group["params"]
                    group.clear()
                    group.update({"params": parameters, **options})
                vars(optimizer).update(own())
        self.rewind()

    def rewind(self) -> None:
        """Random generators as they were."""
        self._randomness.restore()

    def give_back(self) -> None:
        """Everything as it was, gradients and training modes too."""
        for parameter, gradient in zip(self.parameters, self._gradients, strict=True):
            parameter.grad = gradient
        for module, is_training in self._modes:
            module.training = is_training
        self.restore()


def kept(value: Content) -> Callable[[], Content]:
    """Remember a tensor, or containers of tensors and plain values; the answer puts the old content back and gives
    it."""
    return cast("Callable[[], Content]", _kept(value))


def _kept(value: object) -> Callable[[], object]:
    if isinstance(value, torch.Tensor):
        copied = value.detach().clone()

        def restore_tensor() -> object:
            value.data.copy_(copied)
            return value

        return restore_tensor
    if isinstance(value, Mapping):
        parts = {key: _kept(item) for key, item in value.items()}
        return lambda: {key: part() for key, part in parts.items()}
    if isinstance(value, list):
        items = [_kept(item) for item in value]
        return lambda: [item() for item in items]
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        members = [_kept(item) for item in value]
        return lambda: tuple(member() for member in members)
    plain = copy.deepcopy(value)
    return lambda: copy.deepcopy(plain)


def _without_parameters(group: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in group.items() if key != "params"}


def _plain_attributes(optimizer: Optimizer) -> dict[str, object]:
    """Counters and tensors that an optimizer keeps outside its state."""
    return {name: value for name, value in vars(optimizer).items() if isinstance(value, int | float | torch.Tensor)}
