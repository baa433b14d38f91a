"""Encoding on several cores gives what one core gives, in the same order."""

import pytest

from belvedere.recipes.corpora import encoding
from belvedere.recipes.corpora.bpe import learn_bpe
from belvedere.recipes.corpora.encoding import encoded

TEXTS = [f"def f{number}(x): return x + {number}\n".encode() * 40 for number in range(12)] + [b""]


def test_workers_give_what_one_process_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = learn_bpe(b"".join(TEXTS), 300)
    alone = [ids.tolist() for ids in encoded(TEXTS, tokenizer, size_bytes=1)]
    monkeypatch.setattr(encoding, "ALONE_BYTES", 0)
    monkeypatch.setattr(encoding, "JOB_BYTES", 2000)
    monkeypatch.setattr(encoding.os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    shared = [ids.tolist() for ids in encoded(TEXTS, tokenizer, size_bytes=1)]
    assert shared == alone == [tokenizer.encode(text).tolist() for text in TEXTS]
