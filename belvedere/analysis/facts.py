"""Single facts about runs, such as `lr` or `val/loss`: from the config, the summary, or the end of a series.

A name may say where it belongs: "config.lr", "summary.val/loss". Nested configs are named by their path:
"optimizer.lr".
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from belvedere.core.series import Floats, RunData

NESTING_MAX = 8


def flat(nested: Mapping[str, object], depth: int = 0) -> dict[str, object]:
    """A nested mapping as one level, keys joined by "."; lists and other values stay whole."""
    found: dict[str, object] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping) and value and "_type" not in value and depth < NESTING_MAX:
            found |= {f"{key}.{inner}": one for inner, one in flat(value, depth + 1).items()}
        else:
            found[str(key)] = value
    return found


def fact(run: RunData, name: str) -> object:
    """What a run says under a name: config before summary before the last finite value of a series that was read; None
    where it says nothing."""
    place, _, rest = name.partition(".")
    if place == "config" and rest:
        return flat(run.config).get(rest)
    if place == "summary" and rest:
        return run.summary.get(rest)
    config = flat(run.config)
    if name in config:
        return config[name]
    if name in run.summary:
        return run.summary[name]
    if name in run.series:
        finite = run.series[name].values[np.isfinite(run.series[name].values)]
        return float(finite[-1]) if len(finite) else None
    return None


def first_fact(run: RunData, names: Iterable[str]) -> object:
    """The first of several names under which the run says something."""
    return next((found for name in names if (found := fact(run, name)) is not None), None)


def number(value: object) -> float:
    """A fact as a number; NaN where it is none. Truth values are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except ValueError:
        return math.nan


def numbers(runs: Sequence[RunData], name: str) -> Floats:
    """(r,) float64: that fact of every run, NaN where it is absent or no number; "" is absent everywhere."""
    return np.array([number(fact(run, name)) if name else math.nan for run in runs], np.float64)


def names_of(runs: Sequence[RunData], *, summary: bool = True) -> list[str]:
    """Every config name, and with `summary` every summary name, that any of the runs has, sorted."""
    found = {name for run in runs for name in flat(run.config)}
    if summary:
        found |= {name for run in runs for name in run.summary}
    return sorted(name for name in found if not name.startswith("_"))


def varying(runs: Sequence[RunData]) -> list[str]:
    """Config names of which not all runs say the same."""
    configs = [flat(run.config) for run in runs]
    names = sorted({name for config in configs for name in config if not name.startswith("_")})
    return [name for name in names if len({repr(config.get(name)) for config in configs}) > 1]
