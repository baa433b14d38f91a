"""What reading costs, each figure beside the floor it is held against, measured in the same run.

python benchmarks/bench_store.py [--steps 1000000]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from belvedere.core.entries import RunFinished, RunStarted
from belvedere.runlog.layout import RunFolder, run_folder, writer_id
from belvedere.runlog.writer import LogWriter
from belvedere.store.compact import compact_run
from belvedere.store.store import open_store

KEYS = 10
MANY_KEYS = 10_000
MANY_RUNS = 200
RUN_STEPS = 20_000
BUCKETS = 1500
MILLI = 1e3


def milliseconds(
    work: Callable[[], object], *, repeats: int = 15, before: Callable[[], object] = lambda: None
) -> float:
    """The median of several timings."""
    taken = []
    for _ in range(repeats):
        before()
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * MILLI)
    return median(taken)


def say(what: str, value: str, goal: str, floor: str) -> None:
    """One line of the table."""
    print(f"{what:<52} {value:>16}   to reach {goal:<16} floor {floor}", flush=True)


def writer_of(root: Path, run_id: str) -> LogWriter:
    """A new run's log."""
    identity = writer_id(0, time.time_ns(), os.urandom(4).hex())
    started = RunStarted(time=time.time(), project="bench", run_id=run_id, writer_id=identity, host="elsewhere")
    return LogWriter(run_folder(root, "bench", run_id), started)


def write(
    root: Path, run_id: str, keys: list[str], rows: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
) -> RunFolder:
    """A run of float32-born values, one row a step."""
    writer = writer_of(root, run_id)
    for step, values in enumerate(rows.tolist()):
        writer.row(step, dict(zip(keys, values, strict=True)))
    writer.event(RunFinished(writer.now()))
    writer.close()
    return writer.folder


def forget(folder: RunFolder) -> None:
    """Takes a run's files out of the page cache."""
    for path in [*folder.columns.iterdir(), *(folder.manifest(number) for number in folder.manifests())]:
        fd = os.open(path, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def column_bytes(folder: RunFolder) -> int:
    """Bytes of all column files."""
    return sum(path.stat().st_size for path in folder.columns.iterdir())


def bench_one_series(root: Path, steps: int) -> None:
    """Compaction, size, and one chart of a long run."""
    keys = [f"train/k{number}" for number in range(KEYS)]
    values = np.random.default_rng(0).standard_normal((steps, KEYS)).astype(np.float32).astype(np.float64)
    folder = write(root, "long", keys, values)
    began = time.perf_counter()
    compact_run(folder)
    seconds = time.perf_counter() - began
    raw = np.random.default_rng(1).bytes(4 * steps * KEYS)
    began = time.perf_counter()
    with (root / "raw").open("wb") as target:
        target.write(raw)
        os.fsync(target.fileno())
    raw_seconds = time.perf_counter() - began
    points = steps * KEYS
    say(
        "compaction",
        f"{points / seconds / 1e6:.1f} M points/s",
        ">= 5",
        f"{points / raw_seconds / 1e6:.0f} (bare write of float32)",
    )
    log_bytes = sum(path.stat().st_size for writer in folder.writers() for path in folder.segments(writer))
    size = column_bytes(folder) / points
    say("compacted", f"{size:.2f} B/point", "<= 4.5", f"4.00 (float32); log {log_bytes / points:.2f}")

    run = open_store(root).run("bench/long")
    floor = values[:, 3].astype(np.float32)
    cuts = np.linspace(0, steps, BUCKETS, endpoint=False).astype(int)
    scan = milliseconds(lambda: (np.minimum.reduceat(floor, cuts), np.maximum.reduceat(floor, cuts)))
    warm = milliseconds(lambda: run.series(keys[3], buckets=BUCKETS), repeats=50)
    say(
        f"1 series, {steps:,} steps -> {BUCKETS} buckets, warm",
        f"{warm:.2f} ms",
        "<= 1 ms",
        f"{scan:.2f} ms (numpy min + max)",
    )

    def cold() -> None:
        open_store(root).run("bench/long").series(keys[3], buckets=BUCKETS)

    (path,) = folder.columns.iterdir()

    def bare() -> None:
        fd = os.open(path, os.O_RDONLY)
        os.pread(fd, 4 * steps, 4096)
        os.close(fd)

    bare_cold = milliseconds(bare, before=lambda: forget(folder))
    taken = milliseconds(cold, before=lambda: forget(folder))
    say(
        f"1 series, {steps:,} steps -> {BUCKETS} buckets, cold",
        f"{taken:.2f} ms",
        "<= 5 ms",
        f"{bare_cold:.2f} ms (bare pread of the column)",
    )
    exact = milliseconds(lambda: run.series(keys[3]))
    say(f"1 series, {steps:,} steps, exact, warm", f"{exact:.2f} ms", "-", "-")


def bench_many_keys(root: Path) -> None:
    """Opening a run with very many series."""
    keys = [f"layer.{number // 10}/weight.{number % 10}" for number in range(MANY_KEYS)]
    values = np.random.default_rng(0).standard_normal((20, MANY_KEYS)).astype(np.float32).astype(np.float64)
    folder = write(root, "wide", keys, values)
    compact_run(folder)

    def first() -> None:
        open_store(root).run("bench/wide").series(keys[4321])

    size = column_bytes(folder)
    (path,) = folder.columns.iterdir()
    bare = milliseconds(lambda: path.read_bytes()[-MANY_KEYS * 120 :])
    say(
        f"open a run with {MANY_KEYS:,} series, read one",
        f"{milliseconds(first):.2f} ms",
        "<= 5 ms",
        f"{bare:.2f} ms (read the file, {size >> 10} KiB)",
    )
    listing = milliseconds(lambda: open_store(root).run("bench/wide").keys())
    say("... and list all of its keys", f"{listing:.2f} ms", "-", "-")


def bench_many_runs(root: Path) -> None:
    """One chart over very many runs."""
    values = np.random.default_rng(0).standard_normal((RUN_STEPS, 1)).astype(np.float32).astype(np.float64)
    for number in range(MANY_RUNS):
        compact_run(write(root, f"r{number}", ["loss"], values))
    store = open_store(root)
    began = time.perf_counter()
    runs = [run for run in store.runs() if run.id.startswith("r")]
    say(f"list {MANY_RUNS} runs, nothing indexed", f"{(time.perf_counter() - began) * MILLI:.0f} ms", "-", "-")
    say(f"list {MANY_RUNS} runs again", f"{milliseconds(store.runs):.1f} ms", "-", "-")

    def chart() -> None:
        for run in runs:
            run.series("loss", buckets=500)

    bare = milliseconds(lambda: [np.minimum.reduceat(values[:, 0], np.arange(0, RUN_STEPS, 40)) for _ in runs])
    began = time.perf_counter()
    chart()
    first = (time.perf_counter() - began) * MILLI
    say(f"{MANY_RUNS} runs x 1 key x {RUN_STEPS:,} steps -> 500, first", f"{first:.0f} ms", "-", "-")
    again = milliseconds(chart, repeats=5)
    say(
        f"{MANY_RUNS} runs x 1 key x {RUN_STEPS:,} steps -> 500, again",
        f"{again:.0f} ms",
        "-",
        f"{bare:.0f} ms (numpy min alone)",
    )


def main() -> None:
    """All of them, in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        bench_one_series(Path(folder) / "one", arguments.steps)
        bench_many_keys(Path(folder) / "keys")
        bench_many_runs(Path(folder) / "runs")


if __name__ == "__main__":
    main()
