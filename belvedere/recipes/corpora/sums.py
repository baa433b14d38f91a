"""Multiple-choice sums in the format of AQuA-RAT, and the 84 tokens they are written with.

    7+5=?          the question, five options with the letter behind the number, then what a model has to answer:
    11=A           7+5=12
    12=B …         12=B
                   Answer: B

Every question is 20 tokens long and every answer 12, so that a batch needs no padding. An option such as `12=` is one
token: looking up its letter then is plain induction ("what came after this token?"), which two layers learn in seconds;
as two tokens, `12` and `=`, the same model stays near chance.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LETTERS = "ABCDE"
OPERANDS = range(1, 10)
RESULTS = range(-8, 19)  # of all sums and differences of the operands
REACH = 9  # a wrong option is at most so far from the right one
OPTIONS = range(RESULTS.start - REACH, RESULTS.stop + REACH)
END = 0
ANSWER = re.compile(r"Answer: ([A-E])")  # upper-case only: the article "a" is no answer
WELL_FORMED = re.compile(r"-?\d+[+-]\d+=-?\d+\n-?\d+=[A-E]\nAnswer: [A-E]")

Ids = npt.NDArray[np.int64]


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

    def prompt_pieces(self) -> list[str]:
        """20 pieces: the sum, then each option with its letter."""
        pieces = [str(self.left), self.sign, str(self.right), "=?", "\n"]
        for option, letter in zip(self.options, LETTERS, strict=True):
            pieces += [f"{option}=", letter, "\n"]
        return pieces

    def answer_pieces(self, chosen: int) -> list[str]:
        """12 pieces that argue for option number `chosen`; the right one is `options.index(result)`."""
        option, letter = self.options[chosen], LETTERS[chosen]
        fact = [str(self.left), self.sign, str(self.right), "=", str(self.result), "\n"]
        return [*fact, f"{option}=", letter, "\n", "Answer: ", letter, "<end>"]


class SumTokens:
    """Pieces of text to ids and back."""

    def __init__(self) -> None:
        fixed = ["<end>", "\n", "+", "-", "=", "=?", "Answer: ", *LETTERS]
        self.pieces = [*fixed, *map(str, RESULTS), *(f"{number}=" for number in OPTIONS)]
        self.id_of = {piece: index for index, piece in enumerate(self.pieces)}

    @property
    def vocab(self) -> int:
        """How many tokens there are."""
        return len(self.pieces)

    def encode(self, pieces: Iterable[str]) -> Ids:
        """(n,) ids."""
        return np.array([self.id_of[piece] for piece in pieces], dtype=np.int64)

    def decode(self, ids: Sequence[int] | Ids) -> str:
        """Text up to the end token."""
        known = [int(one) for one in ids]
        return "".join(self.pieces[one] for one in (known[: known.index(END)] if END in known else known))

    def kind(self, index: int) -> str:
        """What sort of token it is: number, option, letter or sign."""
        piece = self.pieces[index]
        if piece in LETTERS:
            return "letter"
        if index < self.id_of[LETTERS[-1]]:
            return "sign"
        return "option" if piece.endswith("=") else "number"


def random_question(random: np.random.Generator) -> Question:
    """Operands, sign, four wrong options and the place of the right one, all at random."""
    left, right = (int(one) for one in random.choice(OPERANDS, size=2))
    sign = "+" if random.random() < 0.5 else "-"
    result = left + right if sign == "+" else left - right
    wrong = random.choice([*range(-REACH, 0), *range(1, REACH + 1)], size=len(LETTERS) - 1, replace=False)
    options = random.permutation([result, *(result + wrong)])
    return Question(left, sign, right, tuple(int(one) for one in options))


def questions(count: int, *, seed: Sequence[int]) -> list[Question]:
    """The same seed gives the same questions."""
    random = np.random.default_rng(list(seed))
    return [random_question(random) for _ in range(count)]


def noisy_choice(question: Question, random: np.random.Generator, *, noise: float) -> int:
    """Which option a label names: the right one, or with probability `noise` one of all five at random."""
    return int(random.integers(len(LETTERS))) if random.random() < noise else LETTERS.index(question.correct)


def look_up_pieces(question: Question, random: np.random.Generator) -> tuple[list[str], list[bool]]:
    """39 pieces of practice: the options, all five looked up in another order, a fact and the letter of its result; and
    which of them are to be predicted."""
    pieces, is_asked = question.prompt_pieces()[5:], [False] * 15
    for place in random.permutation(len(LETTERS)):
        pieces += [f"{question.options[place]}=", LETTERS[place], "\n"]
        is_asked += [False, True, False]
    fact = [str(question.left), question.sign, str(question.right), "=", str(question.result), "\n"]
    found = [f"{question.result}=", question.correct, "\n"]
    return pieces + fact + found, [*is_asked, False, False, False, False, True, False, True, True, False]


def reward(answer: str, question: Question) -> float:
    """1 when the last `Answer: X` of a text names the right letter, else 0."""
    named = ANSWER.findall(answer)
    return float(bool(named) and named[-1] == question.correct)
