"""Writers that write nothing: that of a disabled run, and that of a forked child until it has something to say."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Event


class Writer(Protocol):
    """What a run writes to: `runlog.writer.LogWriter`, or `NullWriter`."""

    dropped_rows: int

    def row(
        self, step: int, values: Mapping[str, object], is_flat: bool = False, time_us: int | None = None
    ) -> bool: ...  # fmt: skip
    def vector(self, step: int, family: str, names: tuple[str, ...], values: NDArray[np.floating]) -> None: ...
    def event(self, event: Event) -> None: ...
    def now(self) -> float: ...
    def sync(self) -> None: ...
    def close(self) -> None: ...


class NullWriter:
    """Remembers the last values, for `run.summary`, and nothing else."""

    def __init__(self) -> None:
        self.dropped_rows = 0
        self.latest: dict[str, object] = {}

    def row(
        self, step: int, values: Mapping[str, object], is_flat: bool = False, time_us: int | None = None
    ) -> bool:  # fmt: skip
        self.latest.update(values)
        return True

    def vector(self, step: int, family: str, names: tuple[str, ...], values: NDArray[np.floating]) -> None:
        """Nothing."""

    def event(self, event: Event) -> None:
        """Nothing."""

    def now(self) -> float:
        return time.time()

    def sync(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Unopened:
    """Opens the real writer at the first call and passes it on."""

    def __init__(self, open_writer: Callable[[], Writer]) -> None:
        self.dropped_rows = 0
        self._open = open_writer

    def row(
        self, step: int, values: Mapping[str, object], is_flat: bool = False, time_us: int | None = None
    ) -> bool:  # fmt: skip
        return self._open().row(step, values, is_flat, time_us)

    def vector(self, step: int, family: str, names: tuple[str, ...], values: NDArray[np.floating]) -> None:
        self._open().vector(step, family, names, values)

    def event(self, event: Event) -> None:
        self._open().event(event)

    def now(self) -> float:
        return time.time()

    def sync(self) -> None:
        """Nothing to sync."""

    def close(self) -> None:
        """Nothing to close."""
