"""Hyper-parameters of many runs as columns of numbers: numbers as they are, everything else by name."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.facts import fact, number
from belvedere.core.series import Floats, RunData

LOG_RATIO = 30.0  # from this on the small values of a linear axis cannot be told apart
NOT_SET = "not set"


@dataclass(frozen=True, eq=False)
class Column:
    """values (r,) float64, NaN for a run that has no such entry · categories: what the whole numbers from 0 stand for;
    empty where the values are numbers · is_log: positive, and spread over more than LOG_RATIO"""

    name: str
    values: Floats
    categories: tuple[str, ...] = ()
    is_log: bool = False

    @property
    def varies(self) -> bool:
        """Whether two runs differ in it, both having it."""
        known = self.values[np.isfinite(self.values)]
        return bool(len(known)) and float(np.ptp(known)) > 0


def column(runs: Sequence[RunData], name: str) -> Column:
    """What every run says under a name. Categories are in the order of their names."""
    told = [fact(run, name) for run in runs]
    values = np.array([number(one) for one in told], np.float64)
    if all(np.isfinite(value) or one is None for value, one in zip(values, told)):
        known = values[np.isfinite(values)]
        is_log = bool(len(known)) and known.min() > 0 and known.max() >= LOG_RATIO * known.min()
        return Column(name, values, (), bool(is_log))
    names = tuple(sorted({str(one) for one in told if one is not None}))
    places = {one: float(place) for place, one in enumerate(names)}
    return Column(name, np.array([np.nan if one is None else places[str(one)] for one in told]), names)
