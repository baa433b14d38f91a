import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from belvedere.record import deferred
from belvedere.record.deferred import Deferred, JaxTransfer, is_on_device

Rows = list[tuple[int, dict[str, object]]]


@dataclass
class Parcel:
    """A transfer that arrives when the test says so."""

    values: Sequence[object]
    is_there: bool = False
    is_lost: bool = False
    size_bytes: int = 8
    asked_on: list[str] = field(default_factory=list)

    def is_done(self) -> bool:
        self.asked_on.append(threading.current_thread().name)
        return self.is_there

    def arrays(self) -> list[NDArray[np.generic]]:
        if self.is_lost:
            raise RuntimeError("Array has been deleted")
        return [np.asarray(value) for value in self.values]


class Device:
    """Starts parcels, remembers them, and keeps what was written."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.rows: Rows = []
        self.now = 0.0

    def start(self, values: Sequence[object]) -> Parcel:
        self.parcels.append(Parcel(values))
        return self.parcels[-1]

    def write(self, step: int, values: Mapping[str, object]) -> None:
        self.rows.append((step, dict(values)))

    def sleep(self, secs: float) -> None:
        self.now += secs

    def deferred(self) -> Deferred:
        return Deferred(
            self.write, start=self.start, clock=lambda: self.now, sleep=self.sleep, has_thread=False
        )  # fmt: skip


def test_a_value_is_written_only_after_it_arrived() -> None:
    device = Device()
    queue = device.deferred()
    queue.put(7, {"loss": np.float32(0.5)})
    assert queue.poll() == 0
    assert device.rows == []
    device.parcels[0].is_there = True
    assert queue.poll() == 1
    assert device.rows == [(7, {"loss": 0.5})]
    assert len(queue) == 0


def test_values_are_written_in_the_order_they_were_logged() -> None:
    device = Device()
    queue = device.deferred()
    for step in range(3):
        queue.put(step, {"loss": float(step)})
    device.parcels[1].is_there = device.parcels[2].is_there = True
    assert queue.poll() == 0
    device.parcels[0].is_there = True
    assert queue.poll() == 3
    assert [step for step, _ in device.rows] == [0, 1, 2]


def test_one_element_becomes_a_python_number_of_its_kind() -> None:
    device = Device()
    queue = device.deferred()
    queue.put(0, {"n": np.int64(3), "ok": np.array([True]), "many": np.arange(2.0)})
    device.parcels[0].is_there = True
    queue.poll()
    [(_, row)] = device.rows
    assert (type(row["n"]), type(row["ok"]), type(row["many"])) == (int, bool, np.ndarray)


def test_too_much_under_way_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "PENDING_MAX", 2)
    device = Device()
    queue = device.deferred()
    assert [queue.put(step, {"loss": 1.0}) for step in range(4)] == [True, True, False, False]
    assert (queue.dropped, len(queue)) == (2, 2)
    device.parcels[0].is_there = True
    assert queue.put(4, {"loss": 1.0})
    assert device.rows == [(0, {"loss": 1.0})]


def test_bytes_under_way_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "PENDING_BYTES_MAX", 16)
    queue = Device().deferred()
    assert [queue.put(step, {"loss": 1.0}) for step in range(3)] == [True, True, False]


def test_flush_waits_no_longer_than_its_deadline() -> None:
    device = Device()
    queue = device.deferred()
    queue.put(0, {"loss": 1.0})
    queue.put(1, {"loss": 1.0})
    device.parcels[0].is_there = True
    assert queue.flush(2.0) == 1
    assert 2.0 <= device.now < 2.1
    assert (device.rows, queue.dropped, len(queue)) == ([(0, {"loss": 1.0})], 1, 0)


def test_a_lost_value_is_counted_and_the_next_one_is_written() -> None:
    device = Device()
    queue = device.deferred()
    queue.put(0, {"loss": 1.0})
    queue.put(1, {"loss": 2.0})
    for parcel in device.parcels:
        parcel.is_there = True
    device.parcels[0].is_lost = True
    queue.poll()
    assert (device.rows, queue.dropped) == ([(1, {"loss": 2.0})], 1)


def test_a_thread_writes_what_arrives_after_the_last_log_and_then_ends() -> None:
    device = Device()
    queue = Deferred(device.write, start=device.start)
    queue.put(3, {"loss": 1.0})
    device.parcels[0].is_there = True
    _wait_until(lambda: device.rows == [(3, {"loss": 1.0})])
    assert device.parcels[0].asked_on[-1] != threading.main_thread().name
    _wait_until(lambda: queue._thread is None)
    queue.put(4, {"loss": 1.0})
    device.parcels[1].is_there = True
    _wait_until(lambda: len(device.rows) == 2)


def test_only_values_of_a_device_are_deferred() -> None:
    assert not is_on_device(torch.tensor(1.0))
    assert not is_on_device(np.float32(1.0))
    assert not is_on_device(1.0)
    assert is_on_device(torch.empty((), device="meta"))


def test_asking_about_a_value_imports_no_framework() -> None:
    code = (
        "import sys; from belvedere.record.deferred import Deferred, is_on_device; Deferred(print); is_on_device(1.0);"
        "sys.exit('torch' in sys.modules or 'jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class JaxLike:
    """An array with the four things we ask of jax."""

    def __init__(self, value: float) -> None:
        self.value, self.nbytes, self.calls = value, 4, 0
        self.ready, self.deleted = False, False

    def copy_to_host_async(self) -> None:
        self.calls += 1

    def is_ready(self) -> bool:
        return self.ready

    def is_deleted(self) -> bool:
        return self.deleted

    def __array__(self, dtype: object = None, copy: object = None) -> NDArray[np.float32]:
        return np.array(self.value, np.float32)


def test_jax_arrays_copy_themselves_and_say_when_they_are_ready() -> None:
    array = JaxLike(0.25)
    transfer = JaxTransfer([array])
    assert (array.calls, transfer.size_bytes, transfer.is_done()) == (1, 4, False)
    array.ready = True
    assert transfer.is_done()
    assert [found.item() for found in transfer.arrays()] == [0.25]


def test_a_donated_jax_array_does_not_hold_the_queue_up() -> None:
    array = JaxLike(0.25)
    transfer = JaxTransfer([array])
    array.deleted = True
    assert transfer.is_done()


def _wait_until(is_so: object, *, secs: float = 60.0) -> None:
    until = time.monotonic() + secs
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.005)
