"""Multiple-choice sums in the format of AQuA-RAT: questions a minute's training can learn, drawn without end.

7+5=?          the question, five options with the letter behind the number, then what a model has to answer:
11=A           7+5=12
12=B …         12=B
               Answer: B
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LETTERS = "ABCDE"
OPERANDS = range(1, 10)
RESULTS = range(-8, 19)  # of all sums and differences of the operands
REACH = 9  # a wrong option is at most so far from the right one
OPTIONS = range(RESULTS.start - REACH, RESULTS.stop + REACH)
ANSWER = re.compile(r"Answer: ([A-E])")  # upper-case only: the article "a" is no answer
WRONG = np.array([*range(-REACH, 0), *range(1, REACH + 1)])  # how far a wrong option is from the right one

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Question:
    """One row: `options` are five different numbers, one of them right."""

    left: int
    sign: str
    right: int
    options: tuple[int, ...]

    @property
    def result(self) -> int:
        """What the sum is."""
        return self.left + self.right if self.sign == "+" else self.left - self.right

    @property
    def correct(self) -> str:
        """The letter of the right option."""
        return LETTERS[self.options.index(self.result)]


@dataclass(frozen=True)
class Sums:
    """n questions as columns: drawing them one by one would take as long as learning from them. `left`, `right` (n,),
    `is_plus` (n,) bool, `options` (n, 5)."""

    left: Numbers
    is_plus: npt.NDArray[np.bool_]
    right: Numbers
    options: Numbers

    def __len__(self) -> int:
        return len(self.left)

    @property
    def result(self) -> Numbers:
        """(n,) what the sums are."""
        return np.where(self.is_plus, self.left + self.right, self.left - self.right)

    @property
    def places(self) -> Numbers:
        """(n,) which option is right, 0 to 4."""
        places: Numbers = (self.options == self.result[:, None]).argmax(axis=1)
        return places

    def questions(self) -> list[Question]:
        """One by one."""
        columns = (self.left.tolist(), self.is_plus.tolist(), self.right.tolist(), self.options.tolist())
        return [Question(left, "+" if is_plus else "-", right, tuple(options))
                for left, is_plus, right, options in zip(*columns, strict=True)]  # fmt: skip


def drawn(random: np.random.Generator, count: int) -> Sums:
    """Operands, sign, four wrong options and the place of the right one, all at random."""
    left = random.integers(OPERANDS.start, OPERANDS.stop, size=count)
    right = random.integers(OPERANDS.start, OPERANDS.stop, size=count)
    is_plus = random.random(count) < 0.5
    result = np.where(is_plus, left + right, left - right)
    wrong = WRONG[shuffled(random, count, len(WRONG))[:, : len(LETTERS) - 1]]  # (n, 4)
    options = np.concatenate([result[:, None], result[:, None] + wrong], axis=1)
    options = np.take_along_axis(options, shuffled(random, count, len(LETTERS)), axis=1)
    return Sums(left, is_plus, right, options)


def shuffled(random: np.random.Generator, count: int, size: int) -> Numbers:
    """(count, size): each row is 0 … size-1 in an order of its own."""
    return random.random((count, size)).argsort(axis=1)


def random_question(random: np.random.Generator) -> Question:
    """One."""
    return drawn(random, 1).questions()[0]


def questions(count: int, *, seed: Sequence[int]) -> list[Question]:
    """The same seed gives the same questions."""
    return drawn(np.random.default_rng(list(seed)), count).questions()


def sums_of(asked: Sequence[Question]) -> Sums:
    """Questions as columns."""
    return Sums(
        np.array([one.left for one in asked]), np.array([one.sign == "+" for one in asked]),
        np.array([one.right for one in asked]), np.array([one.options for one in asked]),
    )  # fmt: skip


def noisy_places(places: Numbers, random: np.random.Generator, *, noise: float) -> Numbers:
    """(n,) which option each label names: the right one, or with probability `noise` one of the four wrong ones."""
    others = (places + random.integers(1, len(LETTERS), size=len(places))) % len(LETTERS)
    return np.where(random.random(len(places)) < noise, others, places)
