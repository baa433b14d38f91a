"""What may be called what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belvedere.core.errors import NameRefused
from belvedere.core.names import checked_folder_name, checked_key, matches, new_run_id, new_run_name, section


def test_a_key_is_kept_as_it_is_when_it_is_plain():
    assert checked_key("train/loss") == "train/loss"


def test_two_spellings_of_one_letter_are_one_key():
    assert checked_key("pre\u0301cision") == checked_key("pr\u00e9cision")


@pytest.mark.parametrize("key", ["", " ", "\t", "é" * 513])
def test_empty_and_endless_keys_are_refused_with_their_size(key: str):
    with pytest.raises(NameRefused, match="bytes refused"):
        checked_key(key)


@given(st.text())
def test_any_other_text_becomes_a_key_that_utf8_can_carry(text: str):
    try:
        key = checked_key(text)
    except NameRefused:
        return
    assert key.encode()
    assert checked_key(key) == key


@pytest.mark.parametrize(
    ("key", "pattern", "fits"),
    [
        ("train/loss", "train/loss", True),
        ("train/loss", "train/*", True),
        ("val/loss", "*/loss", True),
        ("loss", "*/loss", False),
        ("a[0]/x", "a[0]/*", True),
        ("a0/x", "a[0]/*", False),
        ("what?", "what?", True),
        ("whats", "what?*", False),
        ("Loss", "loss*", False),
    ],
)
def test_only_the_star_is_a_wildcard(key: str, pattern: str, fits: bool):
    assert matches(key, pattern) is fits


def test_the_section_is_what_stands_before_the_first_slash():
    assert [section(key) for key in ("train/loss", "grad_norm/h.0/w", "loss")] == ["train", "grad_norm", ""]


def test_fresh_names_are_folder_names():
    assert len({new_run_id() for _ in range(100)}) == 100
    assert checked_folder_name(new_run_id(), what="run id")
    assert checked_folder_name(new_run_name(7), what="run id").endswith("-7")
