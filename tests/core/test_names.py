"""What may be called what."""

from fnmatch import fnmatchcase
from pathlib import Path

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


@pytest.mark.parametrize("name", ["a+b=c@(x)[1]", "🙂", "it's", "läuft", "漢" * 85, "a\u200db", "-x", "con.1"])
def test_what_a_folder_and_an_address_can_be_called_is_a_folder_name(name: str, tmp_path: Path):
    assert checked_folder_name(name, what="project") == name
    (tmp_path / name).mkdir()


@pytest.mark.parametrize(
    "name", [*'/\\<>:"|?*%#', "\n", "\x85", "\u2028", "\u202e", "\ud800", "漢" * 86, "a ", "x" * 129]
)
def test_what_a_folder_or_an_address_cannot_be_called_is_refused(name: str):
    with pytest.raises(NameRefused, match="cannot be a folder name; use 1 to 128 characters"):
        checked_folder_name(name if len(name) > 1 else f"a{name}b", what="project")


def test_a_refusal_does_not_repeat_a_name_of_a_thousand_letters():
    with pytest.raises(NameRefused) as refused:
        checked_folder_name("x" * 1000, what="run id")
    assert len(str(refused.value)) < 250


@given(st.lists(st.sampled_from(["a", "b", "*"])).map("".join), st.lists(st.sampled_from("ab")).map("".join))
def test_stars_match_as_shells_match_them(pattern: str, key: str):
    assert matches(key, pattern) is fnmatchcase(key, pattern)


def test_many_stars_are_no_trap():
    assert not matches("a" * 1000, "*a" * 100 + "*b")
