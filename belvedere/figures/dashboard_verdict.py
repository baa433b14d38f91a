"""One sentence on the dashboard about its loss: not a number, rising, or not learning; "" when none of them is certain.

Not learning: after LEARNING_VALUES values neither the level nor the trend has fallen by 2 % of the loss at the start.
The trend is the Theil–Sen slope (the median of the slopes between all pairs of points), which a few spikes cannot
bend.
"""

import numpy as np

from belvedere.analysis.joins import Reduced
from belvedere.core.series import Floats

START_VALUES = 10  # of which the mean is the loss at the start
LEARNING_VALUES = 200  # below that it is too early to say
FALL = 0.02
RISE = 0.05
PAIRED_POINTS = 128  # 8,128 pairs: a millisecond
LAST_SHARE = 5  # the level now is the median of the last fifth


@np.errstate(over="ignore", invalid="ignore")  # losses near 1e308: a level that is infinite says nothing
def verdict(loss: Reduced, *, start: float, last: float) -> str:
    """What is wrong with a loss, from its reduced points; `start` and `last` are the mean of its first values and its
    last value."""
    known = np.isfinite(loss.mean)
    steps, means = loss.steps[known], loss.mean[known]
    if not np.isfinite(last):
        since = f" since step {int(steps[-1]):,} at the latest" if len(steps) else ""
        return f"The loss is not a number{since}: look for the first NaN with `belvedere doctor`."
    if int(loss.counts.sum()) < LEARNING_VALUES or len(steps) < 2 or not start > 0:
        return ""
    level = float(np.median(means[-max(1, len(means) // LAST_SHARE) :]))
    change = theil_sen(steps.astype(np.float64), means) * float(steps[-1] - steps[0])
    told = f"{start:.4g} at the start, {level:.4g} now, after {int(loss.counts.sum()):,} values"
    if level > (1 + RISE) * start and change > 0:
        return f"The loss is rising: {told}. Lower the learning rate, or look for a bad batch."
    if level >= (1 - FALL) * start and change >= -FALL * start:
        return f"Not learning: the loss is {told}. Check labels, learning rate and whether gradients arrive."
    return ""


def theil_sen(x: Floats, y: Floats) -> float:
    """The median slope between all pairs of at most PAIRED_POINTS evenly chosen points; 0 for fewer than two."""
    if len(x) > PAIRED_POINTS:
        chosen = np.linspace(0, len(x) - 1, PAIRED_POINTS).astype(np.intp)
        x, y = x[chosen], y[chosen]
    left, right = np.triu_indices(len(x), 1)
    runs = x[right] - x[left]
    is_apart = runs != 0
    return float(np.median((y[right] - y[left])[is_apart] / runs[is_apart])) if is_apart.any() else 0.0
