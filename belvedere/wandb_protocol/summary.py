"""The summary of a run: ours follows from the rows; what the client has beside that is kept as it says it.

Every post brings the whole summary. A value that is simply the last one logged is in our summary already. Of all others
the original stands among the facts of W&B ("summary/<key>"), and its translation in our own summary.
"""

import math
from collections.abc import Mapping

from belvedere.core.entries import Stored
from belvedere.importers.wandb.rows import history_row, original_row
from belvedere.store.describe import SUMMARIES, definition_of
from belvedere.store.records import RunDetail
from belvedere.store.run import Run
from belvedere.wandb_protocol.held import logged_steps

FACT = "summary/"
ABSENT = "absent"
EXACT = 1 << 53  # whole numbers up to here are what they were when they come back as floats


class Summary:
    """What is known of the client's summary."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        self.originals = originals(facts)
        self.absent = set(_names(facts.get(ABSENT)))
        self._told: Mapping[str, Stored] = {}

    def take(
        self, told: Mapping[str, Stored], last: Mapping[str, Stored]
    ) -> tuple[dict[str, Stored], dict[str, Stored]]:
        """What is new: values of our summary, and facts of W&B. `last` are the last values logged, by flat key."""
        ours: dict[str, Stored] = {}
        facts: dict[str, Stored] = {}
        self._told = told
        for key, value in told.items():
            if key in self.originals and same(self.originals[key], value):
                continue
            if key not in self.originals and key in last and _is_last(value, last[key]):
                continue  # by far the most
            flat = history_row({key: value}).values if not key.startswith("_") else {key: value}
            if key not in self.originals and all(_is_last(value, last.get(name)) for name, value in flat.items()):
                continue
            self.originals[key] = facts[FACT + key] = value
            is_number = key in last and not isinstance(last[key], Mapping)
            is_aggregate = is_number and isinstance(value, Mapping)  # {"min": …}, which ours says as "loss.min"
            if not key.startswith("_") and not is_aggregate:
                ours |= flat
        return ours, facts

    def end(self, last: Mapping[str, Stored], nested: Mapping[str, list[str]]) -> dict[str, Stored]:
        """What the finished summary does not hold though it was logged, as a fact; {} when that is known."""
        if not self._told:
            return {}
        absent = {_top(key, nested) for key in last} - self._told.keys()
        if absent == self.absent:
            return {}
        self.absent = absent
        return {ABSENT: sorted(absent)}


def client_summary(run: Run) -> dict[str, Stored]:
    """The summary as the client had it, or would have had it when the run was recorded by somebody else."""
    detail, steps = run.detail, logged_steps(run)
    facts = detail.foreign.get("wandb", {})
    found, absent = originals(facts), set(_names(facts.get(ABSENT)))
    nested = nested_of(facts)
    aside = _aggregates(detail).union(*(history_row({key: value}).values for key, value in found.items()))
    flat: dict[str, Stored] = {}
    for key, value in detail.row.summary.items():
        top = _top(key, nested)
        if top not in found and top not in absent and key not in aside and not key.startswith("system/"):
            flat[key] = _whole(value)
    derived = original_row(flat, nested, max(0, steps - 1), round(detail.row.updated * 1e6))
    if not steps:
        derived.pop("_step"), derived.pop("_timestamp")
    return {**derived, **found}


def originals(facts: Mapping[str, object]) -> dict[str, Stored]:
    """Values of the summary that are kept as the client said them, by top-level key."""
    return {key[len(FACT) :]: value for key, value in facts.items() if key.startswith(FACT)}  # type: ignore[misc]


def nested_of(facts: Mapping[str, object]) -> dict[str, list[str]]:
    """Paths of the keys that were logged nested, by flat key."""
    told = facts.get("nested")
    if not isinstance(told, Mapping):
        return {}
    return {str(key): [str(part) for part in path] for key, path in told.items() if isinstance(path, list | tuple)}


def same(one: object, other: object) -> bool:
    """Equality for JSON values: NaN equals NaN, True is not 1."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _is_last(value: object, last: object) -> bool:
    """Whether our summary says just this from the rows alone."""
    if type(value) is int:
        return abs(value) < EXACT and type(last) in (int, float) and last == value
    return type(value) in (float, str) and type(last) in (int, float, str) and same(value, last)


def _whole(value: object) -> Stored:
    """The summary holds floats; JSON of Go writes 4.0 as 4, and so do we."""
    is_whole = type(value) is float and value.is_integer() and abs(value) < EXACT
    return int(value) if is_whole else value  # type: ignore[call-overload, return-value]


def _aggregates(detail: RunDetail) -> set[str]:
    """Keys such as "loss.min" that our summary makes of a definition."""
    found = set()
    for key in detail.row.summary:
        series, dot, ending = key.rpartition(".")
        if dot and ending in SUMMARIES:
            wanted = definition_of(series, detail.definitions)
            if wanted is not None and ending in wanted.summary:
                found.add(key)
    return found


def _top(key: str, nested: Mapping[str, list[str]]) -> str:
    path = nested.get(key)
    return path[0] if path else key


def _names(told: object) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list | tuple) else []
