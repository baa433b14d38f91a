"""Two byte-level tokenizers: plain bytes (V = 256), and byte-pair encoding learned from the text itself (V = 1024).

Ids 0 … 255 are the bytes; id 256 + i is the i-th merge. Every byte string comes back exactly.
Text is first cut into words (a regular expression); pairs are merged inside words only, so counting words is enough.
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

KNOWN_MAX = 1_000_000  # words remembered between two texts: some 200 MB
Pair = tuple[int, int]
Tokens = npt.NDArray[np.uint16]  # (n,): vocabularies have 65 536 at most

# A name with the blank before it | up to 3 digits | a line break with the next line's indentation | signs | blanks.
# On bytes, so that text in any encoding (or none) passes: bytes above 127 count as signs.
WORD = re.compile(rb" ?[A-Za-z_]+|[0-9]{1,3}|\n *| ?[^\sA-Za-z0-9_]+|\s")


class Tokenizer(Protocol):
    """Bytes to ids and back."""

    @property
    def vocab(self) -> int:
        """Number of different ids."""

    @property
    def token_bytes(self) -> npt.NDArray[np.int64]:
        """(V,) length of each token in bytes; bits per byte needs it."""

    def encode(self, text: bytes) -> Tokens:
        """Ids (n,) of a text."""

    def decode(self, tokens: Iterable[int]) -> bytes:
        """The text of some ids."""


class ByteTokenizer:
    """One id per byte."""

    vocab = 256
    token_bytes: npt.NDArray[np.int64] = np.ones(256, dtype=np.int64)

    def encode(self, text: bytes) -> Tokens:
        """Ids (n,) of a text: its bytes."""
        return np.frombuffer(text, dtype=np.uint8).astype(np.uint16)

    def decode(self, tokens: Iterable[int]) -> bytes:
        """The text of some ids."""
        return bytes(int(token) for token in tokens)


class BPETokenizer:
    """Byte-pair encoding, given its merges in the order they were learned."""

    def __init__(self, merges: Sequence[Pair]) -> None:
        self.merges = [(int(left), int(right)) for left, right in merges]
        self._rank = {pair: rank for rank, pair in enumerate(self.merges)}
        self._texts = [bytes([byte]) for byte in range(256)]
        for left, right in self.merges:
            self._texts.append(self._texts[left] + self._texts[right])
        self.token_bytes: npt.NDArray[np.int64] = np.array([len(text) for text in self._texts], dtype=np.int64)
        self._known: dict[bytes, tuple[int, ...]] = {}  # words met before: source code repeats itself

    @property
    def vocab(self) -> int:
        """256 bytes + the merges."""
        return len(self._texts)

    def encode(self, text: bytes) -> Tokens:
        """Ids (n,) of a text."""
        known, words = self._known, WORD.findall(text)
        if len(known) > KNOWN_MAX:
            known.clear()
        for word in set(words).difference(known):
            known[word] = self._merged(word)
        return np.array([token for word in words for token in known[word]], dtype=np.uint16)

    def decode(self, tokens: Iterable[int]) -> bytes:
        """The text of some ids."""
        return b"".join(self._texts[token] for token in tokens)

    def _merged(self, word: bytes) -> tuple[int, ...]:
        """One word's ids: the earliest learned merge first, until none fits."""
        tokens = list(word)
        while len(tokens) > 1:
            rank = min(self._rank.get(pair, len(self.merges)) for pair in pairwise(tokens))
            if rank == len(self.merges):
                break
            tokens = replaced(tokens, self.merges[rank], 256 + rank)
        return tuple(tokens)


def spread_sample(text: bytes, size_bytes: int, *, pieces: int = 64) -> bytes:
    """About `size_bytes` of a text in pieces from its whole length: the start alone would miss whole subjects."""
    if size_bytes >= len(text):
        return text
    stride, piece = len(text) // pieces, size_bytes // pieces
    return b"".join(text[number * stride : number * stride + piece] for number in range(pieces))


def learn_bpe(text: bytes, vocab: int) -> BPETokenizer:
    """Merge the most frequent pair (of equal ones the smallest) until there are `vocab` ids or no pair occurs twice."""
    words = Words(Counter(WORD.findall(text)))
    merges: list[Pair] = []
    while 256 + len(merges) < vocab:
        pair = words.most_frequent_pair()
        if pair is None:
            break
        words.merge(pair, 256 + len(merges))
        merges.append(pair)
    return BPETokenizer(merges)


class Words:
    """The different words of a text, and how often each pair occurs; a merge touches only the words it is in."""

    def __init__(self, counts: Counter[bytes]) -> None:
        self._words = [list(word) for word in counts]
        self._counts = list(counts.values())
        self._pairs: Counter[Pair] = Counter()
        self._where: dict[Pair, set[int]] = {}  # numbers of the words that hold (or once held) a pair
        for number, word in enumerate(self._words):
            for pair in pairwise(word):
                self._pairs[pair] += self._counts[number]
                self._where.setdefault(pair, set()).add(number)
        self._heap = [(-count, pair) for pair, count in self._pairs.items()]
        heapq.heapify(self._heap)

    def most_frequent_pair(self) -> Pair | None:
        """None when no pair occurs twice. The heap holds stale counts too; an entry counts only if it is still true."""
        while self._heap:
            count, pair = heapq.heappop(self._heap)
            if self._pairs[pair] == -count and -count > 1:
                return pair
        return None

    def merge(self, pair: Pair, token: int) -> None:
        """Write `token` for `pair` everywhere."""
        changed: set[Pair] = set()
        for number in self._where.pop(pair):
            before = self._words[number]
            after = self._words[number] = replaced(before, pair, token)
            for old in pairwise(before):
                self._pairs[old] -= self._counts[number]
                changed.add(old)
            for new in pairwise(after):
                self._pairs[new] += self._counts[number]
                self._where.setdefault(new, set()).add(number)
                changed.add(new)
        for touched in changed:
            heapq.heappush(self._heap, (-self._pairs[touched], touched))


def replaced(tokens: list[int], pair: Pair, token: int) -> list[int]:
    """`tokens` with `token` for each `pair`, from left to right."""
    left, right = pair
    out: list[int] = []
    position, last = 0, len(tokens) - 1
    while position <= last:
        if position < last and tokens[position] == left and tokens[position + 1] == right:
            out.append(token)
            position += 2
        else:
            out.append(tokens[position])
            position += 1
    return out
