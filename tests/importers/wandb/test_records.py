"""Records of `.wandb` files as plain values."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belvedere.core.errors import UsageError
from belvedere.importers.wandb.plain_rows import plain_row
from belvedere.importers.wandb.records import HISTORY, KINDS, _any_kind, history_values, item_of, record_kind
from belvedere.importers.wandb.rows import history_row
from tests.importers.wandb.wandb_file import field, history, items, record


def message(**values: object) -> bytes:
    return record_kind(history(3, 12.5, **values))[1]


def test_a_row_comes_back_as_it_was_logged() -> None:
    row = {"loss": 0.5, "a": {"b": [1, {"c": None}], "d": "ü\n"}, "ok": True, "n": -math.inf}
    assert history_values(message(**row)) == {**row, "_step": 3, "_runtime": 1.5, "_timestamp": 12.5}


def test_a_plain_row_lands_in_one_go() -> None:
    found = plain_row(message(loss=0.5, b=2, a=True, none=None))
    assert found == history_row(history_values(message(loss=0.5, b=2, a=True, none=None)))
    assert found is not None and list(found.values) == ["_runtime", "a", "b", "loss", "none"]


@pytest.mark.parametrize("value", ["text", [1], {"x": 1}, 1 << 63, math.nan])
def test_other_rows_take_a_closer_look_and_lose_nothing(value: object) -> None:
    told = message(a=value, b=1.5)
    assert plain_row(told) is None or type(value) is float
    assert json.dumps(history_values(told)["a"]) == json.dumps(value)


def test_values_of_other_types_are_read_by_the_typed_fields() -> None:
    typed = {3: 0, 4: 1, 5: 7, 7: "text", 8: '{"x":[1]}', 16: "NaN"}
    found = [item_of(field(2, "k") + field(number, value))[1] for number, value in typed.items()]
    assert found[:5] == [None, True, -4, "text", {"x": [1]}]
    assert math.isnan(found[5])  # type: ignore[arg-type]
    assert item_of(field(1, "k") + bytes([6 << 3 | 1]) + b"\0\0\0\0\0\0\xf8\x3f") == (["k"], 1.5)


def test_a_value_that_is_no_json_is_kept_as_text() -> None:
    assert item_of(field(2, "k") + field(16, "{oops")) == (["k"], "{oops")


def test_the_step_stands_in_for_an_item_that_is_missing() -> None:
    assert history_values(items({"a": 1}) + field(2, field(1, 9))) == {"a": 1, "_step": 9}


def test_a_message_that_ends_too_early_is_refused() -> None:
    whole = history(3, 12.5, loss=0.5)
    with pytest.raises(UsageError, match="middle of a message"):
        _any_kind(whole[:-3])
    with pytest.raises(UsageError, match="middle of a message"):
        history_values(message(loss=0.5)[:-12])


keys = st.text(max_size=6) | st.sampled_from(["loss", "a.b", "a/b", 'q"', "\\", "é", "\x82", "\n"])
values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.integers(), max_size=2)
)


@settings(max_examples=150)
@given(st.dictionaries(keys.filter(lambda key: key not in ("_step", "_timestamp", "_runtime")), values, max_size=5))
def test_both_ways_of_reading_a_row_agree(row: dict[str, object]) -> None:
    told = record_kind(history(3, 12.5, **row))
    assert told[0] == HISTORY
    quick, slow = plain_row(told[1]), history_row(history_values(told[1]))
    assert quick is None or repr(quick) == repr(slow)


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_refused(content: bytes) -> None:
    for told in (content, record(HISTORY, content)):
        with suppress(UsageError):
            kind, found = record_kind(told)
            assert kind in {0, *KINDS}
            if kind == HISTORY:
                plain_row(found)
                assert isinstance(history_values(found), dict)
