"""Multiple-choice sums: how they read, what a right answer is, and that labels err as often as they are told to."""

import numpy as np
import pytest

from belvedere.recipes.corpora.sums import (
    LETTERS,
    Question,
    SumTokens,
    look_up_pieces,
    noisy_choice,
    questions,
    reward,
)

QUESTION = Question(7, "+", 5, (11, 12, 4, 20, -3))


def test_a_question_and_its_answer_read_as_the_data_set_writes_them() -> None:
    assert "".join(QUESTION.prompt_pieces()) == "7+5=?\n11=A\n12=B\n4=C\n20=D\n-3=E\n"
    assert "".join(QUESTION.answer_pieces(1)) == "7+5=12\n12=B\nAnswer: B<end>"
    assert (QUESTION.result, QUESTION.correct) == (12, "B")
    assert (len(QUESTION.prompt_pieces()), len(QUESTION.answer_pieces(1))) == (20, 12)


def test_every_question_has_five_options_one_of_them_right_and_tokens_for_all() -> None:
    tokens = SumTokens()
    assert tokens.vocab == 84
    for question in questions(300, seed=(7,)):
        assert len(set(question.options)) == 5
        assert question.options.count(question.result) == 1
        pieces = [*question.prompt_pieces(), *question.answer_pieces(0)]
        assert tokens.decode(tokens.encode(pieces)) == "".join(pieces[:-1])  # the end itself is no text


def test_the_same_seed_asks_the_same_and_another_does_not() -> None:
    assert questions(5, seed=(0, 3)) == questions(5, seed=(0, 3))
    assert questions(5, seed=(0, 3)) != questions(5, seed=(0, 4))


def test_practice_asks_for_five_letters_a_result_and_its_letter() -> None:
    pieces, is_asked = look_up_pieces(QUESTION, np.random.default_rng(0))
    assert len(pieces) == len(is_asked) == 39
    asked = [piece for piece, is_one in zip(pieces, is_asked, strict=True) if is_one]
    assert sorted(asked[:5]) == list(LETTERS) and asked[5:] == ["12", "12=", "B"]
    looked_up = dict(zip(pieces[15:30:3], pieces[16:30:3], strict=True))
    assert looked_up == {"11=": "A", "12=": "B", "4=": "C", "20=": "D", "-3=": "E"}


def test_noise_names_each_option_as_often() -> None:
    random = np.random.default_rng(0)
    chosen = [noisy_choice(QUESTION, random, noise=0.35) for _ in range(4000)]
    shares = [chosen.count(place) / len(chosen) for place in range(5)]
    assert shares[1] == pytest.approx(0.65 + 0.35 / 5, abs=0.02)
    assert shares[0] == pytest.approx(0.35 / 5, abs=0.02)
    assert noisy_choice(QUESTION, random, noise=0) == 1


@pytest.mark.parametrize(
    ("answer", "earned"),
    [
        ("7+5=12\n12=B\nAnswer: B", 1.0),
        ("Answer: A … Answer: B", 1.0),  # the last one counts
        ("Answer: B … Answer: A", 0.0),
        ("answer: b", 0.0),
        ("a B", 0.0),  # the article "a" is no answer
        ("", 0.0),
    ],
)
def test_only_an_upper_case_letter_behind_the_word_earns(answer: str, earned: float) -> None:
    assert reward(answer, QUESTION) == earned


def test_a_token_knows_what_it_is() -> None:
    tokens = SumTokens()
    kinds = {piece: tokens.kind(index) for index, piece in enumerate(tokens.pieces)}
    assert (kinds["A"], kinds["12"], kinds["12="], kinds["="], kinds["-8"]) == (
        "letter", "number", "option", "sign", "number",
    )  # fmt: skip
