"""Dialogues in plain text: a pretraining tokenizer with four more tokens behind its vocabulary.

    <user>A grocery sells …?       the question, each option with its letter behind it as in nanochat's multiple choice
    - 125=A
    - 150=B …
    Respond only with …<assistant>Profit per bag = …       what a model has to answer: rationale, then the letter
    Answer: A<end>

A letter is one token of one byte wherever it decides, behind `=` and behind `Answer: `, so that naming an option is to
repeat a token; merged with the blank before it, it would be a token that the options never showed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from belvedere.recipes.chat.dialogue import ChatTokens, Ids
from belvedere.recipes.corpora.aqua import Row
from belvedere.recipes.corpora.bpe import BPETokenizer, ByteTokenizer, Pair, Tokenizer
from belvedere.recipes.corpora.sums import LETTERS

SPECIAL = ("<user>", "<assistant>", "<end>", "<pad>")
REQUEST = "Respond with your reasoning, then the letter of the right answer."
ANSWER_WORD = "Answer: "


class TextTokens:
    """Rows and other questions to ids and back. Text never becomes a special token, even where it spells one."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.user, self.assistant, self.end, self.pad = range(tokenizer.vocab, tokenizer.vocab + len(SPECIAL))

    @property
    def vocab(self) -> int:
        """The tokenizer's ids and the special ones."""
        return self.tokenizer.vocab + len(SPECIAL)

    # --- rows of AQuA-RAT ---

    def prompt(self, row: Row) -> Ids:
        """(P,) what is asked, up to where the answer begins."""
        return self.choices(row.question, [row.choice(letter) for letter in LETTERS], request=REQUEST)

    def answer(self, row: Row, letter: str) -> Ids:
        """(N,) the rationale, "Answer: " and a letter, the end."""
        return np.concatenate([self.text(f"{row.rationale.strip()}\n{ANSWER_WORD}"), self.letter(letter), [self.end]])

    # --- anything else ---

    def asked(self, question: str) -> Ids:
        """(P,) any question, up to where the answer begins."""
        return np.concatenate([[self.user], self.text(question), [self.assistant]])

    def choices(self, question: str, options: Sequence[str], *, request: str, letters: str = LETTERS) -> Ids:
        """(P,) a question with its options, each before its letter, up to where the answer begins."""
        parts = [np.array([self.user]), self.text(f"{question.strip()}\n")]
        for option, letter in zip(options, letters, strict=False):  # there are more letters than options
            parts += [self.text(f"- {option}="), self.letter(letter), self.text("\n")]
        return np.concatenate([*parts, self.text(request), [self.assistant]])

    def text(self, text: str) -> Ids:
        """(n,) ids of plain text."""
        return self.tokenizer.encode(text.encode()).astype(np.int64)

    def letter(self, letter: str) -> Ids:
        """(1,) its byte."""
        return np.array([ord(letter)], dtype=np.int64)

    def decode(self, ids: Iterable[int]) -> str:
        """Text up to the end token; other special tokens are written as they are called."""
        words: list[bytes] = []
        for index in map(int, ids):
            if index == self.end:
                break
            words.append(self._bytes(index))
        return b"".join(words).decode("utf-8", "replace")

    def word(self, index: int) -> str:
        """One token as a label: the pieces of a character that several tokens share show as a replacement mark."""
        return self._bytes(int(index)).decode("utf-8", "replace")

    def _bytes(self, index: int) -> bytes:
        special = index - self.tokenizer.vocab
        return SPECIAL[special].encode() if special >= 0 else self.tokenizer.decode([index])


def text_tokens(merges: Sequence[Pair]) -> TextTokens:
    """The tokens of a pretrained model: its merges in the order they were learned, none for plain bytes."""
    return TextTokens(BPETokenizer(merges) if merges else ByteTokenizer())


# ---------------------------------------------------------------------------------------------------------------------
# What fits


@dataclass(frozen=True)
class Fitting:
    """The rows that fit a model's context, and how many were left out because they do not: none is cut short."""

    rows: tuple[Row, ...]
    left_out: int

    @property
    def said(self) -> str:
        """In words."""
        total = len(self.rows) + self.left_out
        return f"{len(self.rows):,} of {total:,} rows fit" + (
            f", {self.left_out:,} are left out" if self.left_out else ""
        )


def fitting(tokens: ChatTokens, rows: Sequence[Row], *, context: int, new_tokens: int | None = None) -> Fitting:
    """Rows whose prompt fits `context` together with `new_tokens` to be written, or else with the row's own answer."""
    kept = []
    for row in rows:
        behind = len(tokens.answer(row, row.correct)) if new_tokens is None else new_tokens
        if len(tokens.prompt(row)) + behind <= context:
            kept.append(row)
    return Fitting(tuple(kept), len(rows) - len(kept))
