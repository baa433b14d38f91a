"""The corpus: what is in, and what is held out."""

from pathlib import Path

import pytest

from belvedere.recipes.corpora import stdlib_code
from belvedere.recipes.corpora.stdlib_code import FILE_BEGINS, stdlib_corpus


def test_every_twentieth_file_is_held_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        (tmp_path / f"f{number:02}.py").write_text(f"{number:02}")
    monkeypatch.setattr(stdlib_code.sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})
    corpus = stdlib_corpus()
    assert corpus.held_out == b"\x0019\x0039"
    assert corpus.train == b"".join(FILE_BEGINS + f"{n:02}".encode() for n in range(40) if n not in (19, 39))
    assert (corpus.train_files, corpus.held_out_files) == (38, 2)


def test_the_standard_library_is_megabytes_of_code() -> None:
    corpus = stdlib_corpus()
    assert len(corpus.train) > 3_000_000
    assert corpus.held_out_files == (corpus.train_files + corpus.held_out_files) // 20
    assert b"def " in corpus.held_out
