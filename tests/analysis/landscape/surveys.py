"""Landscapes as a run gives them to a figure."""

from pathlib import Path

import numpy as np

from belvedere.analysis.landscape.line import Line
from belvedere.analysis.landscape.surface import Landscape, RowFacts
from belvedere.core.arrays import Array
from belvedere.core.entries import Stored
from belvedere.core.series import Floats, Media, RunData


def media_of(value: Array, step: int = 0) -> Media:
    """A logged array."""
    kept: list[bytes] = []

    def keep(content: bytes | Path, suffix: str) -> dict[str, Stored]:
        assert isinstance(content, bytes)
        kept.append(content)
        return {"sha256": "", "size": len(content), "suffix": suffix}

    record = value.record(keep)
    return Media(step, 0.0, "array", record, kept[0])


def run_with(*values: Array, key: str = "landscape/surface") -> RunData:
    """A run that logged these, one a step."""
    return RunData("abcd1234", media={key: tuple(media_of(value, step) for step, value in enumerate(values))})


def bowl(losses: Floats | None = None, size: int = 5) -> Landscape:
    """α² + 2β² + 1 over a random plane, or the losses given."""
    at = np.linspace(-1, 1, size)
    made = at[None, :] ** 2 + 2 * at[:, None] ** 2 + 1 if losses is None else losses
    facts = RowFacts(rows=12, left_out=3, norm_error=1e-7, cosine=0.01)
    return Landscape("random", at, at, made, 1.0, 1234, 1.0, 0, "one cell at a time", facts)


def valley() -> Landscape:
    """α² + 2β² + 1 over a plane of a path with three checkpoints and the model."""
    at = np.linspace(-1, 1, 5)
    path = np.array([[-1.0, -0.5, 2.75], [-0.5, 0.25, 1.5], [-0.25, 0.0, 1.125], [0.0, 0.0, 1.0]])
    return Landscape(
        "pca", at, at, bowl().losses, 1.0, 1234, 1.0, 0, "one cell at a time", steps=(0, 10, 20, 30), path=path,
        path_on_plane=np.array([2.5, 1.375, 1.0625, 1.0]), explained=(0.9, 0.08), null_explained=(0.85, 0.1),
        null_low=(0.8, 0.09), null_high=(0.9, 0.12), null_path=path[:, :2],
    )  # fmt: skip


def line(losses: list[float]) -> Line:
    """Losses at even places."""
    alphas = np.linspace(0, 1, len(losses))
    return Line(alphas, np.array(losses), 1.0, 2.0, "step 0", "step 100")
