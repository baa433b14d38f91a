"""What parameters draw, list and refuse."""

import math
import random
import statistics
from datetime import date
from typing import Any

import pytest

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.sweeps.beta import quantile
from belvedere.wandb_protocol.sweeps.parameters import args_of, parameters

DRAWS = 400


def draws(given: dict[str, Any]) -> list[Any]:
    (one,) = parameters({"x": given})
    chance = random.Random(1)
    return [one.at(one.drawn(chance)) for _ in range(DRAWS)]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"value": "k"}, ("k",)),
        ({"value": None}, (None,)),
        ({"values": [date(2026, 1, 2), {3: 4}]}, ("2026-01-02", {"3": 4})),
        ({"values": [1, "b", [2, 3]]}, (1, "b", [2, 3])),
        ({"min": 1, "max": 4}, (1, 2, 3, 4)),
        ({"distribution": "int_uniform", "min": 0, "max": 0}, (0,)),
        ({"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.25}, (0.0, 0.25, 0.5, 0.75, 1.0)),
        ({"distribution": "q_uniform", "min": 1, "max": 10, "q": 3}, (3, 6, 9)),
        ({"distribution": "categorical", "values": ["a"]}, ("a",)),
        ({"min": 0.0, "max": 1.0}, None),
        ({"distribution": "log_uniform_values", "min": 1, "max": 9}, None),
    ],
)
def test_what_has_few_values_lists_them(given: dict[str, Any], values: tuple[object, ...] | None) -> None:
    assert parameters({"x": given})[0].values == values


@pytest.mark.parametrize(
    ("given", "low", "high", "middle"),
    [
        ({"min": 2.0, "max": 4.0}, 2.0, 4.0, 3.0),
        ({"min": 1, "max": 9}, 1, 9, 5),
        ({"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0}, 1e-4, 1.0, 1e-2),
        ({"distribution": "log_uniform_values", "min": "1e-4", "max": 1.0}, 1e-4, 1.0, 1e-2),
        ({"distribution": "inv_log_uniform_values", "min": 1e-4, "max": 1.0}, 1e-4, 1.0, 1e-2),
        ({"distribution": "log_uniform", "min": 0, "max": 2}, 1.0, math.exp(2), math.e),
        ({"distribution": "inv_log_uniform", "min": 0, "max": 2}, math.exp(-2), 1.0, 1 / math.e),
        ({"distribution": "normal", "mu": 5, "sigma": 2}, -math.inf, math.inf, 5.0),
        ({"mu": 5, "sigma": 2}, -math.inf, math.inf, 5.0),
        ({"distribution": "log_normal", "mu": 1, "sigma": 0.5}, 0.0, math.inf, math.e),
        ({"distribution": "beta", "a": 2, "b": 5}, 0.0, 1.0, 0.26445),
        ({"distribution": "beta", "a": 0.5, "b": 0.5}, 0.0, 1.0, 0.5),
    ],
)
def test_draws_lie_where_the_distribution_has_them(given: Any, low: float, high: float, middle: float) -> None:
    found = draws(given)
    assert all(low <= one <= high for one in found)
    spread = statistics.pstdev(found)
    assert abs(statistics.median(found) - middle) < 0.25 * spread + 1e-12


def test_beta_has_the_quantiles_of_the_arcsine_and_of_powers() -> None:
    for unit in (0.001, 0.25, 0.5, 0.9, 0.999):
        assert quantile(unit, 0.5, 0.5) == pytest.approx(math.sin(math.pi * unit / 2) ** 2, rel=1e-9)
        assert quantile(unit, 40.0, 1.0) == pytest.approx(unit ** (1 / 40), rel=1e-9)


@pytest.mark.parametrize(
    "given",
    [
        {"distribution": "q_log_uniform_values", "min": 1, "max": 100, "q": 5},
        {"distribution": "q_log_uniform", "min": 0, "max": 4, "q": 5},
        {"distribution": "q_normal", "mu": 0, "sigma": 20, "q": 5},
        {"distribution": "q_log_normal", "mu": 2, "sigma": 1, "q": 5},
    ],
)
def test_quantized_draws_are_multiples(given: dict[str, Any]) -> None:
    assert all(isinstance(one, int) and one % 5 == 0 for one in draws(given))


def test_probabilities_weigh_the_values() -> None:
    found = draws({"values": ["a", "b", "c"], "probabilities": [0.5, 0.0, 0.5]})
    assert {"a", "c"} == set(found)


def test_nested_parameters_become_nested_values() -> None:
    found = parameters(
        {"model": {"parameters": {"width": {"value": 8}, "in": {"parameters": {"k": {"value": 3}}}}}, "a": {"value": 1}}
    )
    assert [one.name for one in found] == ["a", "model/in/k", "model/width"]
    assert args_of(found, dict.fromkeys((one.name for one in found), 0.0)) == {
        "a": 1,
        "model": {"width": 8, "in": {"k": 3}},
    }


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "the sweep has no parameters"),
        ({}, "the sweep has no parameters"),
        ({"x": 5}, "parameter 'x' is '5'; write {value: 5} instead"),
        ({"x": {}}, "give it value, values, or min and max"),
        ({"x": {"min": 1}}, "give it value, values, or min and max"),
        ({"x": {"values": []}}, "needs values, a list of 1"),
        ({"x": {"values": "abc"}}, "needs values, a list of 1"),
        ({"x": {"values": [1, 2], "probabilities": [1]}}, "give as many probabilities"),
        ({"x": {"values": [1, 2], "probabilities": [1, -1]}}, "none below 0"),
        ({"x": {"min": 2.0, "max": 1.0}}, "let min be below max"),
        ({"x": {"min": "a", "max": 1.0}}, "needs a number as min; got 'a'"),
        ({"x": {"min": 0.0, "max": math.inf}}, "needs a number as max; got 'inf'"),
        ({"x": {"distribution": "log_uniform_values", "min": 0, "max": 1}}, "let it be above 0"),
        ({"x": {"distribution": "log_uniform", "min": 0, "max": 1e6}}, "use log_uniform_values"),
        ({"x": {"distribution": "normal", "sigma": 0}}, "has sigma 0.0"),
        ({"x": {"distribution": "q_uniform", "min": 0, "max": 1, "q": 0}}, "has q 0.0"),
        ({"x": {"distribution": "q_uniform", "min": 0, "max": 1e300, "q": 1e-12}}, "use a wider q"),
        ({"x": {"distribution": "zipf"}}, "distribution 'zipf' is not known; use constant"),
        ({"x": {"distribution": "beta", "a": 0}}, "has a 0.0 and b 1.0; let both be above 0"),
        (
            {"a/b": {"value": 1}, "a": {"parameters": {"b": {"value": 2}}}},
            "two parameters of the sweep are called 'a/b'",
        ),
    ],
)
def test_a_parameter_that_cannot_be_drawn_is_refused(given: object, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        parameters(given)
    assert why in str(refused.value)
