"""What the machine does while the run trains: processor, memory, disk, network and GPUs.

Read every few seconds on a daemon thread. Series `system/…` at the run's current step:
percentages, bytes, bytes a second, watts, degrees Celsius.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from belvedere.record.guard import in_background

if TYPE_CHECKING:
    from belvedere.record.run import Run

SAMPLE_SECS = 5.0
FIRST_SAMPLE_SECS = 1.0  # soon enough for short runs, late enough for a rate

Readings = dict[str, float]


class Gauge(Protocol):
    """Something that can be read again and again."""

    def read(self) -> Readings:
        """Present values by series name."""
        ...


def capture(run: "Run", *, every_secs: float = SAMPLE_SECS) -> Callable[[float], str]:
    """Sample from now on; the answer stops it."""
    stopped = threading.Event()

    def work() -> None:
        gauges: list[Gauge] = [ProcessorGauge(Path(run.dir)), *gpu_gauges()]
        wait_secs = min(FIRST_SAMPLE_SECS, every_secs)
        while not stopped.wait(wait_secs):
            readings: Readings = {}
            for gauge in gauges:
                readings.update(gauge.read())
            run._writer.row(run.step, readings)
            wait_secs = every_secs

    thread = in_background(work, "hardware")

    def stop(secs_left: float) -> str:
        stopped.set()
        thread.join(min(2.0, secs_left))
        return ""

    return stop


class ProcessorGauge:
    """Processor, memory, disk and network, of this process and of the machine, through psutil."""

    def __init__(self, folder: Path) -> None:
        import psutil

        self._psutil, self._folder = psutil, folder
        self._process = psutil.Process()
        self._process.cpu_percent()
        psutil.cpu_percent()
        self._counters, self._counted_at = self._count(), time.monotonic()

    def read(self) -> Readings:
        memory, usage = self._psutil.virtual_memory(), self._psutil.disk_usage(str(self._folder))
        readings = {
            "system/cpu_percent": float(self._psutil.cpu_percent()),
            "system/process_cpu_percent": float(self._process.cpu_percent()),
            "system/memory_percent": float(memory.percent),
            "system/memory_available_bytes": float(memory.available),
            "system/process_rss_bytes": float(self._process.memory_info().rss),
            "system/process_threads": float(self._process.num_threads()),
            "system/disk_percent": float(usage.percent),
        }
        now, counters = time.monotonic(), self._count()
        elapsed_secs = max(now - self._counted_at, 1e-3)
        for name, value in counters.items():
            readings[name] = (value - self._counters.get(name, value)) / elapsed_secs
        self._counters, self._counted_at = counters, now
        return readings

    def _count(self) -> Readings:
        """Totals since boot, whose growth is a rate; a container may hide them."""
        found: Readings = {}
        with suppress(OSError, RuntimeError, AttributeError):
            network = self._psutil.net_io_counters()
            found["system/network_sent_bytes_per_sec"] = float(network.bytes_sent)
            found["system/network_received_bytes_per_sec"] = float(network.bytes_recv)
        with suppress(OSError, RuntimeError, AttributeError):
            disk = self._psutil.disk_io_counters()
            if disk is not None:
                found["system/disk_read_bytes_per_sec"] = float(disk.read_bytes)
                found["system/disk_written_bytes_per_sec"] = float(disk.write_bytes)
        return found


class GpuGauge:
    """One NVIDIA GPU, through NVML. What the card does not tell is left out."""

    def __init__(self, number: int, handle: object) -> None:
        import pynvml

        self._nvml, self._handle, self._prefix = pynvml, handle, f"system/gpu.{number}."

    def read(self) -> Readings:
        nvml, handle, prefix = self._nvml, self._handle, self._prefix
        found: Readings = {}
        with suppress(nvml.NVMLError):
            rates = nvml.nvmlDeviceGetUtilizationRates(handle)
            found[prefix + "percent"], found[prefix + "memory_busy_percent"] = float(rates.gpu), float(rates.memory)
        with suppress(nvml.NVMLError):
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
            found[prefix + "memory_used_bytes"] = float(memory.used)
            found[prefix + "memory_percent"] = 100.0 * float(memory.used) / float(memory.total)
        with suppress(nvml.NVMLError):
            found[prefix + "power_watts"] = float(nvml.nvmlDeviceGetPowerUsage(handle)) / 1000
        with suppress(nvml.NVMLError):
            found[prefix + "temperature_celsius"] = float(
                nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)
            )
        with suppress(nvml.NVMLError):
            found[prefix + "clock_mhz"] = float(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM))
        return found


def gpu_gauges() -> list[GpuGauge]:
    """A gauge for each NVIDIA GPU; none without the driver."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
        return [GpuGauge(number, pynvml.nvmlDeviceGetHandleByIndex(number)) for number in range(count)]
    except (pynvml.NVMLError, OSError):
        return []
