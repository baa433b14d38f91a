"""Pictures with captions: what a corpus of them is, how it is split, and its vocabulary of words.

A caption is cut into words the same way wherever it is read (lower case, no punctuation), so that no word is known
under a spelling that is never trained.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.models.captioner import END, PAD, START, UNKNOWN

SPECIALS = ("<PAD>", "<START>", "<END>", "<UNK>")  # ids 0 … 3
WORD = re.compile(r"\w+(?:[-'’]\w+)*")
HELD_OUT_SHARE = 0.1
SPLIT_SEED = 42


class Pictures(Protocol):
    """n pictures of one size."""

    def __len__(self) -> int:
        """How many there are."""

    def read(self, rows: Sequence[int]) -> Tensor:
        """(len(rows), C, S, S) float32 in 0 … 1; UsageError names a picture that cannot be read."""

    def title(self, row: int) -> str:
        """What to call it."""


@dataclass(frozen=True)
class CaptionedPictures:
    """`captions` are (n,), one a row; row i is about picture `picture_of[i]`. `labels` (n,) say what is seen,
    "" all through where nobody knows. Of each group in `attributes` a caption names one word."""

    name: str
    pictures: Pictures
    captions: tuple[str, ...]
    picture_of: tuple[int, ...]
    labels: tuple[str, ...]
    attributes: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.captions)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """All labels in the order of their first row; () without labels."""
        return tuple(dict.fromkeys(label for label in self.labels if label))

    @cached_property
    def named_classes(self) -> tuple[str, ...]:
        """The classes where every caption names its own in a word, so that a written one can be judged; else ()."""
        is_named = all(label in words_of(caption) for label, caption in zip(self.labels, self.captions, strict=True))
        return self.classes if is_named else ()


def words_of(caption: str) -> list[str]:
    """The words of a caption, in lower case, without punctuation."""
    return WORD.findall(caption.lower())


# ---------------------------------------------------------------------------------------------------------------------
# The split


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows that are held out."""

    train: tuple[int, ...]
    held_out: tuple[int, ...]


def split_of(corpus: CaptionedPictures, *, train_max: int | None = None) -> Split:
    """A tenth of the pictures held out, the same tenth each time; all captions of a picture stay on one side."""
    count = len(corpus.pictures)
    order = np.random.default_rng(SPLIT_SEED).permutation(count).tolist()
    held_out_pictures = order[: max(1, round(HELD_OUT_SHARE * count))]
    place = {picture: at for at, picture in enumerate(order)}
    rows = sorted(range(len(corpus)), key=lambda row: place[corpus.picture_of[row]])
    held_out = [row for row in rows if place[corpus.picture_of[row]] < len(held_out_pictures)]
    train = rows[len(held_out) :]
    if not train:
        raise bv.UsageError(f"{corpus.name} has {count} pictures; give at least 2, one of ten is held out")
    if train_max is not None and not 1 <= train_max <= len(train):
        raise bv.UsageError(f"--train is {train_max}; give 1 to {len(train)} captions to learn from")
    return Split(tuple(train[:train_max]), tuple(held_out))


# ---------------------------------------------------------------------------------------------------------------------
# The vocabulary


@dataclass(frozen=True)
class Vocabulary:
    """`words` by id, the four specials first."""

    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words)

    def encoded(self, captions: Sequence[str], *, length: int) -> Tensor:
        """(n, length) int64: <START>, the words (<UNK> for one that is not known), <END>, and <PAD> up to the length;
        longer captions are cut before <END>."""
        known = {word: number for number, word in enumerate(self.words)}
        ids = torch.full((len(captions), length), PAD)
        for row, caption in enumerate(captions):
            words = [known.get(word, UNKNOWN) for word in words_of(caption)][: length - 2]
            ids[row, : len(words) + 2] = torch.tensor([START, *words, END])
        return ids

    def decoded(self, ids: Tensor) -> str:
        """The words of (T,) ids up to <END>, with blanks between."""
        found = ids.tolist()
        until = found.index(END) if END in found else len(found)
        return " ".join(self.words[number] for number in found[:until] if number not in (PAD, START))


def counted_words(captions: Sequence[str]) -> Counter[str]:
    """How often each word occurs."""
    return Counter(word for caption in captions for word in words_of(caption))


def vocabulary_of(counts: Counter[str], *, count_min: int = 1) -> Vocabulary:
    """Words that occur at least so often, most frequent first, and of equally frequent ones by the alphabet."""
    kept = [word for word in sorted(counts, key=lambda word: (-counts[word], word)) if counts[word] >= count_min]
    if not kept:
        raise bv.UsageError(f"no word occurs {count_min} times in the captions; pass a smaller --word-count-min")
    return Vocabulary((*SPECIALS, *kept))
