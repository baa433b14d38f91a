"""Parameters of a search: each draws values, lists them when they are few, and lies on a line for Bayes.

The line of a parameter (`Line`) is where a search with memory works: a number between `low` and `high`, from which
`at(unit)` makes the value. Distributions and their arguments are those of the W&B sweep configuration.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from belvedere.core.errors import UsageError
from belvedere.core.plain import plain_data
from belvedere.wandb_protocol.sweeps.beta import quantile

GRID_VALUES_MAX = 100_000
Q = 1.0  # the step of a q_ distribution that names none
Q_MIN = 1e-12
SHAPE_MAX = 100_000.0  # of a beta distribution: narrower ones are numbers
NESTING_MAX = 16
Given = Mapping[str, object]


@dataclass(frozen=True)
class Line:
    """Where a unit may lie. `is_category`: units are places in a list, and neighbours mean nothing."""

    low: float
    high: float
    is_whole: bool = False
    is_category: bool = False


@dataclass(frozen=True)
class Parameter:
    """One parameter by its path in the configuration; `values` when it has finitely many."""

    path: tuple[str, ...]
    line: Line
    at: Callable[[float], object]
    values: tuple[object, ...] | None = None
    weights: tuple[float, ...] | None = None

    @property
    def name(self) -> str:
        return "/".join(self.path)

    def drawn(self, chance: random.Random) -> float:
        """A random unit."""
        if self.line.is_category:
            places = range(round(self.line.high) + 1)
            return float(chance.choices(places, weights=self.weights)[0])
        if self.line.is_whole:
            return float(chance.randint(round(self.line.low), round(self.line.high)))
        return chance.uniform(self.line.low, self.line.high)


def parameters(given: object) -> list[Parameter]:
    """All parameters of a configuration, nested ones by their paths, in the order of their names; UsageError for one
    that cannot be drawn."""
    if not isinstance(given, Mapping) or not given:
        raise UsageError(
            "the sweep has no parameters; give it at least one, such as parameters: {lr: {min: 0.1, max: 1.0}}"
        )
    found = list(_found(given, ()))
    names = [one.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UsageError(f"two parameters of the sweep are called {twice!r}; rename one")
    return sorted(found, key=lambda one: one.name)


def args_of(found: Sequence[Parameter], units: Mapping[str, float]) -> dict[str, object]:
    """The values that a run gets, nested as the configuration is."""
    args: dict[str, object] = {}
    for one in found:
        inner = args
        for part in one.path[:-1]:
            deeper = inner.setdefault(part, {})
            assert isinstance(deeper, dict)
            inner = deeper
        inner[one.path[-1]] = one.at(units[one.name])
    return args


def _found(given: Given, path: tuple[str, ...]) -> list[Parameter]:
    found: list[Parameter] = []
    if len(path) > NESTING_MAX:
        raise UsageError(f"parameters are nested deeper than {NESTING_MAX} levels; flatten them")
    for name, one in given.items():
        here = (*path, str(name))
        if not isinstance(one, Mapping):
            raise UsageError(
                f"parameter {'/'.join(here)!r} is {str(one)[:40]!r}; write {{value: {str(one)[:40]}}} instead"
            )
        inner = one.get("parameters")
        if isinstance(inner, Mapping):
            found += _found(inner, here)
        else:
            found.append(_parameter(here, one))
    return found


def _parameter(path: tuple[str, ...], given: Given) -> Parameter:
    kind = str(given.get("distribution") or _inferred(path, given))
    if kind == "constant":
        return _listed(path, [given.get("value")])
    if kind in ("categorical", "categorical_w_probabilities"):
        return _categorical(path, given)
    if kind == "int_uniform":
        low, high = math.ceil(_number(path, given, "min")), math.floor(_number(path, given, "max"))
        return _line(path, Line(low, high, is_whole=True), round)
    make = KINDS.get(kind)
    if make is None:
        known = ", ".join(["constant", "categorical", "int_uniform", *KINDS])
        raise UsageError(f"parameter {'/'.join(path)!r}: distribution {kind[:40]!r} is not known; use {known}")
    return make(path, given)


def _inferred(path: tuple[str, ...], given: Given) -> str:
    """The distribution of a parameter that names none."""
    if "values" in given:
        return "categorical"
    if "value" in given:
        return "constant"
    if "min" in given and "max" in given:
        both = given["min"], given["max"]
        return "int_uniform" if all(isinstance(one, int) for one in both) else "uniform"
    if "mu" in given or "sigma" in given:
        return "normal"
    raise UsageError(f"parameter {'/'.join(path)!r} says {sorted(given)}; give it value, values, or min and max")


def _listed(path: tuple[str, ...], values: Sequence[object], weights: tuple[float, ...] | None = None) -> Parameter:
    kept = tuple(map(plain_data, values))  # YAML knows dates and sets, JSON does not
    line = Line(0, len(kept) - 1, is_whole=True, is_category=True)
    return Parameter(path, line, lambda unit: kept[round(unit)], kept, weights)


def _categorical(path: tuple[str, ...], given: Given) -> Parameter:
    name, values, weights = "/".join(path), given.get("values"), given.get("probabilities")
    if not isinstance(values, list | tuple) or not values or len(values) > GRID_VALUES_MAX:
        raise UsageError(f"parameter {name!r} needs values, a list of 1 to {GRID_VALUES_MAX}; got {str(values)[:40]!r}")
    if weights is None:
        return _listed(path, values)
    numbers = [one for one in weights if isinstance(one, int | float)] if isinstance(weights, list | tuple) else []
    if len(numbers) != len(values) or min(numbers) < 0 or not sum(numbers) > 0:
        raise UsageError(f"parameter {name!r} has {len(values)} values; give as many probabilities, none below 0")
    return _listed(path, values, tuple(map(float, numbers)))


def _line(path: tuple[str, ...], line: Line, at: Callable[[float], object]) -> Parameter:
    if not (line.low <= line.high and math.isfinite(line.high - line.low)):
        raise UsageError(f"parameter {'/'.join(path)!r} goes from {line.low} to {line.high}; let min be below max")
    count = round(line.high - line.low) + 1 if line.is_whole else 0
    values = tuple(at(line.low + i) for i in range(count)) if 0 < count <= GRID_VALUES_MAX else None
    return Parameter(path, line, at, values)


def _number(path: tuple[str, ...], given: Given, key: str, default: float | None = None) -> float:
    value = given.get(key, default)
    try:
        number = float(value)  # type: ignore[arg-type]  # YAML reads 1e-4 as text
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"parameter {'/'.join(path)!r} needs a number as {key}; got {str(value)[:40]!r}")
    return number


def _bounds(path: tuple[str, ...], given: Given) -> Line:
    return Line(_number(path, given, "min"), _number(path, given, "max"))


def _log_bounds(path: tuple[str, ...], given: Given) -> Line:
    bounds = _bounds(path, given)
    if bounds.low <= 0:
        raise UsageError(f"parameter {'/'.join(path)!r} is logarithmic and its min is {bounds.low}; let it be above 0")
    return Line(math.log(bounds.low), math.log(max(bounds.high, bounds.low)))


def _uniform(path: tuple[str, ...], given: Given) -> Parameter:
    return _line(path, _bounds(path, given), float)


def _q_uniform(path: tuple[str, ...], given: Given) -> Parameter:
    """Multiples of q: as many as there are, so that a grid can list them."""
    bounds, q = _bounds(path, given), _step(path, given)
    if not math.isfinite(bounds.low / q) or not math.isfinite(bounds.high / q):
        raise UsageError(f"parameter {'/'.join(path)!r} has steps of {q} up to {bounds.high}; use a wider q")
    line = Line(math.ceil(bounds.low / q - 1e-9), math.floor(bounds.high / q + 1e-9), is_whole=True)
    return _line(path, line, lambda unit: _quantized(unit * q, q))


def _log_uniform(path: tuple[str, ...], given: Given) -> Parameter:
    """min and max are exponents of e."""
    return _line(path, _exponents(path, given), math.exp)


def _q_log_uniform(path: tuple[str, ...], given: Given) -> Parameter:
    q = _step(path, given)
    return _line(path, _exponents(path, given), lambda unit: _quantized(math.exp(unit), q))


def _log_uniform_values(path: tuple[str, ...], given: Given) -> Parameter:
    low, high = _number(path, given, "min"), _number(path, given, "max")
    return _line(path, _log_bounds(path, given), lambda unit: min(max(math.exp(unit), low), high))


def _q_log_uniform_values(path: tuple[str, ...], given: Given) -> Parameter:
    q = _step(path, given)
    return _line(path, _log_bounds(path, given), lambda unit: _quantized(math.exp(unit), q))


def _inv_log_uniform(path: tuple[str, ...], given: Given) -> Parameter:
    """log(1/x) is uniform between min and max."""
    return _line(path, _exponents(path, given), lambda unit: math.exp(-unit))


def _normal(path: tuple[str, ...], given: Given) -> Parameter:
    return _bell(path, given, float)


def _q_normal(path: tuple[str, ...], given: Given) -> Parameter:
    q = _step(path, given)
    return _bell(path, given, lambda value: _quantized(value, q))


def _log_normal(path: tuple[str, ...], given: Given) -> Parameter:
    return _bell(path, given, _exp)


def _q_log_normal(path: tuple[str, ...], given: Given) -> Parameter:
    q = _step(path, given)
    return _bell(path, given, lambda value: _quantized(_exp(value), q))


def _bell(path: tuple[str, ...], given: Given, at: Callable[[float], object]) -> Parameter:
    """The unit is the quantile, so that every unit is as likely as any other."""
    sigma = _number(path, given, "sigma", 1.0)
    if sigma <= 0:
        raise UsageError(f"parameter {'/'.join(path)!r} has sigma {sigma}; let it be above 0")
    bell = NormalDist(_number(path, given, "mu", 0.0), sigma)
    return _line(path, Line(1e-9, 1 - 1e-9), lambda unit: at(bell.inv_cdf(unit)))


def _beta(path: tuple[str, ...], given: Given) -> Parameter:
    return _arch(path, given, float)


def _q_beta(path: tuple[str, ...], given: Given) -> Parameter:
    q = _step(path, given)
    return _arch(path, given, lambda value: _quantized(value, q))


def _arch(path: tuple[str, ...], given: Given, at: Callable[[float], object]) -> Parameter:
    """A beta distribution; the unit is the quantile here, too."""
    a, b = _number(path, given, "a", 1.0), _number(path, given, "b", 1.0)
    if not (0 < a <= SHAPE_MAX and 0 < b <= SHAPE_MAX):
        raise UsageError(f"parameter {'/'.join(path)!r} has a {a} and b {b}; let both be above 0, at most {SHAPE_MAX}")
    return _line(path, Line(1e-9, 1 - 1e-9), lambda unit: at(quantile(unit, a, b)))


def _exponents(path: tuple[str, ...], given: Given) -> Line:
    """Bounds that are exponents of e; what no float can hold is refused here rather than when it is drawn."""
    bounds = _bounds(path, given)
    if max(abs(bounds.low), abs(bounds.high)) > 700:
        raise UsageError(
            f"parameter {'/'.join(path)!r}: min and max are exponents of e and {bounds.high} is too much; "
            "use log_uniform_values to give the values themselves"
        )
    return bounds


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


def _step(path: tuple[str, ...], given: Given) -> float:
    q = _number(path, given, "q", Q)
    if q < Q_MIN:
        raise UsageError(f"parameter {'/'.join(path)!r} has q {q}; let it be above 0, at least {Q_MIN}")
    return q


def _quantized(value: float, q: float) -> float | int:
    """The nearest multiple of q, a whole number when q is one, without the dust of floating point."""
    if not math.isfinite(value / q):
        return value
    count = round(value / q)
    return count * round(q) if q == round(q) else round(count * q, 12 - min(11, math.floor(math.log10(q))))


KINDS: Mapping[str, Callable[[tuple[str, ...], Given], Parameter]] = {
    "uniform": _uniform, "q_uniform": _q_uniform,
    "log_uniform": _log_uniform, "q_log_uniform": _q_log_uniform, "inv_log_uniform": _inv_log_uniform,
    "log_uniform_values": _log_uniform_values, "q_log_uniform_values": _q_log_uniform_values,
    "inv_log_uniform_values": _log_uniform_values,
    "normal": _normal, "q_normal": _q_normal, "log_normal": _log_normal, "q_log_normal": _q_log_normal,
    "beta": _beta, "q_beta": _q_beta,
}  # fmt: skip
