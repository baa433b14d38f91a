"""Rows of W&B land flat under series names, and come back as they were logged."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from belvedere.core.entries import Stored
from belvedere.core.names import checked_key
from belvedere.importers.wandb.jsons import dumps
from belvedere.importers.wandb.rows import history_row, original_row, original_system_row, system_row
from belvedere.runlog.codec import KIND_OF_TYPE


def test_step_and_timestamp_become_step_and_time() -> None:
    found = history_row({"loss": 0.5, "_timestamp": 12.25, "_step": 3, "_runtime": 1.5})
    assert (found.step, found.time_us, found.values, found.nested) == (
        3,
        12_250_000,
        {"_runtime": 1.5, "loss": 0.5},
        {},
    )
    assert list(found.values) == ["_runtime", "loss"]


def test_nested_mappings_are_flat_and_their_paths_are_kept() -> None:
    row: dict[str, Stored] = {"a": {"b": {"c": 1}, "d": None}, "x/y": 2, "e": {}, "_step": 0, "_timestamp": 1.0}
    found = history_row(row)
    assert found.values == {"a/b/c": 1, "a/d": None, "x/y": 2, "e": {}}
    assert found.nested == {"a/b/c": ["a", "b", "c"], "a/d": ["a", "d"]}
    assert original_row(found.values, found.nested, found.step, found.time_us) == row


def test_keys_that_cannot_be_series_names_get_one_and_come_back() -> None:
    row: dict[str, Stored] = {"": 1, "k" * 2000: 2, "a": {"b": 3}, "a/b": 4, " ": 5, "_step": 0, "_timestamp": 1.0}
    found = history_row(row)
    assert all(checked_key(key) == key for key in found.values)
    assert found.values["a/b"] == 4
    assert original_row(found.values, found.nested, 0, 1_000_000) == row


def test_what_is_no_step_or_time_stays_a_value() -> None:
    found = history_row({"_step": "x", "_timestamp": math.inf}, step=7, time_us=9)
    assert (found.step, found.time_us, found.values) == (7, 9, {"_step": "x", "_timestamp": math.inf})


def test_whole_numbers_beyond_64_bits_become_floats() -> None:
    assert history_row({"a": 1 << 70, "b": -(10**400)}).values == {"a": float(1 << 70), "b": -math.inf}


def test_system_metrics_have_names_of_their_own_and_come_back() -> None:
    row = {"_wandb": True, "_timestamp": 5.5, "_runtime": 2.5, "system.gpu.0.temp": 50.0, "system.cpu": 3}
    time_us, values = system_row(row)
    assert (time_us, values) == (5_500_000, {"system/cpu": 3, "system/gpu.0.temp": 50.0})
    assert original_system_row(values, time_us, 2.5) == row
    assert system_row({"cpu": 1.0}, time_us=4) == (4, {"system/cpu": 1.0})


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(["a", "b", "a/b", "loss"])
leaf = st.none() | st.booleans() | st.integers(-(1 << 63) + 1, (1 << 63) - 1) | st.floats() | st.text(max_size=4)
rows = st.dictionaries(
    names.filter(lambda name: name not in ("_step", "_timestamp", "_type")),
    st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3), max_leaves=6
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(rows)
def test_every_row_lands_as_plain_values_and_comes_back(row: dict[str, Stored]) -> None:
    whole: dict[str, Stored] = {**row, "_step": 2, "_timestamp": 1.5}
    found = history_row(whole)
    assert all(type(value) in KIND_OF_TYPE and checked_key(key) for key, value in found.values.items())
    back = original_row(found.values, found.nested, found.step, found.time_us)
    assert dumps(_sorted(back)) == dumps(_sorted(whole))


def _sorted(value: Stored) -> Stored:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value
