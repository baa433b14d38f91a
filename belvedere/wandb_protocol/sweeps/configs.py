"""The configuration of a sweep: YAML text, read with the safe loader and checked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.sweeps.parameters import Parameter, args_of, parameters

CONFIG_CHARACTERS_MAX = 256 << 10
ITEMS_MAX = 200_000
METHODS = ("grid", "random", "bayes")


@dataclass(frozen=True)
class Metric:
    """What is optimized; `target` ends nothing, as at W&B it is only shown."""

    name: str
    is_maximized: bool = False

    def worth(self, value: float) -> float:
        """The smaller the better, whichever way the goal goes."""
        return -value if self.is_maximized else value


@dataclass(frozen=True)
class Hyperband:
    """Ends runs that are behind at the bands; see hyperband.py."""

    eta: float = 3.0
    min_iter: int | None = None
    max_iter: int | None = None
    brackets: int = 1


@dataclass(frozen=True)
class SweepConfig:
    """What a sweep searches and how."""

    method: str
    parameters: tuple[Parameter, ...]
    metric: Metric | None = None
    hyperband: Hyperband | None = None
    run_cap: int | None = None
    program: str | None = None
    name: str | None = None
    description: str | None = None

    def args(self, units: Mapping[str, float]) -> dict[str, object]:
        """The values that a run gets, nested as the configuration is."""
        return args_of(self.parameters, units)


@lru_cache(maxsize=64)
def sweep_config(text: str) -> SweepConfig:
    """A checked configuration; UsageError says what is wrong. The same text comes with every heartbeat."""
    given = read(text)
    method = given.get("method")
    if method not in METHODS:
        raise UsageError(f"sweep method {str(method)[:40]!r} is not known; use {', '.join(METHODS)}")
    found = tuple(parameters(given.get("parameters")))
    metric, hyperband = _metric(given.get("metric")), _hyperband(given.get("early_terminate"))
    if metric is None and (method == "bayes" or hyperband):
        who = "method: bayes" if method == "bayes" else "early_terminate"
        raise UsageError(f"{who} needs a metric; add metric: {{name: loss, goal: minimize}}")
    if method == "grid":
        endless = next((one.name for one in found if one.values is None), None)
        if endless:
            raise UsageError(f"a grid cannot list all values of {endless!r}; give it values, or use method: random")
    return SweepConfig(
        str(method), found, metric, hyperband, _whole(given, "run_cap"), _text(given, "program"),
        _text(given, "name"), _text(given, "description"),
    )  # fmt: skip


def read(text: str) -> Mapping[str, object]:
    """The YAML mapping as plain values; UsageError for anything else, and for what would not fit in memory."""
    if len(text) > CONFIG_CHARACTERS_MAX:
        raise UsageError(
            f"a sweep configuration of {len(text)} characters refused; {CONFIG_CHARACTERS_MAX} are allowed"
        )
    try:
        found = yaml.safe_load(text)
        _checked_size(found)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"the sweep configuration is no plain YAML: {reason}") from None
    except (RecursionError, ValueError):
        raise UsageError("the sweep configuration is nested too deeply or holds no value YAML knows") from None
    if not isinstance(found, dict):
        raise UsageError(
            f"the sweep configuration is a {type(found).__name__}; write a mapping with method and parameters"
        )
    return {str(key): value for key, value in found.items()}


def _checked_size(value: object) -> None:
    """A few lines of YAML can name a list of lists of lists … again and again; count what they stand for."""
    sizes: dict[int, int] = {}

    def size(one: object, above: frozenset[int]) -> int:
        if not isinstance(one, dict | list | tuple | set):
            return 1
        if id(one) in above:
            raise UsageError("the sweep configuration contains itself; write it without anchors")
        if id(one) not in sizes:
            inside = [*one.keys(), *one.values()] if isinstance(one, dict) else list(one)
            sizes[id(one)] = 1 + sum(size(item, above | {id(one)}) for item in inside)
        if sizes[id(one)] > ITEMS_MAX:
            raise UsageError(f"the sweep configuration stands for more than {ITEMS_MAX} items; write a smaller one")
        return sizes[id(one)]

    size(value, frozenset())


def _metric(given: object) -> Metric | None:
    if given is None:
        return None
    if not isinstance(given, Mapping) or not given.get("name"):
        raise UsageError("the metric of the sweep has no name; write metric: {name: loss, goal: minimize}")
    goal = str(given.get("goal") or "minimize")
    if goal not in ("minimize", "maximize"):
        raise UsageError(f"the goal of the metric is {goal[:40]!r}; use minimize or maximize")
    return Metric(str(given["name"]), goal == "maximize")


def _hyperband(given: object) -> Hyperband | None:
    if given is None:
        return None
    kind = given.get("type") if isinstance(given, Mapping) else given
    if not isinstance(given, Mapping) or kind != "hyperband":
        raise UsageError(f"early_terminate type {str(kind)[:40]!r} is not known; use hyperband")
    eta = given.get("eta", 3)
    if not isinstance(eta, int | float) or not 1 < eta < math.inf:
        raise UsageError(f"hyperband's eta is {str(eta)[:40]!r}; let it be above 1")
    shortest, longest = _whole(given, "min_iter"), _whole(given, "max_iter")
    if (shortest is None) == (longest is None):
        raise UsageError("hyperband needs either min_iter, or max_iter and s; give one of them")
    return Hyperband(float(eta), shortest, longest, _whole(given, "s") or 1)


def _whole(given: Mapping[str, object], key: str) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or not 1 <= value < math.inf or value != int(value):
        raise UsageError(f"{key} is {str(value)[:40]!r}; use a whole number from 1 on")
    return int(value)


def _text(given: Mapping[str, object], key: str) -> str | None:
    value = given.get(key)
    return str(value) if value is not None else None
