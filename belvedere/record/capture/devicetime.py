"""How long a CUDA device worked for us, from events on its stream; 0 on any other: the host's clock has seen it."""

import torch


class DeviceTime:
    """Adds up the time between each `start` and `stop`. Nothing waits: read it when later work is known to be done."""

    def __init__(self, where: torch.Tensor) -> None:
        """`where`: a tensor of the device; a model may move after we have met it."""
        self._where = where
        self._pairs: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []
        self._began: torch.cuda.Event | None = None

    def start(self) -> None:
        """From here on the device works for us."""
        self._began = self._marked() if self._where.device.type == "cuda" else None

    def stop(self) -> None:
        """No longer."""
        if self._began is not None:
            self._pairs.append((self._began, self._marked()))
            self._began = None

    def take_secs(self) -> float:
        """The sum since the last call; every pair must be over on the device."""
        pairs, self._pairs = self._pairs, []
        return sum(float(began.elapsed_time(ended)) for began, ended in pairs) / 1e3

    def _marked(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self._where.device))
        return event
