"""Pictures and captions from one latent: pictures come back, their captions name the digit, both find each other."""

from collections.abc import Iterator

from benchmarks.recipes.table import Check
from benchmarks.recipes.workshop import Workshop, last

SECONDS = 30.0


def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
    """Digits with generated captions, on held-out ones."""
    words = ["--preset", "digits", "--seed", str(seed), *workshop.seconds(SECONDS)]
    run = workshop.trained("multimodal", f"multimodal-{seed}", words)
    yield Check("multimodal", "image MSE", seed, last(run, "val/image_mse"), high=0.012, digits=4)
    yield Check("multimodal", "digit named in the free caption", seed, last(run, "caption/class_accuracy"), low=0.95)
    yield Check("multimodal", "retrieval@1, picture → caption", seed, last(run, "retrieval/caption@1"), low=0.35)
