"""One number for how well each run did: what was asked for, else its best accuracy, else its last validation loss."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.analysis.facts import number, numbers
from belvedere.analysis.measures import ACCURACY, LOSS, VALIDATION_LOSS, is_less_better
from belvedere.core.query import resolved
from belvedere.core.series import Floats, RunData

NEEDED = (ACCURACY, VALIDATION_LOSS, LOSS)  # the `optional` part of a figure's needs


@dataclass(frozen=True, eq=False)
class Outcome:
    """title: what the number is · values (r,) float64, NaN for a run without it · is_less_better: losses are"""

    title: str
    values: Floats
    is_less_better: bool

    @property
    def best(self) -> int | None:
        """The place of the best run; None where no run has an outcome."""
        if not np.isfinite(self.values).any():
            return None
        known = np.where(np.isfinite(self.values), self.values, np.inf if self.is_less_better else -np.inf)
        return int(np.argmin(known) if self.is_less_better else np.argmax(known))


def outcomes(runs: Sequence[RunData], name: str = "") -> Outcome | None:
    """The outcome of every run: the config entry, summary value or end of a series called `name`; without a name the
    first of `usual_outcomes`. None if there is none."""
    if name:
        values = np.where(np.isfinite(found := numbers(runs, name)), found, np.nan)
        return Outcome(name, values, is_less_better(name)) if np.isfinite(values).any() else None
    usual = usual_outcomes(runs)
    return usual[0] if usual else None


def usual_outcomes(runs: Sequence[RunData]) -> list[Outcome]:
    """Best accuracy, last validation loss and last loss, those of them that any run has, under one key for all."""
    found: dict[str, Outcome] = {}
    for entry, word, pick in ((ACCURACY, "best", np.max), (VALIDATION_LOSS, "last", _last), (LOSS, "last", _last)):
        key = _usual(runs, entry)
        picked = np.array([_picked(run, key, pick) for run in runs])
        if key and np.isfinite(picked).any():
            found.setdefault(key, Outcome(f"{word} {key}", picked, is_less_better(key)))
    return list(found.values())


def _usual(runs: Sequence[RunData], entry: str) -> str:
    """The key of an entry that most runs have, as a series or in their summary."""
    found = Counter(key for run in runs for key in resolved(entry, [*run.series, *run.summary])[:1])
    return found.most_common(1)[0][0] if found else ""


def _picked(run: RunData, key: str, pick: Callable[[Floats], float]) -> float:
    series = run.series.get(key)
    values = series.values if series is not None else np.array([number(run.summary.get(key))])
    finite = values[np.isfinite(values)]
    return float(pick(finite)) if len(finite) else float("nan")


def _last(values: Floats) -> float:
    return float(values[-1])
