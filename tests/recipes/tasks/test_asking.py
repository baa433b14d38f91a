"""Asking a model whose answers are known: one that always says the same, and one that repeats what it saw."""

from collections.abc import Iterable

import numpy as np
import pytest
import torch

import belvedere as bv
from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.recipes.tasks.asking import Choice, ChoiceTask, Exercise, WritingTask, scores
from belvedere.recipes.tasks.score import Score


class Digits:
    """Ids are digits, 0 ends."""

    end = 0

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(map(str, ids)).partition("0")[0]


def model_of(*, seed: int = 0, context: int = 16) -> GPT:
    """Any weights: the head is not zero, so that what comes depends on what came before."""
    torch.manual_seed(seed)
    model = GPT(GPTShape(10, 1, 1, 1, 8, context))
    torch.nn.init.normal_(model.head.weight)
    return model


def ids(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(numbers, dtype=np.int64)


def test_the_likeliest_letter_is_that_of_each_prompt_alone() -> None:
    model, letters = model_of(), ids(3, 7, 9)
    prompts = [ids(*range(1, 2 + length)) for length in (1, 4, 2, 7)]
    with torch.no_grad():
        likeliest = [int(model(torch.from_numpy(one)[None])[0, -1, letters].argmax()) for one in prompts]
    right = ChoiceTask("right", tuple(Choice(one, letters, best) for one, best in zip(prompts, likeliest)))
    wrong = ChoiceTask("wrong", tuple(Choice(one, letters, (best + 1) % 3) for one, best in zip(prompts, likeliest)))
    found = scores(model, Digits(), [right, wrong])
    assert found == {"right": Score(4, 4, pytest.approx(1 / 3)), "wrong": Score(0, 4, pytest.approx(1 / 3))}


def test_answers_in_writing_are_judged_one_by_one_whatever_their_lengths() -> None:
    model, seen = model_of(), list[str]()
    prompts = [ids(1), ids(2, 3), ids(4), ids(5, 6)]
    alone = []
    for one in prompts:
        row = one.tolist()
        for _ in range(5):
            row.append(int(model(torch.tensor([row]))[0, -1].argmax()))
        alone.append(Digits().decode(row[len(one) :]))
    task = WritingTask(
        "w", tuple(Exercise(one, lambda text: seen.append(text) or text == alone[0]) for one in prompts), 5
    )
    assert task.score(model, Digits()) == Score(alone.count(alone[0]), 4, 0.0)
    assert sorted(seen) == sorted(alone)


def test_what_does_not_fit_is_left_out_counted_and_refused_when_it_is_all() -> None:
    model, letters = model_of(context=4), ids(1, 2)
    task = ChoiceTask("c", (Choice(ids(1, 1), letters, 0), Choice(ids(1, 1, 1, 1, 1), letters, 0)))
    found = task.score(model, Digits())
    assert (found.asked, found.left_out) == (1, 1)
    with pytest.raises(
        bv.UsageError, match="none of the 1 problems of w fits the model: the shortest has 2 tokens, there"
    ):
        WritingTask("w", (Exercise(ids(1, 1), lambda text: True),), 3).score(model, Digits())
