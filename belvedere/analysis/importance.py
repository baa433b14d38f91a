"""Which hyper-parameters matter for an outcome: the share of its spread that each explains alone, held against chance.

The outcome is replaced by its rank among the runs (ties share theirs), so one run that diverged does not decide. The
runs are sorted into groups by the hyper-parameter: its values where it has at most 5 different ones, else 5 groups of
equal numbers. With η² = (spread between the groups) / (whole spread) of the ranks,

    importance = max(0, (η² - chance) / (1 - chance)),  chance = the mean η² over 999 shuffles of the outcome,
    p = (1 + shuffles with an η² as large) / (1 + shuffles).

Beside it stands Spearman's rank correlation, whose sign says in which direction, where the values are numbers. What two
hyper-parameters do only together, this does not see; fANOVA (Hutter et al. 2014) would, and takes more runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.facts import number
from belvedere.core.series import Floats

RUNS_MIN = 8
GROUPS = 5
SHUFFLES = 999


@dataclass(frozen=True)
class Importance:
    """How much one hyper-parameter explains of the outcome, from 0 to 1, and how likely chance alone does as well.

    correlation: Spearman's, NaN for categories · same_as: others that sort the runs into the same groups, so that
    nobody can tell from these runs which of them matters
    """

    name: str
    importance: float
    p: float
    correlation: float
    same_as: tuple[str, ...]


def importances(
    columns: Mapping[str, Sequence[object]], outcome: Floats, *, shuffles: int = SHUFFLES, seed: int = 0
) -> tuple[list[Importance], str]:  # fmt: skip
    """Every column (r,) that varies, the most important first, and why there are none: runs without a finite outcome
    are left out, and fewer than 8 are too few."""
    known = np.flatnonzero(np.isfinite(outcome)).tolist()
    if len(known) < RUNS_MIN:
        return [], f"{len(known)} runs with an outcome are too few to tell what matters; it takes {RUNS_MIN}."
    ranks = _ranks(outcome[known])
    if np.ptp(ranks) == 0:
        return [], "All runs have the same outcome, so nothing explains a difference."
    groups = {name: _groups([column[place] for place in known]) for name, column in columns.items()}
    groups = {name: found for name, found in groups.items() if len(np.unique(found)) > 1}
    generator = np.random.default_rng(seed)
    shuffled = generator.permuted(np.tile(ranks, (shuffles, 1)), axis=1)  # (s, r)
    rows = []
    for name, found in groups.items():
        share, by_chance = float(_explained(found, ranks[None])[0]), _explained(found, shuffled)
        chance = float(by_chance.mean())
        p = (1 + int((by_chance >= share - 1e-12).sum())) / (1 + shuffles)
        importance = max(0.0, (share - chance) / (1 - chance)) if chance < 1 else 0.0
        values = np.array([number(columns[name][place]) for place in known])
        same = tuple(other for other, its in groups.items() if other != name and np.array_equal(its, found))
        rows.append(Importance(name, importance, p, spearman(values, outcome[known]), same))
    return sorted(rows, key=lambda row: (-row.importance, row.p, row.name)), ""


def spearman(first: Floats, second: Floats) -> float:
    """The rank correlation of two columns (r,) where both are finite; NaN for fewer than 3 or a constant."""
    known = np.isfinite(first) & np.isfinite(second)
    if known.sum() < 3:
        return float("nan")
    ranks = np.stack([_ranks(first[known]), _ranks(second[known])])
    if not np.ptp(ranks, axis=1).all():
        return float("nan")
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, ties sharing their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray(((ends - counts + ends - 1) / 2)[inverse], np.float64)


def _groups(values: Sequence[object]) -> NDArray[np.int64]:
    """(r,): the group of each run, numbered by first appearance; an absent value is a group of its own."""
    numbers = np.array([number(value) for value in values])
    is_number = np.isfinite(numbers)
    if is_number.any() and all(ok or value is None for ok, value in zip(is_number, values)):
        different = np.unique(numbers[is_number])
        if len(different) > GROUPS:
            edges = np.quantile(numbers[is_number], np.linspace(0, 1, GROUPS + 1)[1:-1])
            labels = np.where(is_number, np.searchsorted(edges, numbers, side="left"), -1)
        else:
            labels = np.where(is_number, np.searchsorted(different, numbers), -1)
        keys: list[object] = labels.tolist()
    else:
        keys = [repr(value) for value in values]
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(key, len(seen)) for key in keys], np.int64)


def _explained(groups: NDArray[np.int64], ranks: Floats) -> Floats:
    """(s,): the share of the spread of each row of ranks (s, r) that lies between the groups, η²."""
    member = np.eye(int(groups.max()) + 1)[groups]  # (r, g)
    means = ranks @ member / member.sum(axis=0)
    middle = ranks.mean(axis=1, keepdims=True)
    between: Floats = ((means - middle) ** 2) @ member.sum(axis=0)
    return np.asarray(between / ((ranks - middle) ** 2).sum(axis=1), np.float64)
