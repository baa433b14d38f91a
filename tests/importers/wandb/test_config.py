"""The configuration and what it says about metrics, to ours and back."""

import math

import pytest

from belvedere.core.entries import Defined
from belvedere.core.errors import UsageError
from belvedere.importers.wandb.config import config_json, config_of, definitions, metric_list, with_flat_names
from belvedere.importers.wandb.jsons import dumps, loads


def test_a_configuration_loses_its_wrapping_and_gets_it_back() -> None:
    text = '{"lr":{"value":0.1},"net":{"value":{"w":[1,2]}},"_wandb":{"value":{"t":{"1":[2]}}}}'
    values, facts = config_of(text)
    assert values == {"lr": 0.1, "net": {"w": [1, 2]}}
    assert facts == {"t": {"1": [2]}}
    assert config_json(values, facts) == text


def test_numbers_that_are_not_finite_stand_bare() -> None:
    values, _ = config_of('{"a":{"value":NaN},"b":{"value":-Infinity}}')
    assert math.isnan(values["a"]) and values["b"] == -math.inf  # type: ignore[arg-type]
    assert config_json(values, {}) == '{"a":{"value":NaN},"b":{"value":-Infinity}}'
    assert loads(dumps({"x": math.inf})) == {"x": math.inf}


def test_no_configuration_is_an_empty_one() -> None:
    assert config_of("") == ({}, {})


@pytest.mark.parametrize("text", ["{", "[" * 100_000, b"\xff", '{"a": Nan}'])
def test_what_is_no_json_is_said_in_one_sentence(text: str | bytes) -> None:
    with pytest.raises(UsageError, match="this is not JSON"):
        loads(text)


METRICS = [
    {"1": "epoch", "6": [2, 3], "7": []},
    {"2": "val/*", "5": 1, "6": [1, 3], "7": [1, 4], "8": 2},
]


def test_metric_definitions_name_their_axis() -> None:
    assert definitions(METRICS, 5.0) == [
        Defined(5.0, "epoch", None, [], None, None, True),
        Defined(5.0, "val/*", "epoch", ["min", "best"], "maximize", None, False),
    ]


def test_definitions_of_nested_keys_stand_under_the_names_of_their_series_too() -> None:
    told = [{"1": "a.step"}, {"1": "a.b\\.c", "5": 1}, {"1": "plain", "5": 1}]
    found = [(one.key, one.x) for one in with_flat_names(definitions(told))]
    wanted = [("a.step", None), ("a.b\\.c", "a.step"), ("plain", "a.step"), ("a/step", None), ("a/b.c", "a/step")]
    assert found == wanted


def test_metric_definitions_become_the_list_again() -> None:
    assert metric_list(definitions(METRICS)) == METRICS


@pytest.mark.parametrize("told", [None, 5, [3, {"5": "x"}, {"1": ""}], [{"5": 99, "7": [77], "8": {}, "6": 1}]])
def test_definitions_that_make_no_sense_are_passed_over(told: object) -> None:
    assert definitions(told) == []  # type: ignore[arg-type]
