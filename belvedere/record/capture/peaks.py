"""Peak arithmetic of known hardware by its driver's name: dense (no sparsity), bf16 unless the entry says fp16.

The numbers are the vendors' data sheets'. A name that is not exactly one of these has no peak here: a laptop, MIG slice
or export variant of a known chip is another chip, and a wrong peak would make every MFU wrong in silence.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

GEMM_SIZE = 1024
GEMM_TRIES = 5
VENDOR = re.compile(r"^(?:nvidia|amd|tesla|quadro|geforce|instinct|graphics|\s)+", re.IGNORECASE)
MEMORY = r"(?:[ -]\d+gb)?(?: hbm\d\w*)?"  # "NVIDIA H100 80GB HBM3", "A100-SXM4-80GB"


@dataclass(frozen=True)
class Peak:
    """What one device can do at best, in FLOP/s."""

    flops_per_sec: float
    precision: str
    source: str


@dataclass(frozen=True)
class _Known:
    pattern: str
    tflops: float
    precision: str = "bf16"


KNOWN = (
    _Known(rf"v100(?:s?-(?:sxm\d|pcie))?{MEMORY}", 125, "fp16"),
    _Known(r"t4", 65, "fp16"),
    _Known(r"a10", 125),
    _Known(r"a30", 165),
    _Known(r"a40", 149.7),
    _Known(rf"a100(?:[- ](?:sxm\d?|pcie|pg\d+))?{MEMORY}", 312),
    _Known(r"a100 80gb pcie", 312),
    _Known(r"l4", 121),
    _Known(r"l40s", 362),
    _Known(r"h100 80gb hbm3", 989),  # the SXM board is the only one of this memory
    _Known(rf"h100[- ]sxm\d?{MEMORY}", 989),
    _Known(rf"h100[- ]pcie{MEMORY}", 756),
    _Known(rf"h100[- ]nvl{MEMORY}", 835),
    _Known(r"h800(?: 80gb hbm3)?", 989),
    _Known(r"h20", 148),
    _Known(rf"h200(?:[- ]sxm\d?)?{MEMORY}", 989),
    _Known(r"h200[- ]nvl", 836),
    _Known(rf"gh200(?: \d+gb)?{MEMORY}", 989),
    _Known(r"b100", 1800),
    _Known(r"b200", 2250),
    _Known(r"gb200", 2500),
    _Known(r"rtx 3060", 25.6),
    _Known(r"rtx 3090", 71),
    _Known(r"rtx 4080", 97.5),
    _Known(r"rtx 4090", 165.2),
    _Known(r"rtx 5080", 112.6),
    _Known(r"rtx 5090", 209.5),
    _Known(r"mi300x", 1307),
)


def known_peak(device_name: str) -> Peak | None:
    """The peak of a device by its driver's name; None when it is not one we know for certain."""
    short = VENDOR.sub("", device_name.strip()).lower()
    for known in KNOWN:
        if re.fullmatch(known.pattern, short):
            return Peak(known.tflops * 1e12, known.precision, f"data sheet of {device_name}, dense {known.precision}")
    return None


def measured_cpu_peak(*, clock: Callable[[], float] = time.perf_counter) -> Peak:
    """What this process reaches in float32 matrix products, best of five: a CPU's clock and vector units are not known
    inside a virtual machine. Takes a fraction of a second; torch's present number of threads counts."""
    import torch

    left, right = torch.ones(GEMM_SIZE, GEMM_SIZE), torch.ones(GEMM_SIZE, GEMM_SIZE)
    torch.mm(left, right)  # starts the threads
    best_secs = float("inf")
    for _ in range(GEMM_TRIES):
        started = clock()
        torch.mm(left, right)
        best_secs = min(best_secs, clock() - started)
    source = f"best of {GEMM_TRIES} products of {GEMM_SIZE}² matrices on {torch.get_num_threads()} threads"
    return Peak(2 * GEMM_SIZE**3 / best_secs, "fp32", source)
