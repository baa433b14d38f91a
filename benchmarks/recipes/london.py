"""The two historical models, on no memory at all: parameters that are printed, and those that decay."""

from collections.abc import Iterator

import torch

from belvedere.recipes.historical.settings import PRESETS, Settings
from belvedere.recipes.models.gpt2 import GPT2
from benchmarks.recipes.table import Check
from benchmarks.recipes.workshop import Workshop

PUBLISHED = {"slm": (107_993_856, 50, 108_761_088), "regular": (332_760_064, 98, 333_758_464)}


def checks(workshop: Workshop, seed: int) -> Iterator[Check]:
    """Constructed on the meta device."""
    for preset, (printed, tensors, decayed) in PUBLISHED.items():
        with torch.device("meta"):
            model = GPT2(Settings(**PRESETS[preset]).shape)  # type: ignore[arg-type]
        matrices = model.decayed()
        found = (model.parameter_count(), len(matrices), sum(weight.numel() for weight in matrices))
        for name, measured, wanted in zip(
            ("parameters printed", "decayed tensors", "parameters decayed"), found, (printed, tensors, decayed),
            strict=True,
        ):  # fmt: skip
            yield Check("london", f"{preset}: {name}", seed, measured, low=wanted, high=wanted, digits=0)
