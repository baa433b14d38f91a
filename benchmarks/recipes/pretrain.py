"""Pretraining on byte pairs of Python's own source: begins at ln V, reaches 2.4 bits per byte on held-out text."""

import math
from collections.abc import Iterator

from benchmarks.recipes.table import Check
from benchmarks.recipes.workshop import Workshop, first, last

SECONDS = 90.0


def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
    """The preset cpu as it is, but for the landscape at its end, which is no training."""
    words = ["--preset", "cpu", "--seed", str(seed), "--landscape", "0", *workshop.seconds(SECONDS)]
    run = workshop.trained("pretrain", f"pretrain-{seed}", words)
    vocab = int(str(run.config["vocab"]))
    ratio = first(run, "train/loss") / math.log(vocab)
    yield Check("pretrain", f"first loss / ln {vocab}", seed, ratio, low=0.99, high=1.01, digits=4)
    steps = len(run.series("train/loss").values)
    yield Check("pretrain", "bits per byte, held-out text", seed, last(run, "val_all/bpb"), high=2.4,
                note=f"{steps} steps")  # fmt: skip
