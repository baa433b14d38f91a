"""The tokens of sums, one row and many at once."""

import numpy as np
import pytest

import belvedere as bv
from belvedere.recipes.chat.sum_tokens import SumTokens
from belvedere.recipes.corpora.aqua import Row, row_of
from belvedere.recipes.corpora.sums import Question, drawn

TOKENS = SumTokens()
ROW = row_of(Question(7, "+", 5, (11, 12, 4, 20, -3)))


def test_a_question_and_its_answer_read_as_the_data_set_writes_them() -> None:
    assert TOKENS.decode(TOKENS.prompt(ROW)) == "7+5=?\n11=A\n12=B\n4=C\n20=D\n-3=E\n"
    assert TOKENS.decode(TOKENS.answer(ROW, "B")) == "7+5=12\n12=B\nAnswer: B"
    assert TOKENS.decode(TOKENS.answer(ROW, "D")) == "7+5=12\n20=D\nAnswer: D"
    assert TOKENS.answer(ROW, "B")[-1] == TOKENS.end
    assert (len(TOKENS.prompt(ROW)), len(TOKENS.answer(ROW, "B")), TOKENS.vocab) == (20, 12, 84)
    assert TOKENS.letter("C").tolist() == [TOKENS.id_of["C"]]


def test_a_row_that_is_no_sum_is_refused() -> None:
    row = Row("A grocery sells eggs.", tuple(f"{letter})1" for letter in "ABCDE"), "", "A")
    with pytest.raises(bv.UsageError, match="no sum of two numbers"):
        TOKENS.prompt(row)


def test_practice_can_be_told_from_what_stands_before_it() -> None:
    sums = drawn(np.random.default_rng(0), 200)
    ids, is_asked = TOKENS.practice(sums, np.random.default_rng(1))
    assert ids.shape == is_asked.shape == (200, 39)
    words = [[TOKENS.word(index) for index in row] for row in ids]
    for line, asked in zip(words, is_asked, strict=True):
        for place in np.flatnonzero(asked):
            if line[place] in "ABCDE":  # an option is followed by the letter that stood behind it before
                assert line[place] == line[line.index(line[place - 1]) + 1]
    assert is_asked[:, 34].all() and is_asked[:, 36].all()
    assert is_asked[:, 4].any() is not None and not is_asked[:, 1].any()


def test_repeats_ask_only_for_what_stood_behind_the_same_token_before() -> None:
    ids, is_asked = TOKENS.repeats(np.random.default_rng(0), 300)
    assert ids.shape == is_asked.shape == (300, 39)
    assert set(ids.flatten().tolist()) == set(range(1, 84))  # all tokens but the end
    assert set((~is_asked).sum(axis=1).tolist()) == set(range(2, 14))
    for line, asked in zip(ids.tolist(), is_asked, strict=True):
        for place in np.flatnonzero(asked)[1:]:
            assert line[place] == line[line.index(line[place - 1]) + 1]


def test_the_letters_of_practice_stand_in_no_order() -> None:
    sums = drawn(np.random.default_rng(0), 500)
    ids, _ = TOKENS.practice(sums, np.random.default_rng(1))
    first = [TOKENS.word(index) for index in ids[:, 1]]
    assert all(80 <= first.count(letter) <= 120 for letter in "ABCDE")


def test_a_token_knows_what_it_is() -> None:
    kinds = {piece: TOKENS.kind(index) for index, piece in enumerate(TOKENS.pieces)}
    assert (kinds["A"], kinds["12"], kinds["12="], kinds["="], kinds["-8"]) == (
        "letter", "number", "option", "sign", "number",
    )  # fmt: skip
