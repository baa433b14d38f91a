"""Bytes, or byte pairs from the head of the stream."""

from dataclasses import replace
from pathlib import Path

from belvedere.recipes.corpora.bpe import BPETokenizer, ByteTokenizer
from belvedere.recipes.streaming.settings import Settings
from belvedere.recipes.streaming.vocabulary import head_of, tokenizer_of


def test_byte_pairs_come_from_the_head_of_the_stream(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abab " * 100)
    (tmp_path / "b.txt").write_text("xyxy " * 100)
    assert head_of(str(tmp_path), 7) == b"abab ab"
    assert len(head_of(str(tmp_path), 10**6)) == 1000
    it = replace(Settings(), data=str(tmp_path), tokenizer="bpe", vocab=257)
    learned = tokenizer_of(it, None)
    assert isinstance(learned, BPETokenizer) and learned.merges == [(97, 98)]
    assert isinstance(tokenizer_of(Settings(), None), ByteTokenizer)
