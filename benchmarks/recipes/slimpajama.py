"""The test mode of the streaming trainer: seconds, the files of its dashboard, and a loss that falls."""

import json
import time
from collections.abc import Iterator

from benchmarks.recipes.table import Check
from benchmarks.recipes.workshop import Workshop, first, last

WALL_SECONDS = 10.0
FILES = ("training_latest.png", "metrics_history.json", "text_samples.json")


def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
    """Five chunks, start of Python and torch included."""
    charts = workshop.folder / f"viz-{seed}"
    started = time.monotonic()
    run = workshop.trained("slimpajama", f"slimpajama-{seed}",
                           ["--test", "--seed", str(seed), "--viz-dir", str(charts)])  # fmt: skip
    yield Check("slimpajama", "--test, seconds", seed, time.monotonic() - started, high=WALL_SECONDS, digits=1)
    written = [name for name in FILES if (charts / name).is_file()]
    json.loads((charts / FILES[1]).read_text(encoding="utf-8"))  # it can be read
    yield Check("slimpajama", "files of the dashboard", seed, len(written), low=len(FILES), high=len(FILES), digits=0)
    before, after = first(run, "train/loss"), last(run, "train/loss")
    yield Check("slimpajama", "last loss / first", seed, after / before, high=0.999, note=f"{before:.2f} → {after:.2f}")
