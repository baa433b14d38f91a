"""Where the random number generators of this process stand: Python's, numpy's, torch's on the CPU and on CUDA."""

import random
from collections.abc import Iterable

import numpy as np
import torch


class RandomState:
    """The state of all generators at the moment it is made; `restore` goes back to it, as often as asked."""

    def __init__(self, tensors: Iterable[torch.Tensor] = ()) -> None:
        """`tensors`: their CUDA devices are the ones that count."""
        devices = sorted({tensor.device for tensor in tensors if tensor.device.type == "cuda"}, key=str)
        self._python = random.getstate()
        self._numpy = np.random.get_state()
        self._torch = torch.get_rng_state()
        self._cuda = {device: torch.cuda.get_rng_state(device) for device in devices}

    def restore(self) -> None:
        """Let every generator go on from where it stood."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        torch.set_rng_state(self._torch)
        for device, state in self._cuda.items():
            torch.cuda.set_rng_state(state, device)
