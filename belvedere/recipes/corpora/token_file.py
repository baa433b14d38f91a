"""Texts of any size as two memory-mapped files of token ids, made once and opened once.

    FOLDER/tokens-<key>/train.u16       ids of the texts to train on, little-endian uint16
                        held_out.u16    ids of every 20th text, so that nothing of it was seen in training; where there
                                        are fewer than 20, of every 20th piece; of fewer pieces the last twentieth
                        about.json      counts, the vocabulary, and the digest of all ids

A folder is written beside and renamed, so a half-written one is never read. `key` is made of the names, sizes and times
of the files read and of the tokenizer asked for, so that other text or another vocabulary gets a folder of its own.
A text is one piece, or several when it is long; what is held out of one long book lies between what is not.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import belvedere as bv
from belvedere.recipes.corpora.bpe import (
    BPETokenizer,
    ByteTokenizer,
    Pair,
    Tokenizer,
    Tokens,
    learn_bpe,
    spread_sample,
)
from belvedere.recipes.corpora.encoding import encoded
from belvedere.recipes.corpora.special_tokens import SpecialTokens, pattern_of
from belvedere.recipes.corpora.text_stream import StreamPiece, files_of, pieces
from belvedere.recipes.ranks import Ranks

TEXT_BEGINS = b"\0"  # a byte that no text holds
HELD_OUT_EVERY = 20
BPE_BYTES_PER_TOKEN = 600  # text to learn one vocabulary entry from
ID = np.dtype("<u2")
FORMAT = 2  # another way to split or to cut makes another key
LOOK_SECS = 0.5  # between two looks of a rank that waits
PATIENCE_SECS = 120.0  # of a rank that waits while nobody makes what it waits for
TELL_SECS = 5.0  # between two lines about how far the encoding is
TELL_VOCAB = 8192  # a vocabulary of this size takes some 20 s to learn
ALONE = Ranks()

Texts = Callable[[], Iterable[StreamPiece]]  # each call begins anew


@dataclass(frozen=True)
class Wanted:
    """The tokenizer asked for: `kind` byte or bpe; `vocab` counts the special words as well. `merges` are those of a
    vocabulary that is known already; without them one is learned from the text."""

    kind: str
    vocab: int
    special: tuple[str, ...] = ()
    merges: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class About:
    """What lies in a token folder; `digest` is a SHA-256 over the ids of both files."""

    texts: int
    pieces: int
    text_bytes: int
    train_tokens: int
    held_out_tokens: int
    merges: tuple[Pair, ...]
    special: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class TokenFile:
    """`train` (n,) and `held_out` (m,) are mapped, not read."""

    about: About
    tokenizer: Tokenizer
    train: Tokens
    held_out: Tokens


def token_file(folder: Path, source: str | None, wanted: Wanted, ranks: Ranks = ALONE) -> TokenFile:
    """The token file of a source (text_stream.py): opened where it is there already, else made.

    Of several ranks the first of each machine makes it and the others wait for it, by looking: making it may take
    longer than any message between ranks would wait."""
    place = folder / f"tokens-{key_of(source, wanted)}"
    seen = time.monotonic()  # a sign that somebody makes it
    while not is_whole(place):
        if ranks.local_rank == 0:
            make(place, source, wanted)
            continue
        if any(folder.glob(f"{place.name}.*.tmp")):
            seen = time.monotonic()
        if time.monotonic() - seen > PATIENCE_SECS:
            raise bv.UsageError(f"rank {ranks.rank} has waited {PATIENCE_SECS:.0f} s for the tokens {place}, which no "
                                "process makes; keep the texts as they are while a training starts, and start it "
                                "again")  # fmt: skip
        time.sleep(LOOK_SECS)
    return opened(place)


def make(place: Path, source: str | None, wanted: Wanted) -> None:
    """Write a token folder beside, then rename it. Of two processes that make the same one the first to end wins."""
    beside = place.with_name(f"{place.name}.{os.getpid()}.tmp")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write(beside, lambda: pieces(source), wanted)
        if not is_whole(place):
            shutil.rmtree(place, ignore_errors=True)
            beside.rename(place)
    except OSError as fault:
        if not is_whole(place):
            raise bv.UsageError(f"the tokens cannot be written to {place} ({fault.strerror}); "
                                "make room, or pass another --token-dir") from fault  # fmt: skip
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def key_of(source: str | None, wanted: Wanted) -> str:
    """Other texts, or a file that was written again, make another key."""
    files = files_of(source) if source is None or Path(source).exists() else []  # else the name of a data set
    facts = sorted((str(one), one.stat().st_size, one.stat().st_mtime_ns) for _, one in files)
    return hashlib.sha256(json.dumps([FORMAT, source, facts, asdict(wanted)]).encode()).hexdigest()[:12]


def is_whole(place: Path) -> bool:
    """Whether a token folder holds what its about.json says."""
    try:
        about = read_about(place)
        sizes = [(place / name).stat().st_size // ID.itemsize for name in ("train.u16", "held_out.u16")]
    except (OSError, ValueError, TypeError):
        return False
    return sizes == [about.train_tokens, about.held_out_tokens]


def opened(place: Path) -> TokenFile:
    """Map both files; an empty one cannot be mapped."""
    about = read_about(place)
    counts = {"train.u16": about.train_tokens, "held_out.u16": about.held_out_tokens}
    maps = [np.memmap(place / name, dtype=ID, mode="r") if count else np.zeros(0, dtype=np.uint16)
            for name, count in counts.items()]  # fmt: skip
    return TokenFile(about, tokenizer_of(about.merges, about.special), maps[0], maps[1])


def read_about(place: Path) -> About:
    """about.json; ValueError or TypeError when it is another program's."""
    found = json.loads((place / "about.json").read_text())
    return About(**found | {"merges": tuple(map(tuple, found["merges"])), "special": tuple(found["special"])})


def tokenizer_of(merges: Iterable[Pair], special: Iterable[str]) -> Tokenizer:
    """Bytes where there are no merges; with the special words around it where there are some."""
    learned, words = list(merges), list(special)
    base: Tokenizer = BPETokenizer(learned) if learned else ByteTokenizer()
    return SpecialTokens(base, words) if words else base


# ---------------------------------------------------------------------------------------------------------------------
# Making one: the texts are gone through twice, and one at a time is in memory


def write(place: Path, texts: Texts, wanted: Wanted) -> None:
    """Learn the vocabulary, then write all ids."""
    place.mkdir()
    length = counted(texts, wanted.vocab * BPE_BYTES_PER_TOKEN)
    merges = learned(length.sample, wanted) if wanted.kind == "bpe" else ()
    parts = [hashlib.sha256(), hashlib.sha256()]
    tokens = [0, 0]
    with (place / "train.u16").open("wb") as train, (place / "held_out.u16").open("wb") as held_out:
        for is_held_out, ids in encoded_parts(texts, tokenizer_of(merges, wanted.special), length):
            content = ids.astype(ID).tobytes()
            (held_out if is_held_out else train).write(content)
            parts[is_held_out].update(content)
            tokens[is_held_out] += len(ids)
    digest = hashlib.sha256(parts[0].digest() + parts[1].digest()).hexdigest()
    about = About(length.texts, length.pieces, length.size_bytes, tokens[0], tokens[1], merges, wanted.special, digest)
    (place / "about.json").write_text(json.dumps(asdict(about)))


def learned(sample: bytes, wanted: Wanted) -> tuple[Pair, ...]:
    """The merges that are known, or learned from a sample."""
    if wanted.merges:
        return wanted.merges
    if wanted.vocab >= TELL_VOCAB:
        print(f"learning a vocabulary of {wanted.vocab:,} from {len(sample) / 1e6:.1f} MB of the text; "
              "this is done once", flush=True)  # fmt: skip
    if wanted.special:  # words that are never cut need no merges of their own
        sample = b"\n".join(pattern_of(wanted.special).split(sample)[::2])
    return tuple(learn_bpe(sample, wanted.vocab - len(wanted.special)).merges)


def encoded_parts(texts: Texts, tokenizer: Tokenizer, length: "Length") -> Iterator[tuple[bool, Tokens]]:
    """Ids of what is trained on (False) and what is held out (True), piece by piece."""
    parts = (part for number, content in numbered(texts(), length) for part in split(content, number, length))
    told = time.monotonic()
    done_bytes = 0
    for number, ids in enumerate(encoded(parts, tokenizer, size_bytes=length.size_bytes)):
        yield number % 2 == 1, ids
        done_bytes += int(tokenizer.token_bytes[ids].sum())
        if time.monotonic() - told > TELL_SECS:
            told = time.monotonic()
            print(f"encoding the text: {done_bytes / 1e6:,.0f} of {length.size_bytes / 1e6:,.0f} MB", flush=True)


def content_of(piece: StreamPiece) -> bytes:
    """The bytes to cut into tokens: a text begins with a mark of its own."""
    return (TEXT_BEGINS if piece.is_start else b"") + piece.text.encode()


@dataclass(frozen=True)
class Length:
    """How much text there is, and some of it from its whole length."""

    texts: int
    pieces: int
    size_bytes: int
    sample: bytes


def counted(texts: Texts, sample_bytes: int) -> Length:
    """Go through all text once. The sample is about `sample_bytes`, spread evenly: while there is too much, every
    second piece that was kept is dropped and the stride doubles."""
    kept, kept_bytes, stride, count, begun, size_bytes = list[bytes](), 0, 1, 0, 0, 0
    for piece in texts():
        content = content_of(piece)
        if count % stride == 0:
            kept.append(content)
            kept_bytes += len(content)
        if kept_bytes > 4 * sample_bytes and len(kept) > 1:
            kept, stride = kept[::2], 2 * stride
            kept_bytes = sum(map(len, kept))
        count += 1
        begun += piece.is_start
        size_bytes += len(content)
    return Length(begun, count, size_bytes, spread_sample(b"".join(kept), sample_bytes))


def numbered(pieces_there: Iterable[StreamPiece], length: Length) -> Iterator[tuple[int, bytes]]:
    """Each piece with the number of its text, from 1 on; where there are few texts with its own number."""
    number = 0
    for piece in pieces_there:
        number += piece.is_start or length.texts < HELD_OUT_EVERY
        yield number, content_of(piece)


def split(content: bytes, number: int, length: Length) -> tuple[bytes, bytes]:
    """What of a piece is trained on, and what is held out."""
    if length.pieces >= HELD_OUT_EVERY:
        return (b"", content) if number % HELD_OUT_EVERY == 0 else (content, b"")
    border = len(content) - len(content) // HELD_OUT_EVERY
    return content[:border], content[border:]
