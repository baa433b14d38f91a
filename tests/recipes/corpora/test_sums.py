"""Multiple-choice sums: what they ask, which answer is right, and that labels err as often as they are told to."""

import numpy as np
import pytest

from belvedere.recipes.corpora.sums import Question, drawn, noisy_places, questions, shuffled, sums_of

QUESTION = Question(7, "+", 5, (11, 12, 4, 20, -3))


def test_the_right_option_is_the_result() -> None:
    assert (QUESTION.result, QUESTION.correct) == (12, "B")
    assert Question(3, "-", 9, (0, 1, 2, 3, -6)).correct == "E"


def test_every_question_has_five_different_options_and_one_is_right() -> None:
    for question in questions(300, seed=(7,)):
        assert len(set(question.options)) == 5
        assert question.options.count(question.result) == 1
        assert all(abs(option - question.result) <= 9 for option in question.options)


def test_columns_and_questions_say_the_same() -> None:
    sums = drawn(np.random.default_rng(3), 50)
    asked = sums.questions()
    assert sums.result.tolist() == [one.result for one in asked]
    assert ["ABCDE"[place] for place in sums.places] == [one.correct for one in asked]
    assert sums_of(asked).questions() == asked
    assert len(sums) == 50


def test_the_same_seed_asks_the_same_and_another_does_not() -> None:
    assert questions(5, seed=(0, 3)) == questions(5, seed=(0, 3))
    assert questions(5, seed=(0, 3)) != questions(5, seed=(0, 4))


def test_shuffled_rows_hold_every_number_once() -> None:
    rows = shuffled(np.random.default_rng(0), 20, 5)
    assert (np.sort(rows, axis=1) == np.arange(5)).all()


def test_noise_names_each_wrong_option_as_often() -> None:
    places, random = np.ones(4000, dtype=np.int64), np.random.default_rng(0)
    noisy = noisy_places(places, random, noise=0.35)
    shares = np.bincount(noisy, minlength=5) / len(noisy)
    assert shares[1] == pytest.approx(0.65, abs=0.02)
    assert shares[[0, 2, 3, 4]] == pytest.approx(0.35 / 4, abs=0.02)
    assert noisy_places(places, random, noise=0).tolist() == places.tolist()
