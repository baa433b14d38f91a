"""The beta distribution with parameters a and b: the value between 0 and 1 that lies at a quantile."""

import math

HALVINGS = 60  # of the interval in which the value is looked for: as close as floats come
TERMS_MAX = 1_000
CLOSE = 1e-14
TINY = 1e-300


def quantile(unit: float, a: float, b: float) -> float:
    """The value below which lies the share `unit` of the distribution."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if share_below(middle, a, b) < unit:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def share_below(value: float, a: float, b: float) -> float:
    """How much of the distribution lies below `value`: the regularized incomplete beta function."""
    if not 0 < value < 1:
        return float(value >= 1)
    if value > (a + 1) / (a + b + 2):  # on this side the fraction converges slowly
        return 1 - share_below(1 - value, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(value) + b * math.log1p(-value)
    return math.exp(scale) / a / _fraction(value, a, b)


def _fraction(value: float, a: float, b: float) -> float:
    """1 + d1 / (1 + d2 / (1 + …)), evaluated from its front (Lentz's method)."""
    found, front, back = 1.0, 1.0, 0.0
    for term in range(1, TERMS_MAX):
        half = term // 2
        if term % 2:
            weight = -(a + half) * (a + b + half) * value / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            weight = half * (b - half) * value / ((a + 2 * half - 1) * (a + 2 * half))
        back = 1 / ((1 + weight * back) or TINY)
        front = (1 + weight / front) or TINY
        found *= front * back
        if abs(front * back - 1) < CLOSE:
            break
    return found
