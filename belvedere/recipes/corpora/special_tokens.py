"""Words that a tokenizer never cuts, such as <|year|> or <|thames|>, read from a plain text file, one a line.

Their ids stand behind those of the tokenizer they extend.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import belvedere as bv
from belvedere.recipes.corpora.bpe import Tokenizer, Tokens


def read_special_tokens(path: Path) -> tuple[str, ...]:
    """The lines of a UTF-8 file without blank ones; UsageError names the line of a word that comes twice."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise bv.UsageError(f"--special-tokens {path} cannot be read ({fault.strerror}); give a text file") from fault
    except UnicodeDecodeError as fault:
        wrong = path.read_bytes()[: fault.start].count(b"\n") + 1
        raise bv.UsageError(f"{path}, line {wrong}: no UTF-8; save the file as UTF-8 text") from fault
    words: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        word = line.strip()
        if word in words:
            raise bv.UsageError(f"{path}, line {number}: {word!r} stands in line {words[word]} already; remove one")
        if word:
            words[word] = number
    if not words:
        raise bv.UsageError(f"{path} holds no special token; write one a line, or leave --special-tokens out")
    return tuple(words)


class SpecialTokens:
    """A tokenizer and words that it keeps whole."""

    def __init__(self, base: Tokenizer, words: Sequence[str]) -> None:
        self.base, self.words = base, tuple(words)
        self._texts = [word.encode() for word in words]
        self._id_of = {text: base.vocab + index for index, text in enumerate(self._texts)}
        self._pattern = pattern_of(words)

    @property
    def vocab(self) -> int:
        """Ids of the tokenizer + words."""
        return self.base.vocab + len(self.words)

    @property
    def token_bytes(self) -> npt.NDArray[np.int64]:
        """(V,) length of each token in bytes."""
        return np.concatenate([self.base.token_bytes, np.array([len(text) for text in self._texts], dtype=np.int64)])

    def encode(self, text: bytes) -> Tokens:
        """Ids (n,) of a text."""
        pieces = self._pattern.split(text)  # text, word, text, word … text
        found = [
            np.array([self._id_of[piece]], dtype=np.uint16) if index % 2 else self.base.encode(piece)
            for index, piece in enumerate(pieces)
        ]
        return np.concatenate(found)

    def decode(self, tokens: Iterable[int]) -> bytes:
        """The text of some ids."""
        out = [self._texts[token - self.base.vocab] if token >= self.base.vocab else self.base.decode([token])
               for token in map(int, tokens)]  # fmt: skip
        return b"".join(out)


def pattern_of(words: Iterable[str]) -> re.Pattern[bytes]:
    """Finds each word; of two that begin alike the longer one."""
    longest_first = sorted((word.encode() for word in words), key=len, reverse=True)
    return re.compile(b"(" + b"|".join(map(re.escape, longest_first)) + b")")
