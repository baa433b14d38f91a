"""Numbers and names in sentences."""

from belvedere.figures.words import counted, listed


def test_one_is_singular() -> None:
    assert [counted(count, "run") for count in (0, 1, 2000)] == ["0 runs", "1 run", "2,000 runs"]
    assert counted(2, "loss", "losses") == "2 losses"


def test_a_long_list_ends_with_how_many_more() -> None:
    assert (listed(["a", "b"]), listed(["a", "b", "c"], most=2), listed([])) == ("a, b", "a, b and 1 more", "")
    assert listed(["<b>"]) == "‹b›"
