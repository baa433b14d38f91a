"""A model's weights as a place that can be left and come back to, bit for bit."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor, nn

from belvedere.core.errors import UsageError

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)  # outputs lie along their second axis
WRAPPERS = ("_orig_mod.", "module.")  # what torch.compile and DistributedDataParallel put into names
PRECISE = (torch.float32, torch.float64)
Direction = tuple[Tensor, ...]  # one tensor for each weight, of its shape


@dataclass(frozen=True, eq=False)
class Weights:
    """The tensors a landscape moves, in the model's order. `output_axes`: which axis of each counts its outputs."""

    names: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    output_axes: tuple[int, ...]

    @property
    def count(self) -> int:
        """Numbers in all tensors."""
        return sum(tensor.numel() for tensor in self.tensors)

    @property
    def device(self) -> torch.device:
        """Where the first tensor lies."""
        return self.tensors[0].device


def weights_of(model: nn.Module) -> Weights:
    """The parameters that are trained, or all when none asks for gradients; UsageError when there are none."""
    if not isinstance(model, nn.Module):
        raise UsageError(f"a landscape needs a torch.nn.Module, got {type(model).__name__}; pass the model itself")
    known = [(name, weight) for name, weight in model.named_parameters() if weight.is_floating_point()]
    known = [(name, weight) for name, weight in known if weight.numel()]
    chosen = [(name, weight) for name, weight in known if weight.requires_grad] or known
    if not chosen:
        raise UsageError(f"{type(model).__name__} has no parameters, so its loss has no landscape; pass another model")
    transposed = {id(part.weight) for part in model.modules() if isinstance(part, TRANSPOSED)}
    axes = tuple(1 if id(weight) in transposed else 0 for _, weight in chosen)
    # .data shares memory but not autograd's version counter: a graph the caller still holds stays usable.
    return Weights(tuple(plain_name(name) for name, _ in chosen), tuple(weight.data for _, weight in chosen), axes)


def plain_name(name: str) -> str:
    """A parameter's name without what wrappers put into it."""
    for wrapper in WRAPPERS:
        name = name.replace(wrapper, "") if wrapper.startswith("_") else name.removeprefix(wrapper)
    return name


def matched(weights: Weights, state: Mapping[str, Tensor], *, what: str) -> list[Tensor]:
    """The tensors of a state dict in the order of the weights; UsageError when one is missing or has another shape."""
    found = {plain_name(name): tensor for name, tensor in state.items()}
    for name, tensor in zip(weights.names, weights.tensors):
        if name not in found:
            raise UsageError(f"{what} has no weight {name!r}; give state dicts of the model that is looked at")
        if found[name].shape != tensor.shape:
            shapes = f"{tuple(found[name].shape)}, in the model {tuple(tensor.shape)}"
            raise UsageError(f"the shape of {name!r} in {what} is {shapes}; give checkpoints of one model")
    return [found[name] for name in weights.names]


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards parameters, buffers, modes and random numbers are what they were, also after
    an exception or Ctrl-C."""
    parameters = [(weight, weight.data.clone()) for weight in model.parameters()]
    buffers = [
        (module, name, buffer, buffer.clone())
        for module in model.modules()
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    modes = [(module, module.training) for module in model.modules()]
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    with torch.random.fork_rng(devices=devices):
        try:
            model.eval()
            yield
        finally:
            for weight, kept in parameters:
                weight.data.copy_(kept)
            for module, name, buffer, kept in buffers:
                module._buffers[name] = buffer  # one may have been replaced rather than written to
                buffer.data.copy_(kept)
            for module, mode in modes:
                module.training = mode


class Visit:
    """Moves the weights to places around where they were at the beginning."""

    def __init__(self, weights: Weights) -> None:
        self._live = list(weights.tensors)
        self.home = [precise(tensor).clone() for tensor in self._live]
        is_precise = all(tensor.dtype in PRECISE for tensor in self._live)
        # Half precision is moved in float32 and rounded once, not once for every direction.
        self._work = self._live if is_precise else [torch.empty_like(tensor) for tensor in self.home]

    def go(self, directions: Sequence[Direction], amounts: Sequence[float]) -> None:
        """To home + Σ amount · direction."""
        torch._foreach_copy_(self._work, self.home)
        for direction, amount in zip(directions, amounts):
            if amount:
                torch._foreach_add_(self._work, list(direction), alpha=amount)
        if self._work is not self._live:
            torch._foreach_copy_(self._live, self._work)

    def put(self, tensors: Sequence[Tensor]) -> None:
        """To these weights."""
        for live, tensor in zip(self._live, tensors):
            live.copy_(tensor)


def precise(tensor: Tensor) -> Tensor:
    """The tensor in float32, or in float64 if it is that."""
    return tensor if tensor.dtype in PRECISE else tensor.float()


def fingerprint(tensors: Sequence[Tensor], settings: Sequence[object]) -> str:
    """32 hexadecimal digits that change when any bit of the tensors or any setting does."""
    digest = blake2b(repr(list(settings)).encode(), digest_size=16)
    for tensor in tensors:
        host = tensor.detach().cpu().contiguous()
        digest.update(f"{tuple(host.shape)} {host.dtype}".encode())
        digest.update(host.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
