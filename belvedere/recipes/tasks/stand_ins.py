"""Generated tasks that a model of a minute's training can be asked. They are what they are called, and no benchmarks:

lookup         the sum is worked out: which letter has the result? (the likeliest of five letters)
sums           a+b, answered in writing
differences    a-b, answered in writing
near_options   a+b or a-b whose five options are neighbours, answered in writing
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from belvedere.recipes.chat.dialogue import ChatTokens, Ids
from belvedere.recipes.corpora.aqua import CHANCE, Row, reward, row_of
from belvedere.recipes.corpora.sums import LETTERS, Question, random_question
from belvedere.recipes.tasks.asking import Choice, ChoiceTask, Exercise, Task, WritingTask

COUNT = 128  # problems of each: an interval of ±0.09 at 0.5, in a fraction of a second
SPARE = 2  # tokens
Draw = Callable[[np.random.Generator], Question]


def stand_ins(tokens: ChatTokens, *, new_tokens: int, count: int = COUNT, seed: int = 0) -> tuple[Task, ...]:
    """All four, `count` problems each; the same seed asks the same. An answer may have `new_tokens`, but no more than
    SPARE beyond the longest right one: who rambles on about a sum has not answered it."""
    letters = np.concatenate([tokens.letter(letter) for letter in LETTERS])  # (5,)
    looked_up = tuple(_lookup(tokens, row, letters) for row in _rows(random_question, count, (seed, 21)))
    tasks: list[Task] = [ChoiceTask("lookup", looked_up)]
    kinds: dict[str, Draw] = {
        "sums": partial(_signed, "+"),
        "differences": partial(_signed, "-"),
        "near_options": _near,
    }
    for number, (name, draw) in enumerate(kinds.items(), start=22):
        rows = _rows(draw, count, (seed, number))
        enough = SPARE + max(len(tokens.answer(row, row.correct)) for row in rows)
        asked = tuple(Exercise(tokens.prompt(row), partial(_is_right, row)) for row in rows)
        tasks.append(WritingTask(name, asked, min(new_tokens, enough), CHANCE))
    return tuple(tasks)


def _rows(draw: Draw, count: int, seed: tuple[int, int]) -> list[Row]:
    random = np.random.default_rng(seed)
    return [row_of(draw(random)) for _ in range(count)]


def _lookup(tokens: ChatTokens, row: Row, letters: Ids) -> Choice:
    """The right answer up to where its letter comes first: behind the result, as one of the options has it."""
    answer, right = tokens.answer(row, row.correct), LETTERS.index(row.correct)
    first = int(np.flatnonzero(answer == letters[right])[0])
    return Choice(np.concatenate([tokens.prompt(row), answer[:first]]), letters, right)


def _signed(sign: str, random: np.random.Generator) -> Question:
    while (question := random_question(random)).sign != sign:
        pass
    return question


def _near(random: np.random.Generator) -> Question:
    """Five neighbours, the right one anywhere among them."""
    question = random_question(random)
    lowest = question.result - int(random.integers(len(LETTERS)))
    options = random.permutation(np.arange(lowest, lowest + len(LETTERS)))
    return replace(question, options=tuple(int(one) for one in options))


def _is_right(row: Row, text: str) -> bool:
    return reward(text, row) == 1
