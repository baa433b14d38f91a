"""Hyperband: at some numbers of iterations (the bands) the runs that are behind end, so that the rest have the machine.

With min_iter the bands are min_iter · eta^k; with max_iter and s they are max_iter / eta^k for k = 1 … s. A run that
has passed a band goes on when its best value until there is among the best 1/eta of all runs that came that far.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from belvedere.wandb_protocol.sweeps.configs import Hyperband

BANDS_MAX = 64
Worths = NDArray[np.float64]  # of one run, one per iteration, the smaller the better; NaN counts for nothing


def bands(rule: Hyperband, iterations: int) -> list[int]:
    """The bands a run of so many iterations has passed, ascending."""
    if rule.max_iter is not None:
        found = [rule.max_iter / rule.eta**k for k in range(rule.brackets, 0, -1)]
    else:
        shortest = rule.min_iter or 1
        found = []
        while len(found) < BANDS_MAX and shortest * rule.eta ** len(found) <= iterations:
            found.append(shortest * rule.eta ** len(found))
    return sorted({int(one) for one in found if 1 <= int(one) <= iterations})


def is_behind(rule: Hyperband, run_id: str, worths: Mapping[str, Worths]) -> bool:
    """Whether a run shall end at the highest band that it and another have passed: agents speak every few seconds, and
    a quick run may have passed several since, at the last of which it is alone."""
    for band in reversed(bands(rule, len(worths[run_id]))):
        fellows = [best(one, band) for one in worths.values() if len(one) >= band]
        if len(fellows) > 1:
            return best(worths[run_id], band) > _threshold(fellows, rule.eta)
    return False


def best(worths: Worths, band: int) -> float:
    """The best value until a band; infinite when there was none."""
    finite = worths[:band][np.isfinite(worths[:band])]
    return float(finite.min()) if len(finite) else math.inf


def _threshold(fellows: Sequence[float], eta: float) -> float:
    """What the best 1/eta of the runs reach; at least one of them does."""
    return sorted(fellows)[max(1, math.ceil(len(fellows) / eta)) - 1]
