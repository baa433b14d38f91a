"""Chunks of one length, packed from a stream of texts without a gap; training goes on at the token where it stopped.

A chunk is B lanes side by side. Each lane goes through texts of its own, chunk after chunk, and takes the stream's next
text when one is over: so a batch is made of B different texts, and not of B neighbouring places of one.
Under torchrun only the first rank reads and cuts the text; the others are sent its tokens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

import belvedere as bv
from belvedere.recipes.corpora.bpe import Tokenizer
from belvedere.recipes.corpora.stdlib_code import FILE_BEGINS
from belvedere.recipes.corpora.text_stream import StreamPiece, pieces
from belvedere.recipes.ranks import Ranks

READ, OVER, FAILED = 1, 0, -1  # what the first rank says before the tokens
State = dict[str, Any]  # plain values and tensors, for a checkpoint


@dataclass(frozen=True)
class Chunk:
    """`tokens` (B, L + 1) int64: B lanes of L inputs, and as targets the same shifted by one. A packing that begins
    with `after` begins with the chunk behind this one; it is empty on all ranks but the first."""

    tokens: Tensor
    after: State

    def batch(self, update: int, length: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (B, length): the next stretch of every lane."""
        begin, end = update * length, (update + 1) * length
        return self.tokens[:, begin:end], self.tokens[:, begin + 1 : end + 1]


class Packing:
    """Chunks of `lanes` × `length` tokens; each document begins with a zero byte. What is left at the end of the stream
    and fills no chunk is not trained on."""

    def __init__(
        self, texts: Iterator[StreamPiece], tokenizer: Tokenizer, *, lanes: int, length: int, rests: list[Tensor] | None
    ) -> None:
        """`rests`: what the lanes still have of texts that were read before."""
        self._texts, self._tokenizer, self._length = texts, tokenizer, length
        self._rests = rests or [torch.zeros(0, dtype=torch.int32)] * lanes
        self._next: StreamPiece | None = None  # the stream's next text, once somebody looked
        self._is_over = False

    def next(self) -> Chunk | None:
        """The next chunk; None when the stream is over."""
        for lane, rest in enumerate(self._rests):
            parts, count = [rest], len(rest)
            while count <= self._length:
                more = self._text() if self._look() else self._half()
                if more is None:
                    return None
                parts.append(more)
                count += len(more)
            self._rests[lane] = torch.cat(parts)
        chunk = torch.stack([rest[: self._length + 1] for rest in self._rests]).long()
        # The last token is a target here and the next chunk's first input.
        self._rests = [rest[self._length :].clone() for rest in self._rests]
        self._look()  # for the place behind this chunk
        after = {"next": dict(self._next.position) if self._next else None, "rests": list(self._rests)}
        return Chunk(chunk, after)

    def _look(self) -> bool:
        """Whether the stream goes on."""
        if self._next is None and not self._is_over:
            self._next = next(self._texts, None)
            self._is_over = self._next is None
        return self._next is not None

    def _text(self) -> Tensor:
        """The tokens (n,) of the stream's next text."""
        piece, self._next = self._next, None
        assert piece is not None
        begin = FILE_BEGINS if piece.is_start else b""
        return torch.from_numpy(self._tokenizer.encode(begin + piece.text.encode()).astype(np.int32))

    def _half(self) -> Tensor | None:
        """At the end of the stream: half of the longest rest, if both halves fill a lane: few long texts do."""
        longest = max(range(len(self._rests)), key=lambda lane: len(self._rests[lane]))
        rest = self._rests[longest]
        if len(rest) < 2 * (self._length + 1):
            return None
        self._rests[longest] = rest[: len(rest) // 2]
        return rest[len(rest) // 2 :]


def packing_of(source: str | None, tokenizer: Tokenizer, *, lanes: int, length: int, start: State | None) -> Packing:
    """Chunks of a source from its beginning, or from `start`, the `after` of a chunk."""
    if start is None:
        return Packing(pieces(source), tokenizer, lanes=lanes, length=length, rests=None)
    texts = pieces(source, start["next"]) if start["next"] else iter(())
    return Packing(texts, tokenizer, lanes=lanes, length=length, rests=list(start["rests"]))


def shared(packing: Packing | None, ranks: Ranks, *, lanes: int, length: int) -> Chunk | None:
    """The first rank's next chunk, on all ranks; None when the stream is over. The first has the packing."""
    if ranks.world == 1:
        assert packing is not None
        return packing.next()
    message = torch.full((lanes * (length + 1) + 1,), OVER, dtype=torch.int64)  # on the CPU: no GPU is waited for
    chunk, fault = None, None
    if packing is not None:
        try:
            chunk = packing.next()
        except bv.UsageError as refused:
            fault = refused
        message[0] = FAILED if fault else (READ if chunk else OVER)
        if chunk:
            message[1:] = chunk.tokens.flatten()
    dist.broadcast(message, src=0)
    if fault:
        raise fault
    said = int(message[0])
    if said == FAILED:
        raise bv.UsageError("the first rank could not read on; it says why")
    return chunk or (Chunk(message[1:].view(lanes, length + 1), {}) if said == READ else None)
