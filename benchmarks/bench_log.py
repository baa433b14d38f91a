"""What `log()` costs, and whether what it acknowledged survives SIGKILL.

    python -m benchmarks.bench_log [--quick]

The floor is the least anybody could do: MessagePack of the same dict and one os.write to the same disk, in the same
process.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

import belvedere as bv
from belvedere.core.entries import Logged
from belvedere.runlog.layout import RunFolder
from belvedere.runlog.reader import read_entries

KILLS = 200
KILLS_QUICK = 10
ROUNDS = 15
CHILD = """
import os, sys, belvedere as bv
run = bv.init(project="p", id="x", dir=sys.argv[1], console=False, hardware=False)
step = 0
while True:
    run.log({"loss": 1.0 / (step + 1), "step": step, "text": "t" if step % 7 else None})
    step += 1
    os.write(1, step.to_bytes(8, "little"))
"""


@dataclass(frozen=True)
class Cost:
    """Microseconds a call: the best round's median and 99th percentile."""

    p50: float
    p99: float


def measure(ours: Callable[[int], object], floor: Callable[[int], object], calls: int) -> tuple[Cost, Cost]:
    """Time each call on its own, the clock's own cost taken off: rounds of ours and of the floor by turns, and the best
    round of each, as the machine is shared."""
    rounds = [(_round(ours, calls), _round(floor, calls)) for _ in range(ROUNDS)]
    best = [min(spent, key=lambda one: float(np.median(one))) for spent in zip(*rounds, strict=True)]
    costs = [Cost(float(np.median(spent)), float(np.percentile(spent, 99))) for spent in best]
    return costs[0], costs[1]


def _round(call: Callable[[int], object], calls: int) -> NDArray[np.float64]:
    """(calls,) microseconds."""
    clock = time.perf_counter_ns
    spent = np.empty(calls)
    for i in range(calls):
        start = clock()
        call(i)
        spent[i] = clock() - start
    empty = np.median([-(clock() - clock()) for _ in range(1000)])
    return (spent - empty) / 1000


def bare(folder: Path, values: object) -> Callable[[int], object]:
    """The floor: encode and write."""
    encode = msgspec.msgpack.Encoder().encode
    fd = os.open(folder / "bare.bin", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return lambda _: os.write(fd, encode(values))


def report(name: str, ours: Cost, floor: Cost, limit_us: float) -> None:
    verdict = "ok" if ours.p50 <= limit_us else "MISSED"
    print(
        f"{name:<24} p50 {ours.p50:7.2f} µs  p99 {ours.p99:7.2f} µs | bare p50 {floor.p50:6.2f} µs  "
        f"ratio {ours.p50 / floor.p50:4.2f} | to reach {limit_us:g} µs: {verdict}"
    )


def speeds(folder: Path, calls: int) -> None:
    """The three shapes of a call."""
    run = bv.init(project="bench", dir=folder, console=False, hardware=False)
    ten = {f"train/metric_{i}": 0.1 * i for i in range(10)}
    report("log, 10 scalars", *measure(lambda i: run.log(ten), bare(folder, ten), calls), 3.0)
    thousand = {f"train/metric_{i}": 0.1 * i for i in range(1000)}
    report("log, 1000 scalars", *measure(lambda i: run.log(thousand), bare(folder, thousand), calls // 10), 30.0)
    names = [f"h.{i}" for i in range(1000)]
    vector = np.random.default_rng(0).random(1000, np.float32)
    floor = bare(folder, vector.tobytes())
    report("log_vector, float32[1000]", *measure(lambda i: run.log_vector("v", vector, names), floor, calls // 4), 6.0)
    run.finish()


def lost_after_kill(root: Path, wait_secs: float) -> tuple[int, int]:
    """(rows acknowledged, rows of them lost) of one process killed at a random moment."""
    command = [sys.executable, "-c", CHILD, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        said = child.stdout.read(8)  # it has begun
        reader, deadline = child.stdout, time.monotonic() + wait_secs
        while time.monotonic() < deadline:
            said += os.read(reader.fileno(), 1 << 16)
        child.send_signal(signal.SIGKILL)
        said += reader.read()
    acknowledged = len(said) // 8
    folder = RunFolder(root, "p", "x")
    found = [
        entry.step
        for writer in folder.writers()
        for path in folder.segments(writer)
        for entry in read_entries(path)
        if isinstance(entry, Logged)
    ]
    return acknowledged, len(set(range(acknowledged)) - set(found))


def kills(count: int) -> None:
    """Kill again and again."""
    random.seed(0)
    acknowledged = lost = 0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            kept, gone = lost_after_kill(Path(folder), random.uniform(0, 0.1))
        acknowledged, lost = acknowledged + kept, lost + gone
    verdict = "MISSED" if lost else "ok"
    print(f"{count} SIGKILLs: {acknowledged} rows acknowledged, {lost} lost | to reach 0: {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{KILLS_QUICK} kills and fewer calls")
    is_quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        speeds(Path(folder), 2_000 if is_quick else 10_000)
    kills(KILLS_QUICK if is_quick else KILLS)


if __name__ == "__main__":
    main()
