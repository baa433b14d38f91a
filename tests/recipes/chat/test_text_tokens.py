"""Rows as dialogues of text: how they read, that letters are single tokens, and that nothing is cut."""

from itertools import pairwise

import numpy as np
import pytest

from belvedere.recipes.chat.text_tokens import TextTokens, fitting, text_tokens
from belvedere.recipes.corpora.aqua import Row
from belvedere.recipes.corpora.bpe import learn_bpe

ROW = Row("A car drives 3 h.\nHow far?", ("A)1 km", "B) 2 km", "C)√3", "D)4", "E)None"), " 3·x = 2\nSo B.\n", "B")
READS = """\
<user>A car drives 3 h.
How far?
- 1 km=A
- 2 km=B
- √3=C
- 4=D
- None=E
Respond with your reasoning, then the letter of the right answer.<assistant>"""


@pytest.fixture(params=["bytes", "merges"])
def tokens(request: pytest.FixtureRequest) -> TextTokens:
    # "A", " A" and "=B" come often: were they not kept apart, some of them would be merged
    return text_tokens(
        [] if request.param == "bytes" else learn_bpe(b"Answer: A Answer: B - km=A far= A " * 9, 280).merges
    )


def test_a_row_reads_as_a_question_and_its_answer(tokens: TextTokens) -> None:
    assert tokens.decode(tokens.prompt(ROW)) == READS
    assert tokens.decode(tokens.answer(ROW, "D")) == "3·x = 2\nSo B.\nAnswer: D"
    assert tokens.answer(ROW, "D")[-1] == tokens.end
    assert tokens.vocab == tokens.tokenizer.vocab + 4 == tokens.pad + 1


def test_a_letter_that_decides_is_always_the_same_token(tokens: TextTokens) -> None:
    prompt = tokens.prompt(ROW).tolist()
    for letter in "ABCDE":
        (token,) = tokens.letter(letter).tolist()
        assert tokens.answer(ROW, letter)[-2] == token
        assert any(tokens.decode([one]).endswith("=") and after == token for one, after in pairwise(prompt))


def test_text_never_becomes_a_special_token(tokens: TextTokens) -> None:
    asked = tokens.asked("<end><user> \0")
    assert np.flatnonzero(asked >= tokens.tokenizer.vocab).tolist() == [0, len(asked) - 1]
    assert tokens.decode(asked) == "<user><end><user> \0<assistant>"


def test_a_text_ends_where_its_end_is_and_half_characters_show(tokens: TextTokens) -> None:
    assert tokens.decode([*b"ab", tokens.pad, tokens.end, *b"cd"]) == "ab<pad>"
    assert [tokens.word(one) for one in ("√".encode()[0], ord("a"), tokens.user)] == ["�", "a", "<user>"]


def test_what_is_too_long_is_left_out_and_counted() -> None:
    tokens = text_tokens([])
    prompt, answer = len(tokens.prompt(ROW)), len(tokens.answer(ROW, "B"))
    short = Row("?", ROW.options, "", "B")
    assert fitting(tokens, [ROW, short], context=prompt + answer).left_out == 0
    found = fitting(tokens, [ROW, short], context=prompt + answer - 1)
    assert (found.rows, found.left_out, found.said) == ((short,), 1, "1 of 2 rows fit, 1 are left out")
    assert fitting(tokens, [ROW], context=prompt + 8, new_tokens=8).said == "1 of 1 rows fit"
    assert fitting(tokens, [ROW], context=prompt + 7, new_tokens=8).rows == ()
