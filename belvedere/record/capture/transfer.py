"""Torch tensors on their way to host memory, with no synchronisation."""

import functools
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.core.errors import UsageError

WITHOUT_NUMPY = (
    torch.bfloat16,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
)  # numpy has no such types: they travel as float32
WORD_BYTES = 8


class TorchTransfer:
    """Tensors of any devices and types, copied at the moment of the call: later changes in place do not reach them."""

    def __init__(self, values: Sequence[object]) -> None:
        tensors = [value.detach() for value in values if isinstance(value, torch.Tensor)]
        if len(tensors) != len(values):
            raise UsageError("device values of several libraries in one call; log torch tensors and jax arrays apart")
        groups: dict[tuple[torch.device, torch.dtype], list[int]] = {}
        for position, tensor in enumerate(tensors):
            groups.setdefault((tensor.device, tensor.dtype), []).append(position)
        self._shapes = [tuple(tensor.shape) for tensor in tensors]
        self._parts = [
            (positions, _start([tensors[position] for position in positions])) for positions in groups.values()
        ]
        self.size_bytes = sum(part.size_bytes for _, part in self._parts)

    def is_done(self) -> bool:
        """Whether all have arrived."""
        return all(part.is_done() for _, part in self._parts)

    def arrays(self) -> list[NDArray[np.generic]]:
        """The values in the order given, each in its own shape."""
        found: dict[int, NDArray[np.generic]] = {}
        for positions, part in self._parts:
            flat, start = part.flat(), 0
            for position in positions:
                shape = self._shapes[position]
                size = int(np.prod(shape, dtype=np.int64))
                found[position] = flat[start : start + size].reshape(shape)
                start += size
        return [found[position] for position in range(len(self._shapes))]


class _CudaPart:
    """Tensors of one CUDA device and type: one kernel packs them, a side stream copies them to pinned memory.

    A mark is copied behind them. It, and no event, says that they have arrived: reading host memory is no CUDA call, so
    the polling thread can neither wait for the driver nor break a CUDA graph that the training thread happens to
    capture.
    """

    def __init__(self, tensors: list[torch.Tensor]) -> None:
        if torch.cuda.is_current_stream_capturing():
            raise UsageError(
                "a CUDA graph is being captured, and nothing can leave the device then; log after its replay"
            )
        self._packed = _packed(tensors)  # held until arrival: the caching allocator must not hand it out again
        device = self._packed.device
        with torch.cuda.device(device):
            self._host = torch.empty(self._packed.shape, dtype=self._packed.dtype, pin_memory=True)
            self._mark = torch.zeros(1, dtype=torch.int64, pin_memory=True)
            self._one = torch.ones(1, dtype=torch.int64, device=device)
            side = _side_stream(device)
            side.wait_stream(torch.cuda.current_stream(device))
            with torch.cuda.stream(side):
                self._host.copy_(self._packed, non_blocking=True)
                self._mark.copy_(self._one, non_blocking=True)
        self._seen = self._mark.numpy()
        self.size_bytes = self._host.numel() * self._host.element_size() + WORD_BYTES

    def is_done(self) -> bool:
        return bool(self._seen[0])

    def flat(self) -> NDArray[np.generic]:
        return np.array(self._host.numpy())  # a copy of our own: the pinned memory goes back to its pool


class _PlainPart:
    """Tensors of a device whose streams we do not use (CPU; MPS and others, where the copy waits)."""

    def __init__(self, tensors: list[torch.Tensor]) -> None:
        self._host = _packed(tensors).cpu()
        self.size_bytes = self._host.numel() * self._host.element_size()

    def is_done(self) -> bool:
        return True

    def flat(self) -> NDArray[np.generic]:
        return np.asarray(self._host.numpy())


@functools.cache
def _side_stream(device: torch.device) -> "torch.cuda.Stream":
    """One for each device and process: torch never gives a stream back."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def _start(tensors: list[torch.Tensor]) -> "_CudaPart | _PlainPart":
    return _CudaPart(tensors) if tensors[0].device.type == "cuda" else _PlainPart(tensors)


def _packed(tensors: list[torch.Tensor]) -> torch.Tensor:
    """(elements,) a copy of all, one behind the other."""
    packed = torch.cat([tensor.reshape(-1) for tensor in tensors])
    return packed.float() if packed.dtype in WITHOUT_NUMPY else packed
