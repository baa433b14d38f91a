"""How closely two lists of numbers follow one straight line."""

import numpy as np

from belvedere.core.series import Floats


def pearson(x: Floats, y: Floats) -> float:
    """Pearson's correlation of two lists (n,) of finite numbers; NaN where one of them does not vary."""
    found = pearson_of_rows(x[None], y[None])
    return float(found[0])


def pearson_of_rows(x: Floats, y: Floats) -> Floats:
    """(r,) the correlation of each row of x with that of y, both (r, n) and finite; NaN where one does not vary."""
    a, b = _centred(x), _centred(y)
    norms = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    found: Floats = np.divide((a * b).sum(axis=1), norms, out=np.full(len(x), np.nan), where=norms > 0)
    return found


def _centred(rows: Floats) -> Floats:
    """Rows without their mean, in units of their largest number, so that squares stay within what a float can hold; all
    0 where a row does not vary."""
    largest = np.abs(rows).max(axis=1, initial=0.0, keepdims=True)
    scaled = np.divide(rows, largest, out=np.zeros_like(rows, dtype=np.float64), where=largest > 0)
    does_vary = scaled.max(axis=1, keepdims=True) > scaled.min(axis=1, keepdims=True)
    return np.asarray(np.where(does_vary, scaled - scaled.mean(axis=1, keepdims=True), 0.0))
