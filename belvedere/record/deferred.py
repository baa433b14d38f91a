"""Values that still lie on a device: copied to host memory without waiting for it, handed on when they have arrived.

`put` starts the copy and returns. `poll` (called by later logs, and by a thread that lives while anything is under way)
hands every arrived value on, in the order of `put`. What has not arrived when `flush` runs out of time is counted as
dropped.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from belvedere.record.guard import in_background

Arrays = Sequence[NDArray[np.generic]]

PENDING_MAX = (
    4096  # a CUDA launch queue holds about 1,000 kernels, so nobody gets this far ahead of a device that works
)
PENDING_BYTES_MAX = 64 << 20
POLL_SECS = 0.05


class Transfer(Protocol):
    """Some values on their way to host memory."""

    size_bytes: int

    def is_done(self) -> bool:
        """Whether all have arrived. Called from any thread; never waits, and calls nothing of the device's driver."""
        ...

    def arrays(self) -> Arrays:
        """The values in the order given, once they have arrived. Raises RuntimeError when the device lost them."""
        ...


def is_on_device(value: object) -> bool:
    """Whether reading the value would wait: a torch tensor that is not on the CPU, or a jax array not there yet.

    Nothing is imported: whoever logged a tensor has imported its library."""
    module = type(value).__module__
    if module.startswith("torch"):
        device = getattr(value, "device", None)
        return device is not None and getattr(device, "type", "cpu") != "cpu"
    is_ready = getattr(value, "is_ready", None) if module.startswith(("jax", "jaxlib")) else None
    return callable(is_ready) and not is_ready()


def start_transfer(values: Sequence[object]) -> Transfer:
    """Begin to copy values of one library (torch or jax) to host memory."""
    if all(type(value).__module__.startswith("jax") for value in values):
        return JaxTransfer(cast("Sequence[JaxArray]", values))
    from belvedere.record.capture.transfer import TorchTransfer

    return TorchTransfer(values)


class JaxArray(Protocol):
    """What we ask of a jax array."""

    nbytes: int

    def copy_to_host_async(self) -> None: ...

    def is_ready(self) -> bool: ...

    def is_deleted(self) -> bool: ...


class JaxTransfer:
    """jax arrays on their way: jax copies them itself and says when they are there."""

    def __init__(self, values: Sequence[JaxArray]) -> None:
        self._values = values
        self.size_bytes = sum(value.nbytes for value in values)
        for value in values:
            value.copy_to_host_async()

    def is_done(self) -> bool:
        """Whether the last one has been computed (the copy follows at once). A donated array never will be."""
        return all(value.is_deleted() or value.is_ready() for value in self._values)

    def arrays(self) -> Arrays:
        """The values; RuntimeError when an array was donated to a later computation."""
        return [np.asarray(value) for value in self._values]


@dataclass(frozen=True, eq=False)
class _Pending:
    transfer: Transfer
    then: Callable[[Arrays], None]


class Deferred:
    """The queue of values under way. Thread-safe; a forked child starts with an empty one.

    `write(step, values)` gets what `put` was given, as Python numbers (one element) or arrays (more). It must not
    raise: it runs in whatever thread found the values.
    """

    def __init__(
        self, write: Callable[[int, Mapping[str, object]], None], *,
        start: Callable[[Sequence[object]], Transfer] = start_transfer,
        clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
        has_thread: bool = True,
    ) -> None:  # fmt: skip
        self.dropped = 0
        self.write, self._start, self._clock, self._sleep = write, start, clock, sleep
        self._has_thread = has_thread
        self._empty()

    def _empty(self) -> None:
        self._pid = os.getpid()
        self._pending: deque[_Pending] = deque()
        self._pending_bytes = 0
        self._polling = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._pending)

    def put(self, step: int, values: Mapping[str, object]) -> bool:
        """Start to copy the values; on arrival they become a row of `step`. False when dropped: too many under way."""
        keys = tuple(values)

        def write_row(arrays: Arrays) -> None:
            self.write(step, {key: _plain(array) for key, array in zip(keys, arrays, strict=True)})

        return self.put_then(list(values.values()), write_row)

    def put_then(self, values: Sequence[object], then: Callable[[Arrays], None]) -> bool:
        """Start to copy the values; on arrival `then` gets their arrays. False when dropped: too many under way."""
        self._leave_to_parent()
        if len(self._pending) >= PENDING_MAX or self._pending_bytes >= PENDING_BYTES_MAX:
            self.poll()
        if len(self._pending) >= PENDING_MAX or self._pending_bytes >= PENDING_BYTES_MAX:
            self.dropped += 1
            return False
        transfer = self._start(values)
        self._pending_bytes += transfer.size_bytes
        self._pending.append(_Pending(transfer, then))
        self.poll()  # what lies in host memory is there at once
        if self._has_thread and self._pending:
            self._keep_thread()
        return True

    def poll(self) -> int:
        """Hand on what has arrived, oldest first, and say how many. At once 0 when another thread is doing it."""
        if not self._pending:
            return 0
        self._leave_to_parent()
        if not self._polling.acquire(blocking=False):
            return 0
        found = 0
        try:
            while self._pending and self._pending[0].transfer.is_done():
                self._hand_on(self._pending.popleft())
                found += 1
        finally:
            self._polling.release()
        return found

    def flush(self, deadline_secs: float) -> int:
        """Wait until everything has arrived, but no longer than this; say how many had to be given up."""
        self._leave_to_parent()
        until = self._clock() + deadline_secs
        while self._pending:
            if not self.poll():
                if self._clock() >= until:
                    break
                self._sleep(0.001)
        given_up = len(self._pending)
        self.dropped += given_up
        self._pending.clear()
        self._pending_bytes = 0
        return given_up

    def _leave_to_parent(self) -> None:
        """After a fork what is under way is the parent's, and its thread and locks are of no use here."""
        if os.getpid() != self._pid:
            self._empty()

    def _hand_on(self, pending: _Pending) -> None:
        self._pending_bytes -= pending.transfer.size_bytes
        try:
            arrays = pending.transfer.arrays()
        except RuntimeError:  # a donated jax array, a lost device: the value is gone, the run goes on
            self.dropped += 1
            return
        pending.then(arrays)

    def _keep_thread(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = in_background(self._follow, "bringing values from a device")

    def _follow(self) -> None:
        """Poll while anything is under way; the thread ends with the last value, and the next `put` starts another."""
        is_over = False
        try:
            while not is_over:
                self._sleep(POLL_SECS)
                self.poll()
                with self._starting:
                    is_over = not self._pending
                    if is_over:
                        self._thread = None
        finally:
            if not is_over:  # a value could not be handed on; the others get a new thread
                self._thread = None


def _plain(array: NDArray[np.generic]) -> object:
    return array.item() if array.size == 1 else array
