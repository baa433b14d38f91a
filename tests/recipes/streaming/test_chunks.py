"""Chunks: every token once, each chunk's last token the next one's first, and places to go on from."""

import json
from pathlib import Path

import pytest
import torch

from belvedere.recipes.corpora.bpe import ByteTokenizer
from belvedere.recipes.ranks import Ranks
from belvedere.recipes.streaming.chunks import Chunk, Packing, State, packing_of, shared

DOCUMENTS = ["abc", "defghijklmnopqrstuvwxyz", "0123456789", "A", "B" * 40]
WHOLE = b"".join(b"\0" + text.encode() for text in DOCUMENTS)


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in DOCUMENTS))
    return str(path)


def packing(source: str, *, lanes: int = 2, length: int = 6, start: State | None = None) -> Packing:
    return packing_of(source, ByteTokenizer(), lanes=lanes, length=length, start=start)


def every(packing: Packing) -> list[Chunk]:
    return list(iter(packing.next, None))


def test_one_lane_goes_through_the_whole_stream_without_a_gap(source: str) -> None:
    chunks = every(packing(source, lanes=1, length=12))
    assert [bytes(chunk.tokens[0].tolist()) for chunk in chunks] == [WHOLE[12 * n : 12 * n + 13] for n in range(6)]
    assert len(WHOLE) == 82  # 81 predictions: six chunks, and nine that fill none


def test_lanes_go_through_texts_of_their_own(source: str) -> None:
    chunks = every(packing(source))
    lanes = [b"".join(bytes(chunk.tokens[lane, :-1].tolist()) for chunk in chunks[:4]) for lane in (0, 1)]
    assert lanes == [b"\0abc" + b"\0defghijklmnopqrstuv", b"\0" + b"0123456789" + b"\0A" + b"\0" + b"B" * 10]
    assert [bytes(tokens.tolist()) for tokens in chunks[0].tokens] == [b"\0abc\0de", b"\0" + b"012345"]


def test_at_the_end_lanes_share_what_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abcdefghijklmnopqrstuvwxyz")
    chunks = every(packing(str(tmp_path / "a.txt"), lanes=3, length=2))
    assert [[bytes(lane.tolist()) for lane in chunk.tokens] for chunk in chunks] == [
        [b"\0ab", b"mno", b"tuv"], [b"bcd", b"opq", b"vwx"], [b"def", b"qrs", b"xyz"],
    ]  # fmt: skip


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_chunks_go_on_from_each_place(source: str, lanes: int) -> None:
    chunks = every(packing(source, lanes=lanes))
    for number, chunk in enumerate(chunks):
        again = every(packing(source, lanes=lanes, start=chunk.after))
        assert [one.tokens.tolist() for one in again] == [one.tokens.tolist() for one in chunks[number + 1 :]]


def test_a_batch_is_the_next_stretch_of_every_lane() -> None:
    chunk = Chunk(torch.arange(14).view(2, 7), {})
    inputs, targets = chunk.batch(1, 3)
    assert inputs.tolist() == [[3, 4, 5], [10, 11, 12]]
    assert targets.tolist() == [[4, 5, 6], [11, 12, 13]]


def test_one_rank_reads_for_itself(source: str) -> None:
    reading = packing(source, lanes=1, length=81)
    chunk = shared(reading, Ranks(), lanes=1, length=81)
    assert chunk and bytes(chunk.tokens[0].tolist()) == WHOLE
    assert shared(reading, Ranks(), lanes=1, length=81) is None
