"""What a survey of a plane through the weights finds. Needs no torch, so that figures can read it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from belvedere.core.arrays import Array

Floats = NDArray[np.float64]
NO_PATH = np.zeros((0, 3))


@dataclass(frozen=True)
class RowFacts:
    """What was normalised. `rows`: outputs of matrices and filters, tokens of embeddings; `left_out`: tensors of one
    axis or none (gains, biases), which do not move; `norm_error`: the largest |‖d‖ / ‖θ‖ − 1| of any row; `cosine`: of
    the angle between the two directions, near 0 where there are many weights."""

    rows: int = 0
    left_out: int = 0
    norm_error: float = 0.0
    cosine: float = 0.0


@dataclass(frozen=True, eq=False)
class Landscape:
    """The loss at θ + alphas[column] · first + betas[row] · second.

    kind: "random" or "pca" · losses (rows, columns), NaN and ±Inf as they came out · center_loss: at θ itself
    facts: what was normalised (random) · span, seed: as asked for · parameters: how many weights move
    how: how the cells were evaluated, in words
    path (n, 3), pca only: the checkpoints in the plane and the loss of each with its own weights, θ itself last
    path_on_plane (n,): the loss at the same places of the plane · steps (n,): of the checkpoints
    explained, null_explained (2,): the share of all squared distances from θ that each direction holds, and the same
    for random walks of the same step lengths: null_low to null_high; null_path (n, 2): one of those walks
    """

    kind: str
    alphas: Floats
    betas: Floats
    losses: Floats
    center_loss: float
    parameters: int
    span: float
    seed: int
    how: str
    facts: RowFacts = field(default_factory=RowFacts)
    steps: tuple[int, ...] = ()
    path: Floats = field(default_factory=NO_PATH.copy)
    path_on_plane: Floats = field(default_factory=lambda: np.zeros(0))
    explained: tuple[float, ...] = ()
    null_explained: tuple[float, ...] = ()
    null_low: tuple[float, ...] = ()
    null_high: tuple[float, ...] = ()
    null_path: Floats = field(default_factory=lambda: np.zeros((0, 2)))

    def about(self) -> dict[str, object]:
        """Everything but the losses, in plain data."""
        shared: dict[str, object] = {
            "kind": self.kind, "alphas": self.alphas.tolist(), "betas": self.betas.tolist(),
            "center_loss": self.center_loss, "parameters": self.parameters, "span": self.span, "seed": self.seed,
            "how": self.how, "steps": list(self.steps), "path": self.path.tolist(),
            "explained": list(self.explained), "null_explained": list(self.null_explained),
        }  # fmt: skip
        if self.kind == "random":
            facts = self.facts
            return shared | {
                "rows": facts.rows, "left_out": facts.left_out, "norm_error": facts.norm_error, "cosine": facts.cosine
            }  # fmt: skip
        return shared | {
            "path_on_plane": self.path_on_plane.tolist(), "null_low": list(self.null_low),
            "null_high": list(self.null_high), "null_path": self.null_path.tolist(),
        }  # fmt: skip

    def array(self) -> Array:
        """The value that a run keeps as `landscape/surface`."""
        return Array(self.losses, self.about())
