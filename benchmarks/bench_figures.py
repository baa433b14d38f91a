"""Every figure of the gallery from a run of a million steps: milliseconds to build it and write its JSON, and its size.

    python -m benchmarks.bench_figures [--steps 1000000] [FIGURE …]

The floor beside each is one pass of numpy (minimum, maximum, sum) over the very arrays that the figure was given, in
the same run; the ratio is what drawing costs on top of looking. The last line is a cloud of 100,000 points through the
same `to_json`, beside the bytes of its arrays in base64.
"""

import argparse
import base64
import time
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from belvedere.analysis.losses import is_evaluation
from belvedere.analysis.readable import Held
from belvedere.core.query import Needs
from belvedere.core.series import RunData, Series, Stage, VectorSeries
from belvedere.figures.figure import Figure
from belvedere.figures.render import all_figures, missing_in, render, to_json
from benchmarks.sample_media import media_for

REPEATS = 5
LIMIT_MS, LIMIT_MB = 50.0, 1.0
CLOUD_POINTS, CLOUD_LIMIT_MS = 100_000, 25.0
BLOCKS = 14
EVALUATIONS = 1000  # points of what is not measured at every step
FLEET = 24  # runs that a comparison is drawn over; one of them is long


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", metavar="FIGURE")
    parser.add_argument("--steps", type=int, default=1_000_000)
    asked = parser.parse_args()
    print(f"{'figure':<24}{'ms':>9}{'floor ms':>10}{'ratio':>8}{'KB':>8}  {asked.steps:,} steps")
    for figure in all_figures():
        if not asked.figures or figure.id in asked.figures:
            _print_figure(figure, asked.steps)
    if not asked.figures:
        _print_cloud()


def _print_figure(figure: Figure, steps: int) -> None:
    run = _run(figure, steps)
    source = [Held(run), *(Held(_small(number)) for number in range(FLEET - 1))] if figure.over == "runs" else Held(run)
    sizes: list[int] = []
    reasons: list[str] = []

    def draw() -> None:
        drawn = render(figure.id, source)
        sizes.append(len(to_json(drawn)))
        reasons.append(missing_in(drawn))

    took, floor = _best_ms(draw), _best_ms(lambda: _look(run))
    over = "  over the limit" if took > LIMIT_MS or sizes[-1] > LIMIT_MB * 1e6 else ""
    ratio = took / floor if floor > 0.01 else float("nan")
    said = f"  {reasons[-1][:60]}" if reasons[-1] else ""
    print(f"{figure.id:<24}{took:>9.1f}{floor:>10.1f}{ratio:>8.1f}{sizes[-1] / 1e3:>8.0f}{over}{said}")


def _print_cloud() -> None:
    points = np.random.default_rng(0).standard_normal((3, CLOUD_POINTS)).astype(np.float32)

    def draw() -> None:
        to_json(
            go.Figure(go.Scatter3d(x=points[0], y=points[1], z=points[2], mode="markers", marker={"color": points[2]}))
        )

    floor = _best_ms(lambda: [base64.b64encode(row.tobytes()) for row in (*points, points[2])])
    took = _best_ms(draw)
    over = "  over the limit" if took > CLOUD_LIMIT_MS else ""
    print(f"{'100,000 points':<24}{took:>9.1f}{floor:>10.1f}{took / floor:>8.1f}{'':>8}{over}")


def _run(figure: Figure, steps: int) -> RunData:
    """A run that has what the figure needs: every scalar series of `steps` points, vectors of BLOCKS rows."""
    needs: Needs = figure.needs_with({})
    every, times = np.arange(steps, dtype=np.int64), np.arange(steps, dtype=np.float64)
    noise = np.random.default_rng(0).standard_normal(steps)

    def series(key: str, place: int) -> Series:
        values = 1.0 + place + 3.0 * np.exp(-times / steps * 5) + 0.05 * np.roll(noise, place)
        stride = max(1, steps // EVALUATIONS) if _is_evaluated(key) else 1
        return Series(key, every[::stride], times[::stride], values[::stride])

    keys = [_key(entry, place) for place, entry in enumerate((*needs.series, *needs.optional))]
    keys += [f"{key}b" for entry, key in zip(needs.series, keys) if "*" in entry]
    names = ("embed", *(f"h.{block}" for block in range(BLOCKS - 2)), "head")
    rows = min(steps, 100_000)
    values = np.exp(0.1 * np.random.default_rng(1).standard_normal((rows, BLOCKS))).astype(np.float32)
    families = [entry.split("|")[0] for entry in needs.vectors]
    return RunData(
        "bench", name="bench", config={"lr": 1e-3, "depth": 4}, summary={"val/loss": 1.5},
        series={key: series(key, place) for place, key in enumerate(keys)},
        vectors={one: VectorSeries(one, every[:rows], times[:rows], names, values) for one in families},
        stages=(Stage("pretrain", 0, 0.0), Stage("sft", steps // 2, 1.0)),
        media=media_for((*needs.media, *needs.optional_media)),
        ranks={_key(entry, 0): {rank: series("dt", rank) for rank in range(8)} for entry in needs.by_rank},
    )  # fmt: skip


def _small(number: int) -> RunData:
    rng = np.random.default_rng(number)
    config = {
        "lr": 10.0 ** -rng.uniform(2, 5),
        "depth": int(rng.integers(2, 12)),
        "batch_size": 2 ** int(rng.integers(3, 8)),
    }
    return RunData(f"r{number}", name=f"run-{number}", config=config, summary={"val/loss": float(rng.uniform(1, 2))})


def _is_evaluated(key: str) -> bool:
    """Whether a series is measured now and then rather than at every step."""
    return (
        is_evaluation(key)
        or key.startswith(("evaluation/", "probe/", "hessian/", "pass@", "latent/"))
        or (key in ("throughput/compile_ms", "throughput/eval_ms", "throughput/checkpoint_ms"))
    )


def _key(entry: str, place: int) -> str:
    return entry.split("|")[0].replace("*", f"a{place}")


def _look(run: RunData) -> None:
    arrays = [series.values for series in run.series.values()] + [one.values for one in run.vectors.values()]
    arrays += [one.values for ranks in run.ranks.values() for one in ranks.values()]
    for array in arrays:
        array.min(), array.max(), array.sum()


def _best_ms(work: Callable[[], object]) -> float:
    """The best of REPEATS: what the machine can do when nobody else asks."""
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        took.append(1e3 * (time.perf_counter() - began))
    return min(took)


if __name__ == "__main__":
    main()
