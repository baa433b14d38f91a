"""What the server costs: a chart of a million points, its memory over a thousand runs, how soon a page hears of a row.

    python -m benchmarks.bench_server

The floor of a request is a refusal by the same server over the same connection; that of a notice is half a poll.
"""

import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from belvedere.runlog.layout import run_folder
from belvedere.server.live import WATCH_SECONDS
from belvedere.store.compact import compact_run
from tests.server.recorded import record, writer_of
from tests.server.running import Running, Watching, server

POINTS, BUCKETS, RUNS, ROUNDS, NOTICES = 1_000_000, 1500, 1000, 60, 40
CHART_MS, RESIDENT_MB, NOTICE_MS = 10.0, 150.0, 300.0
SETTLE_SECONDS = 60.0


def main() -> None:
    """Build the runs, start one server, measure."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        began = time.monotonic()
        for number in range(RUNS - 1):
            record(root, f"run{number:04d}", project=f"p{number % 10}", steps=5)
        long_run(root)
        print(f"{RUNS} runs written in {time.monotonic() - began:.1f} s")
        with server(str(root), "--port", "0") as running:
            memory(running, root)
            chart(running)
            notice(running, root)
            resident_mb = psutil.Process(running.process.pid).memory_info().rss / 1e6
            row("resident memory after all that", resident_mb, "MB", RESIDENT_MB, "")
            code, seconds = running.stop(signal.SIGINT)
            print(f"{'end after Ctrl-C':<44} {seconds:8.2f} s  | exit code {code}")


def long_run(root: Path) -> None:
    """One series of a million steps, in columns."""
    folder = run_folder(root, "long", "million")
    writer = writer_of(folder, is_alive=False)
    for step in range(POINTS):
        writer.row(step, {"train/loss": (step * 2654435761 % 1000) / 1000})
    writer.close()
    compact_run(folder)


def memory(running: Running, root: Path) -> None:
    """Resident memory once the catalogue stands and every run was looked at."""
    process = psutil.Process(running.process.pid)
    began = time.monotonic()
    total = httpx.get(f"{running.url}/api/runs?limit=100", timeout=SETTLE_SECONDS).json()["total"]
    first_ms = (time.monotonic() - began) * 1000
    row("run table, first time", first_ms, "ms", None, f"{total} runs")
    row("run table, warm", timed(running, "/api/runs?limit=100", 10), "ms", None, "")
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and process.cpu_percent(2.0) > 20:
        pass
    row("resident memory, idle", process.memory_info().rss / 1e6, "MB", RESIDENT_MB, f"{RUNS} runs")
    row("CPU, idle", process.cpu_percent(10.0), "%", None, "of one core")


def chart(running: Running) -> None:
    """1,500 buckets of a million points, all and a tenth of them."""
    floor = timed(running, "/api/nope", ROUNDS)
    series = f"/api/runs/long/million/series?key=train/loss&buckets={BUCKETS}"
    row("series 10^6 -> 1500 over HTTP", timed(running, series, ROUNDS), "ms", CHART_MS, f"a refusal: {floor:.2f} ms")
    zoomed = timed(running, f"{series}&lo=400000&hi=500000", ROUNDS)
    row("the same, zoomed to a tenth", zoomed, "ms", CHART_MS, f"a refusal: {floor:.2f} ms")


def notice(running: Running, root: Path) -> None:
    """From `log()` of one process to the event in another."""
    writer = writer_of(run_folder(root, "live", "watched"))
    writer.row(0, {"train/loss": 1.0})
    page = Watching(running.url, "live/watched")
    page.wait_for(lambda event: event.kind == "run")
    delays = []
    for step in range(1, NOTICES + 1):
        time.sleep(0.013 * (step % 7))  # not in step with the poll
        began = time.monotonic()
        writer.row(step, {"train/loss": 1.0})
        event = page.wait_for(lambda event, steps=step + 1: event.kind == "run" and event.data["steps"] >= steps)
        delays.append((event.at - began) * 1000)
    writer.close()
    row(
        "log() to event, median",
        statistics.median(delays),
        "ms",
        NOTICE_MS,
        f"half a poll: {WATCH_SECONDS * 500:.0f} ms",
    )
    row("log() to event, p95", sorted(delays)[int(len(delays) * 0.95)], "ms", NOTICE_MS, "")


def timed(running: Running, path: str, rounds: int) -> float:
    """Median milliseconds of a GET over one kept connection."""
    with httpx.Client(base_url=running.url, timeout=SETTLE_SECONDS) as client:
        client.get(path)
        return statistics.median(elapsed_ms(lambda: client.get(path)) for _ in range(rounds))


def elapsed_ms(ask: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def row(name: str, value: float, unit: str, limit: float | None, floor: str) -> None:
    """One line of the table."""
    verdict = "" if limit is None else f" | to reach {limit:g} {unit}: {'ok' if value <= limit else 'MISSED'}"
    print(f"{name:<44} {value:8.2f} {unit:<3}{f' | {floor}' if floor else ''}{verdict}")


if __name__ == "__main__":
    main()
