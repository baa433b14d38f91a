"""Questions and answers as tokens: what a tokenizer of dialogues can do, and batches of what is to be predicted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from belvedere.recipes.corpora.aqua import Row

Ids = npt.NDArray[np.int64]


class ChatTokens(Protocol):
    """Rows of multiple-choice questions to ids and back."""

    @property
    def vocab(self) -> int:
        """How many tokens there are."""

    @property
    def end(self) -> int:
        """The id that ends an answer."""

    @property
    def pad(self) -> int:
        """The id behind an end, where sequences of different lengths share a batch."""

    def prompt(self, row: Row) -> Ids:
        """(P,) what is asked, up to where the answer begins."""

    def answer(self, row: Row, letter: str) -> Ids:
        """(N,) an answer that argues for a letter, its end included."""

    def letter(self, letter: str) -> Ids:
        """(1,) a letter where it decides."""

    def decode(self, ids: Iterable[int]) -> str:
        """Text up to the end token."""

    def word(self, index: int) -> str:
        """One token as a label."""


@dataclass(frozen=True)
class Batch:
    """`sequences` (B, T) int64, and which of their tokens are to be predicted: `is_asked` (B, T) bool."""

    sequences: Tensor
    is_asked: Tensor

    def __len__(self) -> int:
        return len(self.sequences)

    def rows(self, some: slice) -> "Batch":
        """A part of the batch."""
        return Batch(self.sequences[some], self.is_asked[some])

    def to(self, device: torch.device) -> "Batch":
        """On another device."""
        return Batch(self.sequences.to(device, non_blocking=True), self.is_asked.to(device, non_blocking=True))


def dialogues(tokens: ChatTokens, rows: Sequence[Row], letters: Sequence[str]) -> Batch:
    """Questions with the answers that argue for `letters`; the answers are to be predicted."""
    pairs = [(tokens.prompt(row), tokens.answer(row, letter)) for row, letter in zip(rows, letters, strict=True)]
    return padded(pairs, pad=tokens.pad)


def padded(pairs: Sequence[tuple[Ids, Ids]], *, pad: int) -> Batch:
    """(B, T) prompts and answers, T that of the longest; what is padded is not asked for."""
    longest = max(len(prompt) + len(answer) for prompt, answer in pairs)
    sequences = np.full((len(pairs), longest), pad, dtype=np.int64)
    is_asked = np.zeros((len(pairs), longest), dtype=bool)
    for line, asked, (prompt, answer) in zip(sequences, is_asked, pairs, strict=True):
        end = len(prompt) + len(answer)
        line[: len(prompt)], line[len(prompt) : end] = prompt, answer
        asked[len(prompt) : end] = True
    return Batch(torch.from_numpy(sequences), torch.from_numpy(is_asked))
