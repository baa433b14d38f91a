"""W&B's configuration, `{"lr": {"value": 0.1}, "_wandb": {"value": {…}}}`, as ours, and what it says about metrics.

Under `_wandb` the client keeps its own facts: versions, telemetry ("t"), processes ("e"), custom charts ("visualize"),
class labels, and metric definitions ("m"), a list in which "1" is the name, "2" a pattern, "5" the place of the x axis
in this list (from 1), "6" options, "7" summaries, "8" the goal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from belvedere.core.entries import Defined, Stored
from belvedere.importers.wandb.jsons import dumps, loads
from belvedere.runlog.codec import plain

FACTS = "_wandb"
NAME, PATTERN, X_PLACE, OPTIONS, SUMMARIES, GOAL = "1", "2", "5", "6", "7", "8"
SYNC, HIDDEN, DEFINED = 1, 2, 3  # options
SUMMARY_NAMES: Mapping[int, str] = {
    1: "min", 2: "max", 3: "mean", 4: "best", 5: "last", 6: "none", 7: "copy", 8: "first",
}  # fmt: skip
SUMMARY_NUMBERS: Mapping[str, int] = {name: number for number, name in SUMMARY_NAMES.items()}
GOAL_NAMES: Mapping[int, str] = {1: "minimize", 2: "maximize"}
GOAL_NUMBERS: Mapping[str, int] = {name: number for number, name in GOAL_NAMES.items()}

Values = dict[str, Stored]


def config_of(text: str | bytes) -> tuple[Values, Values]:
    """The configuration, and the client's own facts (the value of `_wandb`). UsageError when the text is not JSON."""
    told = loads(text) if text else {}
    values: Values = {}
    for key, item in (told if isinstance(told, dict) else {}).items():
        values[key] = plain(item["value"] if isinstance(item, dict) and "value" in item else item)
    facts = values.pop(FACTS, {})
    return values, dict(facts) if isinstance(facts, Mapping) else {}


def config_json(values: Mapping[str, Stored], facts: Mapping[str, Stored]) -> str:
    """The inverse of `config_of`; `_wandb` is left out when there are no facts."""
    own = {FACTS: facts} if facts else {}
    return dumps({key: {"value": item} for key, item in {**values, **own}.items()})


def definitions(metrics: Stored, time: float = 0.0) -> list[Defined]:
    """What `_wandb.m` defines; entries that make no sense are passed over."""
    entries = [one for one in metrics if isinstance(one, Mapping)] if isinstance(metrics, list | tuple) else []
    names = [_name(one) for one in entries]
    found = []
    for one, name in zip(entries, names, strict=True):
        place = one.get(X_PLACE)
        x = names[place - 1] if type(place) is int and 1 <= place <= len(names) else ""
        summaries = [SUMMARY_NAMES[number] for number in _numbers(one.get(SUMMARIES)) if number in SUMMARY_NAMES]
        goal = one.get(GOAL)
        if name:
            is_hidden = HIDDEN in _numbers(one.get(OPTIONS))
            way = GOAL_NAMES.get(goal) if type(goal) is int else None
            found.append(Defined(time, name, x or None, summaries, way, None, is_hidden))
    return found


def with_flat_names(defined: Iterable[Defined]) -> list[Defined]:
    """The definitions, and those of nested keys ("a.b", while "a\\.b" has a dot) also under the names of our series."""
    found = list(defined)
    for one in tuple(found):
        name, x = _flat(one.key), one.x and _flat(one.x)
        if name != one.key:
            found.append(replace(one, key=name, x=x))
    return found


def metric_list(defined: Iterable[Defined]) -> list[Stored]:
    """`_wandb.m` of definitions, the inverse of `definitions` for a list in which every x axis is defined too."""
    ordered = list(defined)
    places = {one.key: place for place, one in enumerate(ordered, 1)}
    return [_metric(one, places) for one in ordered]


def _metric(one: Defined, places: Mapping[str, int]) -> Stored:
    options = [SYNC] * (one.x in places) + [HIDDEN] * one.hidden + [DEFINED]
    summaries = [SUMMARY_NUMBERS[name] for name in one.summary if name in SUMMARY_NUMBERS]
    entry: Values = {PATTERN if "*" in one.key else NAME: one.key, OPTIONS: list(options), SUMMARIES: list(summaries)}
    if one.x is not None and one.x in places:
        entry[X_PLACE] = places[one.x]
    if one.goal is not None and one.goal in GOAL_NUMBERS:
        entry[GOAL] = GOAL_NUMBERS[one.goal]
    return entry


def _name(entry: Mapping[str, Stored]) -> str:
    return str(entry.get(NAME) or entry.get(PATTERN) or "")


def _flat(name: str) -> str:
    return name.replace("\\.", "\0").replace(".", "/").replace("\0", ".")


def _numbers(value: Stored) -> Sequence[int]:
    return [one for one in value if type(one) is int] if isinstance(value, list | tuple) else []
