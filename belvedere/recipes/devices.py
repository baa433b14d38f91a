"""The GPUs that torch can train on here."""

import torch


def gpu_names() -> tuple[str, ...]:
    """One name for each, in the order of cuda:0, cuda:1 …; empty where torch sees none."""
    return tuple(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
