"""A score: how many of how many were right, with its interval and what guessing reaches."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

Z = 1.96  # standard deviations of a 95 % interval


@dataclass(frozen=True)
class Score:
    """`right` of `asked` problems; guessing gets the share `chance`. `left_out` were too long for the model."""

    right: int
    asked: int
    chance: float
    left_out: int = 0

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.right / self.asked

    @property
    def interval(self) -> tuple[float, float]:
        """95 %."""
        return wilson(self.share, self.asked)

    @property
    def said(self) -> str:
        """0.272 [0.221, 0.330] of 254, chance 0.200."""
        low, high = self.interval
        too_long = f", {self.left_out} too long" if self.left_out else ""
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}] of {self.asked}{too_long}, chance {self.chance:.3f}"


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share; it stays within 0 and 1, also where the share is 0 or 1."""
    centre = (share + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    reach = Z * math.sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials)) / (1 + Z * Z / trials)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def scalars(scores: Mapping[str, Score]) -> dict[str, float]:
    """A row to log: evaluation/NAME with its interval, evaluation/NAME/low and …/high."""
    row: dict[str, float] = {}
    for name, score in scores.items():
        low, high = score.interval
        row |= {f"evaluation/{name}": score.share, f"evaluation/{name}/low": low, f"evaluation/{name}/high": high}
    return row


def described(scores: Mapping[str, Score]) -> str:
    """One line a task."""
    width = max(map(len, scores), default=0)
    return "\n".join(f"  {name:{width}}  {score.said}" for name, score in scores.items())
