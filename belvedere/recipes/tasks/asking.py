"""Putting tasks to a language model: the likelihood of letters, and answers in writing.

Both take problems that are tokens already. Shapes: B problems, T tokens of the longest, V vocabulary.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch

import belvedere as bv
from belvedere.recipes.chat.dialogue import Ids
from belvedere.recipes.models.decoding import written
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.tasks.score import Score

TOGETHER = 8192  # tokens of one forward pass
WRITTEN_TOGETHER = 32_768  # tokens whose keys and values are kept at once


class Decoder(Protocol):
    """What is needed of the tokens."""

    @property
    def end(self) -> int:
        """The id that ends an answer."""

    def decode(self, ids: Iterable[int]) -> str:
        """Text up to the end."""


class Task(Protocol):
    """Something to ask, and how its answers are judged."""

    @property
    def name(self) -> str:
        """As in evaluation/NAME."""

    def score(self, model: GPT, tokens: Decoder) -> Score:
        """Ask everything once, greedily: the same weights give the same score."""


@dataclass(frozen=True)
class Choice:
    """A `prompt` (T,) behind which one of `letters` (n,) is to come, the one at `right`."""

    prompt: Ids
    letters: Ids
    right: int


@dataclass(frozen=True)
class Exercise:
    """A `prompt` (T,), and whether a written answer is right."""

    prompt: Ids
    is_right: Callable[[str], bool]


@dataclass(frozen=True)
class ChoiceTask:
    """Right is the problem whose likeliest letter is the right one. Nothing is written: any model has an opinion."""

    name: str
    problems: tuple[Choice, ...]

    @torch.no_grad()
    def score(self, model: GPT, tokens: Decoder) -> Score:
        """Sequences of different lengths share a pass: what is padded behind the last token is never looked at."""
        asked = _that_fit(self.name, self.problems, model.shape.context)
        right = 0
        ordered = sorted(asked, key=lambda one: len(one.prompt))
        for some in _batches(ordered, max(1, TOGETHER // len(ordered[-1].prompt))):
            lengths = [len(one.prompt) for one in some]
            rows = np.full((len(some), max(lengths)), tokens.end, dtype=np.int64)  # (B, T)
            for row, one in zip(rows, some, strict=True):
                row[: len(one.prompt)] = one.prompt
            logits = model(torch.from_numpy(rows).to(model.head.weight.device))  # (B, T, V)
            last = logits[torch.arange(len(some)), torch.tensor(lengths) - 1].cpu()  # (B, V)
            right += sum(int(mine[one.letters].argmax()) == one.right for mine, one in zip(last, some, strict=True))
        chance = sum(1 / len(one.letters) for one in asked) / len(asked)
        return Score(right, len(asked), chance, len(self.problems) - len(asked))


@dataclass(frozen=True)
class WritingTask:
    """Right is the problem whose likeliest answer, token by token and at most `new_tokens` long, is judged right."""

    name: str
    problems: tuple[Exercise, ...]
    new_tokens: int
    chance: float = 0.0

    @torch.no_grad()
    def score(self, model: GPT, tokens: Decoder) -> Score:
        """Problems of one length are written together."""
        asked = _that_fit(self.name, self.problems, model.shape.context - self.new_tokens)
        right = 0
        for length in sorted({len(one.prompt) for one in asked}):
            alike = [one for one in asked if len(one.prompt) == length]
            for some in _batches(alike, max(1, WRITTEN_TOGETHER // (length + self.new_tokens))):
                prompts = torch.from_numpy(np.stack([one.prompt for one in some])).to(model.head.weight.device)
                new = written(model, prompts, tokens=self.new_tokens, end=tokens.end, generator=None).cpu()  # (B, N)
                right += sum(one.is_right(tokens.decode(row)) for one, row in zip(some, new.numpy(), strict=True))
        return Score(right, len(asked), self.chance, len(self.problems) - len(asked))


P = TypeVar("P", Choice, Exercise)


def scores(model: GPT, tokens: Decoder, tasks: Sequence[Task]) -> dict[str, Score]:
    """The score of each task by its name; `tasks.score.scalars` makes a row of them."""
    return {task.name: task.score(model, tokens) for task in tasks}


def _that_fit(name: str, problems: Sequence[P], longest: int) -> list[P]:
    """Problems of at most `longest` tokens: the others are left out and counted, never cut."""
    fitting = [one for one in problems if len(one.prompt) <= longest]
    if not fitting:
        shortest = min((len(one.prompt) for one in problems), default=0)
        raise bv.UsageError(
            f"none of the {len(problems)} problems of {name} fits the model: the shortest has {shortest} tokens, there "
            f"is room for {longest}; evaluate a model with a longer context, or leave the task out"
        )
    return fitting


def _batches(problems: Sequence[P], size: int) -> Iterator[Sequence[P]]:
    for first in range(0, len(problems), size):
        yield problems[first : first + size]
