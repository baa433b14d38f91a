"""What PNG dashboards and live figures cost: the drawing, the training beside it, the memory, the files.

    python -m benchmarks.bench_dashboard [--quick]

Times are processor seconds of the process that draws, the best of some rounds, because the machine is shared. The
floor of a drawing is the plain way: pyplot, every point of every series, the whole figure saved for the step and once
more as the latest. A training step is real work of about 20 ms; what the training's own thread pays beside it is told
as a share of the step.
"""

import argparse
import io
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import belvedere as bv
from belvedere.analysis.pyramid_buffer import COLUMNS_MAX, PyramidBuffer
from belvedere.compat.visualization_manager import TrainingMetrics, VisualizationManager
from belvedere.core.series import RunData, Series
from belvedere.figures.dashboard import png
from belvedere.figures.dashboard_content import content_of_data
from belvedere.figures.dashboard_feed import DashboardFeed

ROUNDS = 5
STEP_SECS = 0.02
INTERVAL = 50


def noisy(count: int) -> dict[str, NDArray[np.float64]]:
    """Loss, accuracy, throughput and rate of a training, each (count,)."""
    rng, step = np.random.default_rng(0), np.arange(count)
    return {
        "train/loss": 2.5 * np.exp(-4 * step / count) + 1 + rng.normal(0, 0.1, count),
        "train/accuracy": np.clip(0.8 * (1 - np.exp(-3 * step / count)) + rng.normal(0, 0.03, count), 0, 1),
        "train/tok_per_sec": 120_000 + rng.normal(0, 4000, count),
        "train/lr": 3e-4 * np.clip(1 - step / count, 0.02, 1),
    }


def recorded(count: int) -> RunData:
    steps = np.arange(count)
    series = {key: Series(key, steps, steps.astype(float), values) for key, values in noisy(count).items()}
    return RunData("bench", name="benchmark", series=series)


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall seconds, the best of ROUNDS, after one that warms the fonts."""
    work()
    spent = []
    for _ in range(ROUNDS):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(one[0] for one in spent), min(one[1] for one in spent)


def plain_way(data: RunData) -> None:
    """Seven panels by pyplot, every point, saved twice."""
    import matplotlib.pyplot as plt

    sheet, axes = plt.subplots(3, 3, figsize=(20, 12))
    loss, accuracy, throughput, rate = (one.values for one in data.series.values())
    for panel, values in zip(axes.flat, (loss, accuracy, throughput, rate)):
        panel.plot(values)
    for panel, values in zip(axes.flat, (loss, accuracy)):
        panel.plot(np.convolve(values, np.ones(50) / 50, "valid"))
    axes.flat[3].set_yscale("log")
    axes.flat[4].scatter(loss, accuracy, c=np.arange(len(loss)))
    axes.flat[5].plot(loss[-500:])
    axes.flat[8].table([["1", "in", "out", "0.5"]] * 5)
    for _ in range(2):
        sheet.savefig(io.BytesIO(), dpi=150)
    plt.close(sheet)


def drawings(counts: list[int]) -> None:
    print(f"{'steps':>9} {'content s':>10} {'PNG s':>8} {'both, wall s':>13} {'plain way s':>12} {'ratio':>6}  bytes")
    for count in counts:
        data = recorded(count)
        content_cpu, _ = cost(lambda data=data: content_of_data(data))  # type: ignore[misc]
        content = content_of_data(data)
        png_cpu, _ = cost(lambda content=content: png(content))  # type: ignore[misc]
        _, wall = cost(lambda data=data: png(content_of_data(data)))  # type: ignore[misc]
        began = time.process_time()
        plain_way(data)
        plain = time.process_time() - began
        ratio = plain / (content_cpu + png_cpu)
        size = len(png(content))
        print(f"{count:>9,} {content_cpu:>10.3f} {png_cpu:>8.3f} {wall:>13.3f} {plain:>12.2f} {ratio:>6.1f}  {size:,}")


def feeds(counts: list[int]) -> None:
    print("\nfeed: what one step adds, and what a drawing takes of it, at any length")
    for count in counts:
        feed, series = DashboardFeed(), [values.tolist() for values in noisy(count).values()]
        began = time.process_time()
        for step, (loss, accuracy, throughput, rate) in enumerate(zip(*series)):
            feed.add(step, loss=loss, accuracy=accuracy, throughput=throughput, rate=rate)
        added = time.process_time() - began
        content_cpu, _ = cost(feed.content)
        print(f"{count:>9,} steps: {1e6 * added / count:.1f} µs a step, content {1000 * content_cpu:.1f} ms")
    buffer = PyramidBuffer()
    row = {f"c{number}": 1.0 for number in range(COLUMNS_MAX)}
    for step in range(counts[-1]):
        buffer.add(step, row)
    print(f"pyramid of {COLUMNS_MAX} columns after {counts[-1]:,} rows: {buffer.size_bytes / 1e6:.2f} MB (limit 5)")


def work(matrix: NDArray[np.float64]) -> None:
    """A step of training: real work for STEP_SECS."""
    until = time.perf_counter() + STEP_SECS
    while time.perf_counter() < until:
        matrix @ matrix


def steps_with(count: int, beside: Callable[[int], None]) -> float:
    """Mean processor seconds of a step's own thread outside its work: what the training pays."""
    matrix = np.random.default_rng(0).normal(size=(64, 64))
    spent = []
    for step in range(1, count + 1):
        work(matrix)
        began = time.thread_time()
        beside(step)
        spent.append(time.thread_time() - began)
    return sum(spent) / count


def beside_training(count: int, folder: Path) -> None:
    print(f"\nbeside a training of {count} steps of {1000 * STEP_SECS:.0f} ms, a dashboard every {INTERVAL}")
    viz = VisualizationManager(folder / "viz", viz_interval=INTERVAL, is_recording=False)

    def update(step: int) -> None:
        viz.update(TrainingMetrics(step, 1.0, 0.5, 1e5, 0.0, 3e-4), "an input", "an output", "a target")

    own = steps_with(count, update)
    print(f"VisualizationManager: {1e6 * own:.1f} µs a step of the training's thread ({own / STEP_SECS:.4%})")
    print(f"                      {viz.overhead()}")
    viz.close(120)
    run = bv.init(project="p", dir=folder / "runs", hardware=False, console=False)
    alone = steps_with(count // 2, lambda step: run.log({"train/loss": 1.0 / step}, step=step))
    every = bv.figures_every  # imports it
    began = time.thread_time()
    every(INTERVAL, dashboard=folder / "live")
    told = time.thread_time() - began
    both = steps_with(count // 2, lambda step: run.log({"train/loss": 1.0}, step=count // 2 + step))
    change = (both - alone) / STEP_SECS
    print(
        f"figures_every: {1000 * told:.2f} ms once; log() {1e6 * alone:.1f} µs a step before and {1e6 * both:.1f} after"
    )
    print(f"               a change of {change:+.4%} of the step")
    run.finish(deadline_secs=120)


def files(folder: Path) -> None:
    from belvedere.live.chart_messages import Row, Text
    from belvedere.live.chart_process import Charts

    print("\nfiles of 1,000 and 10,000 steps with a sample each (the promise: 10 KB and 50 KB for each 1,000)")
    for count in (1000, 10_000):
        place = folder / f"files{count}"
        charts = Charts(place, name="files", samples=5)
        for step, (loss, accuracy, throughput, rate) in enumerate(
            zip(*(one.tolist() for one in noisy(count).values()))
        ):
            charts.take(Row(step, loss, accuracy, throughput, 0.0, rate, 1e9 + 0.6 * step))
            charts.take(Text(step, "an input of a usual length " * 8, "an output of it " * 12, "a target", 0.5))
        charts.close()
        metrics, samples = ((place / name).stat().st_size for name in ("metrics_history.json", "text_samples.json"))
        rows = json.loads((place / "metrics_history.json").read_text())["rows"]
        print(f"{rows:>7,} steps: metrics {metrics / count:.1f} KB and samples {samples / count:.1f} KB for each 1,000")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer steps")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore", bv.RecordingWarning)
    counts = [10_000, 100_000] if quick else [10_000, 1_000_000]
    drawings(counts)
    feeds(counts)
    with tempfile.TemporaryDirectory() as folder:
        beside_training(200 if quick else 600, Path(folder))
        files(Path(folder))


if __name__ == "__main__":
    main()
