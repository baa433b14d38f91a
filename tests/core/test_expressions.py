"""Regular expressions that are tried, and those that are not."""

import pytest

from belvedere.core.errors import FilterError
from belvedere.core.expressions import checked_expression


@pytest.mark.parametrize(
    "pattern",
    [
        "", "^run-\\d+$", ".*foo.*bar.*", "(?i)^(foo|bar)-\\d+$", "[(+)*|]+", "\\(a+\\)+", "(?P<n>a+)(b|c)?",
        "a+?b*c{2,}", "(\\d+)?", "(ab){3}", "[^]|]*x", "[]|(]+", "lr=0\\.\\d{1,5}",
    ],
)  # fmt: skip
def test_what_people_write_is_tried(pattern: str) -> None:
    assert checked_expression(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(a|aa)+", "(a*)*", "([a-z]+)*!", "(a{2,})+", "(a{1,5})+", "((a|b)c)+", "(a?)+", "(a?){30}", "a*" * 5,
        "a?" * 30 + "a" * 30, "(x+x+)+y", "(?:(?:a+))+", "(?=(a+)+)b", "a{0,9}" * 9,
    ],
)  # fmt: skip
def test_what_could_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(FilterError, match="could take for ever"):
        checked_expression(pattern)


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "*", "(?P<n>a)(?P<n>b)", "x" + "{99999999999999}"])
def test_what_is_none_is_told_so(pattern: str) -> None:
    with pytest.raises(FilterError, match="is no regular expression"):
        checked_expression(pattern)
