"""Numbers and names in sentences."""

from belvedere.figures.words import counted, listed, named, sentence, shown_of


def test_one_is_singular() -> None:
    assert [counted(count, "run") for count in (0, 1, 2000)] == ["0 runs", "1 run", "2,000 runs"]
    assert counted(2, "loss", "losses") == "2 losses"


def test_a_long_list_ends_with_how_many_more() -> None:
    assert (listed(["a", "b"]), listed(["a", "b", "c"], most=2), listed([])) == ("a, b", "a, b and 1 more", "")
    assert listed(["<b>"]) == "‹b›"


def test_an_errors_words_become_a_sentence_of_their_own() -> None:
    assert sentence("no such file") == "No such file."
    assert sentence("landscape/line has no step.") == "landscape/line has no step."


def test_names_that_nothing_fits_are_told_without_the_signs_of_a_pattern() -> None:
    assert named("loss") == "none is called loss"
    assert named("a|b|c") == "none is called a, b or c"
    assert named("a|b|c|d|e|f") == "none is called a, b, c or one of 3 other names"


def test_what_is_not_shown_is_counted_too() -> None:
    assert (shown_of(5, 5, "point"), shown_of(3, 5, "point")) == ("5 points", "3 of 5 points")
