"""What a walk along the straight line between two sets of weights finds. Needs no torch, so that figures can read it.

Source of the barrier: Frankle, Dziugaite, Roy, Carbin, "Linear Mode Connectivity and the Lottery Ticket Hypothesis",
2020: how far the loss on the way rises above the straight line between the losses of the two ends.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.arrays import Array


@dataclass(frozen=True, eq=False)
class Line:
    """losses (n,) at (1 − α) · start + α · end for each of alphas (n,) from 0 to 1. `distance`: between the ends, in
    weight space. `barrier`: the largest rise above the straight line between both ends' losses; NaN when no loss on
    the way is finite. `start`, `end`: what the ends are called."""

    alphas: NDArray[np.float64]
    losses: NDArray[np.float64]
    barrier: float
    distance: float
    start: str
    end: str

    def array(self) -> Array:
        """The value that a run keeps as `landscape/line`."""
        about: dict[str, object] = {
            "alphas": self.alphas.tolist(), "from": self.start, "to": self.end, "barrier": self.barrier,
            "distance": self.distance,
        }  # fmt: skip
        return Array(self.losses, about)


def barrier_of(alphas: NDArray[np.float64], losses: NDArray[np.float64]) -> float:
    """The largest rise of losses (n,) above the straight line from the first to the last; 0 when there is none."""
    rise = losses - ((1 - alphas) * losses[0] + alphas * losses[-1])
    return float(rise.max()) if np.isfinite(rise).all() else float("nan")
