"""Seconds of training: what the budget is measured in."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Clock:
    """Processor seconds on a CPU, so that a busy machine takes longer and learns the same; plain seconds on a GPU,
    where a processor only waits. Examinations and pictures do not count."""

    def __init__(self, device: torch.device, *, before: float = 0.0) -> None:
        self._now = time.process_time if device.type == "cpu" else time.perf_counter
        self.before, self._since = before, self._now()  # seconds of earlier attempts

    @property
    def seconds(self) -> float:
        """So far, over all attempts."""
        return self.before + self._now() - self._since

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What happens inside is not counted."""
        paused_at = self._now()
        try:
            yield
        finally:
            self._since += self._now() - paused_at
