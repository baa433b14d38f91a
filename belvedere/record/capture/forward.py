"""A forward pass beside the training, which leaves no trace in it.

No gradients, every module in evaluation mode (dropout off, running averages still), compiled functions run eagerly so
that hooks and modes see inside; afterwards modes and random generators are what they were.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypeGuard

import torch
from torch import nn

from belvedere.record.capture.aside import aside
from belvedere.record.capture.randomness import RandomState


def inner_model(model: nn.Module) -> nn.Module:
    """The module inside torch.compile's and DistributedDataParallel's wrappers."""
    while True:
        inside = getattr(model, "_orig_mod", None)
        if isinstance(model, nn.parallel.DistributedDataParallel | nn.DataParallel):
            inside = model.module
        if not isinstance(inside, nn.Module):
            return model
        model = inside


@contextmanager
def beside_training(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; modes and generators are put back, also after an error."""
    modules = list(model.modules())
    modes = [module.training for module in modules]
    randomness = RandomState(itertools.chain(model.parameters(), model.buffers()))
    with ExitStack() as stack:
        stack.enter_context(aside())
        stack.enter_context(torch.no_grad())
        if hasattr(torch.compiler, "set_stance"):  # torch 2.6
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            for module in modules:
                module.training = False
            yield
        finally:
            for module, is_training in zip(modules, modes, strict=True):
                module.training = is_training
            randomness.restore()


def called(model: nn.Module, inputs: object) -> object:
    """What the model answers: a tuple or list of inputs are its arguments, a mapping its keyword arguments."""
    if isinstance(inputs, Mapping):
        return model(**inputs)
    if isinstance(inputs, tuple | list):
        return model(*inputs)
    return model(inputs)


def first_tensor(answer: object) -> torch.Tensor | None:
    """A module's answer, or the first tensor among several answers."""
    found = next((one for one in answer if isinstance(one, torch.Tensor)), None) if _is_row(answer) else answer
    return found if isinstance(found, torch.Tensor) else None


def _is_row(answer: object) -> TypeGuard[Sequence[object]]:
    return isinstance(answer, tuple | list)
