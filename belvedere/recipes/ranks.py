"""The processes that train one model together: who am I, average the gradients, share work out, agree on the clock.

Started by hand there is one process and every function here does nothing; under torchrun there are `world` of them.
"""

import importlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

MESSAGE_NUMBERS = 1 << 26  # 256 MB of float32: few messages, and no second copy of all gradients of a large model


@dataclass(frozen=True)
class Ranks:
    """This process among all of them; rank 0 evaluates, samples, prints and saves."""

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    local_world: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that speaks."""
        return self.rank == 0

    def share_of(self, count: int) -> slice:
        """Which of `count` things are this rank's: ⌈count / world⌉ each, the last ranks may have fewer or none."""
        each = -(-count // self.world)
        return slice(min(count, self.rank * each), min(count, (self.rank + 1) * each))


def ranks_of_environment() -> Ranks:
    """What torchrun says in RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE."""
    number = {name: int(os.environ.get(name, missing)) for name, missing in
              (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"), ("LOCAL_WORLD_SIZE", "1"))}  # fmt: skip
    return Ranks(number["RANK"], number["WORLD_SIZE"], number["LOCAL_RANK"], number["LOCAL_WORLD_SIZE"])


def meet(ranks: Ranks, device: torch.device) -> None:
    """Wait for the others. NCCL between GPUs; gloo for what lies on CPUs, so that agreeing never waits for a GPU."""
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if ranks.world > 1:
        # Optimizers import it. A group that is older than this import is never freed (torch 2.13): its threads then
        # meet the interpreter's end, and a busy machine sees "terminate called without an active exception", exit 134.
        importlib.import_module("torch._dynamo")
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")


def wait(ranks: Ranks) -> None:
    """Until all have come this far."""
    if ranks.world > 1:
        dist.all_reduce(torch.zeros(1))  # on the CPU: a barrier of NCCL would wait for the GPU too


def part(ranks: Ranks) -> None:
    """Wait until the first rank has evaluated and saved, then go."""
    if ranks.world > 1 and dist.is_initialized():
        wait(ranks)
        dist.destroy_process_group()


# ---------------------------------------------------------------------------------------------------------------------
# Means over ranks


def average_gradients(parameters: Iterable[Tensor], ranks: Ranks, numbers: Tensor | None = None) -> Tensor:
    """Each rank saw its share of the batch; afterwards all hold the gradient of the whole batch.

    numbers: (n,) of this rank, such as its mean loss; their means come back. They travel with the gradients, so they
    cost no message of their own. A weight without a gradient on this rank counts as zero: another may have one.
    """
    own = torch.zeros(0) if numbers is None else numbers
    if ranks.world == 1:
        return own
    gradients = [_gradient(weight) for weight in parameters if weight.requires_grad]
    mean = own.detach().to(gradients[0]) if gradients else own.detach().clone()
    for message in _messages([*gradients, mean]):
        _average(message, ranks)
    return mean


def averaged(numbers: Tensor, ranks: Ranks) -> Tensor:
    """The mean over all ranks of (n,) numbers, in a message of their own."""
    mean = numbers.detach().clone()
    if ranks.world > 1:
        dist.all_reduce(mean)
        mean /= ranks.world
    return mean


def _gradient(weight: Tensor) -> Tensor:
    if weight.grad is None:
        weight.grad = torch.zeros_like(weight)
    return weight.grad


def _messages(tensors: Sequence[Tensor]) -> Iterable[list[Tensor]]:
    """Neighbours together, up to MESSAGE_NUMBERS; the last message holds the last tensor whatever its size."""
    message: list[Tensor] = []
    size = 0
    for place, tensor in enumerate(tensors):
        is_last = place == len(tensors) - 1
        if message and size + tensor.numel() > MESSAGE_NUMBERS and not is_last:
            yield message
            message, size = [], 0
        message.append(tensor)
        size += tensor.numel()
    yield message


def _average(tensors: Sequence[Tensor], ranks: Ranks) -> None:
    """Replace each tensor by its mean over ranks: one message instead of one per tensor."""
    flat = torch.cat([tensor.flatten() for tensor in tensors])  # (n,)
    dist.all_reduce(flat)
    flat /= ranks.world
    for tensor, mean in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(mean.view_as(tensor))


# ---------------------------------------------------------------------------------------------------------------------
# Shared work


def gathered(own: Tensor, count: int, ranks: Ranks) -> Tensor:
    """All `count` rows, of which each rank computed `own` = rows[ranks.share_of(count)]."""
    if ranks.world == 1:
        return own
    each = -(-count // ranks.world)
    padded = own.new_zeros((each, *own.shape[1:]))  # messages of all ranks must be equally long
    padded[: len(own)] = own
    rows = own.new_empty((each * ranks.world, *own.shape[1:]))
    gather = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor  # torch 2.13 renamed it
    gather(rows, padded)
    return rows[:count]


def first_keeps(tensor: Tensor, ranks: Ranks) -> Tensor:
    """A copy in CPU memory for the first rank, which saves it; nothing of it for the others."""
    return tensor.detach().cpu().clone() if ranks.is_first else tensor.new_empty(0)


def agreed(fraction: float, is_stopped: bool, ranks: Ranks) -> tuple[float, bool]:
    """The largest used fraction and whether anyone was told to stop: all ranks must leave the loop at the same step.
    Travels between CPUs, wherever the model is: no step waits for a GPU because of it."""
    if ranks.world == 1:
        return fraction, is_stopped
    both = torch.tensor([fraction, float(is_stopped)], dtype=torch.float64)
    dist.all_reduce(both, op=dist.ReduceOp.MAX)
    return both[0].item(), bool(both[1].item())
