"""The processes that train one model together: who am I, average the gradients, agree on the clock.

Started by hand there is one process and every function here does nothing; under torchrun there are `world` of them.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor


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


def ranks_of_environment() -> Ranks:
    """What torchrun says in RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE."""
    number = {name: int(os.environ.get(name, missing)) for name, missing in
              (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"), ("LOCAL_WORLD_SIZE", "1"))}  # fmt: skip
    return Ranks(number["RANK"], number["WORLD_SIZE"], number["LOCAL_RANK"], number["LOCAL_WORLD_SIZE"])


def meet(ranks: Ranks, device: torch.device) -> None:
    """Wait for the others: NCCL between GPUs, gloo between CPUs."""
    if ranks.world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def wait(ranks: Ranks) -> None:
    """Until all have come this far."""
    if ranks.world > 1:
        dist.barrier()


def part(ranks: Ranks) -> None:
    """Wait until the first rank has evaluated and saved, then go."""
    if ranks.world > 1 and dist.is_initialized():
        wait(ranks)
        dist.destroy_process_group()


def average_gradients(parameters: Iterable[Tensor], ranks: Ranks) -> None:
    """Each rank saw its share of the batch; afterwards all hold the gradient of the whole batch."""
    if ranks.world == 1:
        return
    gradients = [weight.grad for weight in parameters if weight.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])  # (n,): one message instead of one per weight
    dist.all_reduce(flat)
    flat /= ranks.world
    means = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))


def agreed(fraction: float, is_stopped: bool, ranks: Ranks, device: torch.device) -> tuple[float, bool]:
    """The largest used fraction and whether anyone was told to stop: all ranks must leave the loop at the same step."""
    if ranks.world == 1:
        return fraction, is_stopped
    both = torch.tensor([fraction, float(is_stopped)], dtype=torch.float64, device=device)
    dist.all_reduce(both, op=dist.ReduceOp.MAX)
    return both[0].item(), bool(both[1].item())
