"""`bv.landscape_line`: the loss on the straight line between two sets of weights, measured place by place."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from belvedere.analysis.landscape.line import Line, barrier_of
from belvedere.analysis.landscape.losses import LossFunction, loss_of
from belvedere.analysis.landscape.progress import bar
from belvedere.analysis.landscape.survey import Recorder
from belvedere.analysis.landscape.weights import matched, plain_name, precise, untouched, weights_of
from belvedere.core.errors import UsageError


def landscape_line(
    model: nn.Module, loss_fn: LossFunction, start: Mapping[str, Tensor], end: Mapping[str, Tensor] | None = None, *,
    names: tuple[str, str] = ("start", "end"), size: int = 25, run: Recorder | None = None, step: int | None = None,
    progress: bool = True,
) -> Line:  # fmt: skip
    """The loss at `size` places on the line from state dict `start` to `end` (None: the model as it is).

    Buffers that are numbers with a fraction, such as running means, are mixed in the same way, so that both ends have
    the losses of their checkpoints. The model is afterwards what it was, bit for bit; cost: `size` forward passes."""
    if size < 2:
        raise UsageError(f"size={size} makes no line; use at least 2")
    weights = weights_of(model)
    finish = {name: tensor.clone() for name, tensor in model.state_dict().items()} if end is None else end
    ends = [matched(weights, state, what=f"{name!r}") for name, state in zip(names, (start, finish))]
    length = sum(float((precise(b) - precise(a.to(b.device))).double().square().sum()) for a, b in zip(*ends)) ** 0.5
    alphas, losses = np.linspace(0.0, 1.0, size), np.zeros(size)
    with untouched(model), bar("line", total=size, is_wanted=progress) as told:
        buffers = list(_shared_buffers(model, start, finish))
        for number, alpha in enumerate(alphas.tolist()):
            for live, one, other in [*zip(weights.tensors, *ends), *buffers]:
                live.copy_(_mixed(one, other, alpha, live))
            losses[number] = loss_of(model, loss_fn)
            told(number + 1)
    found = Line(alphas, losses, barrier_of(alphas, losses), length, *names)
    if run is not None:
        run.log({"landscape/line": found.array()}, step=step, commit=False)
    return found


def _mixed(one: Tensor, other: Tensor, alpha: float, like: Tensor) -> Tensor:
    """(1 − α) · one + α · other; exactly the one or the other at the ends."""
    if alpha in (0.0, 1.0) or not one.is_floating_point():
        return (one if alpha == 0.0 else other).to(like.device)
    first, second = (tensor.to(like.device, precise(like).dtype) for tensor in (one, other))
    return torch.lerp(first, second, alpha)


def _shared_buffers(
    model: nn.Module, start: Mapping[str, Tensor], end: Mapping[str, Tensor]
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Each buffer that both ends know, with their values."""
    one, other = ({plain_name(name): tensor for name, tensor in state.items()} for state in (start, end))
    found = []
    for name, buffer in model.named_buffers():
        key = plain_name(name)
        if key in one and key in other and one[key].shape == other[key].shape == buffer.shape:
            found.append((buffer, one[key], other[key]))
    return found
