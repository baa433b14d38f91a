"""What a training runs on, as settings of its run, and the memory it holds."""

import math

import torch

from belvedere.recipes.historical.settings import Settings
from belvedere.recipes.ranks import Ranks


def hardware(settings: Settings, ranks: Ranks) -> dict[str, object]:
    """GPUs by name and memory, precision, and how many processes share the work; no GPU is count 0, not a guess."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    known = [torch.cuda.get_device_properties(number) for number in range(count)]
    backend = "nccl" if settings.device.startswith("cuda") else "gloo"
    return {
        "gpu_count": count,
        "gpu_names": [one.name for one in known],
        "gpu_memory_bytes": [one.total_memory for one in known],
        "precision": "bf16 autocast" if settings.dtype == "bfloat16" else "float32",
        "distributed": f"{backend}, {ranks.world} ranks" if ranks.world > 1 else "one process",
        "world_size": ranks.world,
    }


def memory_held(device: torch.device) -> float:
    """Bytes that tensors take on a GPU. NaN on a CPU: there the process grows without a leak too, because mapped pages
    of the token file count and the C library keeps freed blocks (measured: with its mmap threshold fixed it does not).
    """
    return float(torch.cuda.memory_allocated(device)) if device.type == "cuda" else math.nan


def memory_limit(device: torch.device) -> float | None:
    """Bytes of the GPU; None on a CPU, whose memory others use as well."""
    return float(torch.cuda.get_device_properties(device).total_memory) if device.type == "cuda" else None
