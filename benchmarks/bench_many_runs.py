"""What ten thousand small runs cost: the first index, a look when nothing changed, the run table and one run over HTTP,
a filter, `belvedere ls`.

    python -m benchmarks.bench_many_runs [--runs 10000]

The floor of a look is a bare stat of every log folder; that of a request is a refusal by the same server.
"""

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import psutil

from belvedere.core.entries import Configured, RunFinished, RunStarted
from belvedere.runlog import layout
from belvedere.runlog.layout import run_folder, writer_id
from belvedere.runlog.writer import LogWriter
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.filters import parse
from tests.server.running import Running, server

RUNS, PROJECTS, STEPS = 10_000, 10, 10
CRASHED_EVERY = 10  # whose logs have to be looked at one by one
BEGAN = 1.7e9
NOBODY = 2**22 + 1  # above the highest process number that Linux gives
FILTER = "config.lr > 0.005 and summary.train/loss < 5"
PATIENCE_SECONDS = 600.0
LOOK_MS, REQUEST_MS, LS_SECS = 1000.0, 1000.0, 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS)
    count = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        root, few = Path(folder) / "many", Path(folder) / "few"
        began = time.monotonic()
        for number in range(count):
            small_run(root, number)
        for number in range(5):
            small_run(few, number)
        print(f"{count} runs of {STEPS} rows written in {time.monotonic() - began:.1f} s")
        stat_ms = floor(root)
        while_indexing(root, count)
        in_process(root, stat_ms)
        over_http(root)
        for where, name in ((few, "5 runs"), (root, f"{count} runs")):
            row(f"belvedere ls, {name}", listed_secs(where), "s CPU", LS_SECS if where is few else None)


def small_run(root: Path, number: int) -> None:
    """A run as a sweep makes it: some settings, a few rows."""
    began = BEGAN + number
    folder = run_folder(root, f"p{number % PROJECTS}", f"run{number:05d}")
    identity = writer_id(0, round(began * 1e9), f"{number:08x}")
    started = RunStarted(began, folder.project, folder.run_id, identity, host=socket.gethostname(), pid=NOBODY)
    writer = LogWriter(folder, started)
    writer.event(Configured(began, {"lr": 1e-4 * (number % 100), "model": {"layers": 4, "width": number % 7}}))
    for step in range(STEPS):
        writer.row(step, {"train/loss": 4 - step / STEPS, "val/loss": 5 - step / STEPS, "lr": 3e-4})
    if number % CRASHED_EVERY:
        writer.event(RunFinished(writer.now()))
    writer.close()


def floor(root: Path) -> float:
    """Milliseconds of one bare stat for each log folder."""
    paths = [str(folder.logs) for folder in layout.runs(root)]
    took = statistics.median(elapsed_ms(lambda: [os.stat(path) for path in paths]) for _ in range(5))
    row("bare stat of all log folders", took, "ms", None)
    return took


def while_indexing(root: Path, count: int) -> None:
    """How long requests take while a server reads a root for the first time."""
    shutil.rmtree(layout.catalogue(root).parent, ignore_errors=True)
    with server(str(root), "--port", "0") as running, ThreadPoolExecutor(1) as other:
        began = time.monotonic()
        is_over = threading.Event()
        singles = other.submit(asked_until, running, "/api/runs/p0/run00000", is_over)
        tables, known = [], 0
        with httpx.Client(base_url=running.url, timeout=PATIENCE_SECONDS) as client:
            while known < count and time.monotonic() - began < PATIENCE_SECONDS:
                tables.append(elapsed_ms(lambda: client.get("/api/runs?limit=100")))
                known = client.get("/api/runs?limit=0").json()["total"]
                time.sleep(0.1)
        row("first index by the server, all runs there", time.monotonic() - began, "s", None)
        is_over.set()
        row("meanwhile the run table, longest", max(tables), "ms", REQUEST_MS)
        row("meanwhile one run, median", statistics.median(singles.result()), "ms", None)
        row("meanwhile one run, longest", max(singles.result()), "ms", REQUEST_MS)
        running.stop(signal.SIGINT)


def asked_until(running: Running, path: str, is_over: threading.Event) -> list[float]:
    """Milliseconds of one GET after the other."""
    found = []
    with httpx.Client(base_url=running.url, timeout=PATIENCE_SECONDS) as client:
        while not is_over.wait(0.05):
            found.append(elapsed_ms(lambda: client.get(path)))
    return found


def in_process(root: Path, stat_ms: float) -> None:
    """The engine itself: anew, from its catalogue, and again."""
    shutil.rmtree(layout.catalogue(root).parent, ignore_errors=True)
    for name in ("first index", "the same, from the catalogue"):
        engine = FolderEngine(root)
        cpu = time.process_time()
        took = elapsed_ms(partial(engine.runs, None, None))
        row(name, took / 1000, "s", None, f"{time.process_time() - cpu:.2f} s CPU")
    look = statistics.median(elapsed_ms(partial(engine.runs, None, None)) for _ in range(5))
    row("refresh, nothing changed", look, "ms", LOOK_MS, f"bare stat: {stat_ms:.1f} ms")
    condition = parse(FILTER)
    found = len(engine.runs(condition, None))
    took = statistics.median(elapsed_ms(partial(engine.runs, condition, None)) for _ in range(5))
    row("filter, with its refresh", took, "ms", LOOK_MS, f"{found} runs fit")
    engine.close()


def over_http(root: Path) -> None:
    """A server that knows all runs."""
    with server(str(root), "--port", "0") as running:
        httpx.get(f"{running.url}/api/runs?limit=1", timeout=60.0)
        refusal = f"a refusal: {timed(running, '/api/nope'):.1f} ms"
        row("a page of the run table", timed(running, "/api/runs?limit=100"), "ms", REQUEST_MS, refusal)
        row("the same, sorted by a metric", timed(running, "/api/runs?limit=100&sort=summary.val/loss"), "ms", None)
        asked = httpx.QueryParams({"limit": 100, "filter": FILTER})
        row("the same, filtered", timed(running, f"/api/runs?{asked}"), "ms", REQUEST_MS, refusal)
        row("one run", timed(running, "/api/runs/p0/run00000"), "ms", None, refusal)
        process = psutil.Process(running.process.pid)
        row("resident memory", process.memory_info().rss / 1e6, "MB", None)
        running.stop(signal.SIGINT)


def listed_secs(root: Path) -> float:
    """CPU seconds of `belvedere ls` in a process of its own, the least of three."""
    return min(_listed_once(root) for _ in range(3))


def _listed_once(root: Path) -> float:
    words = [sys.executable, "-m", "belvedere", "ls", str(root)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        used = os.wait4(process.pid, 0)[2]
        process.returncode = 0
    return used.ru_utime + used.ru_stime


def timed(running: Running, path: str) -> float:
    """Median milliseconds of a GET over one kept connection."""
    with httpx.Client(base_url=running.url, timeout=60.0) as client:
        client.get(path)
        return statistics.median(elapsed_ms(lambda: client.get(path)) for _ in range(20))


def elapsed_ms(ask: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def row(name: str, value: float, unit: str, limit: float | None, floor: str = "") -> None:
    """One line of the table."""
    verdict = "" if limit is None else f" | to reach {limit:g} {unit}: {'ok' if value <= limit else 'MISSED'}"
    print(f"{name:<44} {value:8.2f} {unit:<5}{f' | {floor}' if floor else ''}{verdict}", flush=True)


if __name__ == "__main__":
    main()
