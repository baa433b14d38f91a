"""Patterns of file names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belvedere.wandb_protocol.run_files import like


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("%.txt", "a.txt", True), ("%.txt", "a.txt.gz", False), ("a%a", "a", False), ("a%a", "aa", True),
        ("%", "", True), ("", "", True), ("", "a", False), ("a_c", "a\nc", True), ("\\%", "%", True),
        ("\\%", "a", False), ("a\\", "a\\", True),
        ("%_%", "", False), ("%a_", "ba", False), ("%a_", "bab", True),
    ],
)  # fmt: skip
def test_like(pattern: str, text: str, fits: bool) -> None:
    assert like(pattern)(text) is fits


@given(st.lists(st.sampled_from("ab_%")).map("".join), st.lists(st.sampled_from("ab")).map("".join))
def test_it_matches_what_one_expression_would(pattern: str, text: str) -> None:
    expected = re.fullmatch(pattern.replace("%", ".*").replace("_", "."), text) is not None if len(text) < 9 else None
    assert expected is None or like(pattern)(text) is expected


def test_many_signs_are_no_trap() -> None:
    assert not like("%a" * 100 + "%b")("a" * 1000)
