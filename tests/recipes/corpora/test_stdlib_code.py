"""The corpus: what is in, what is held out, and what happens where there is none."""

from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.corpora.stdlib_code import FILE_BEGINS, folder_corpus, stdlib_corpus


def test_every_twentieth_file_is_held_out(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"f{number:02}.py").write_text(f"{number:02}")
    corpus = folder_corpus(tmp_path)
    assert corpus.held_out == b"\x0019\x0039"
    assert corpus.train == b"".join(FILE_BEGINS + f"{n:02}".encode() for n in range(40) if n not in (19, 39))
    assert (corpus.train_files, corpus.held_out_files) == (38, 2)


def test_the_standard_library_is_megabytes_of_code() -> None:
    corpus = stdlib_corpus()
    assert len(corpus.train) > 3_000_000
    assert corpus.held_out_files == (corpus.train_files + corpus.held_out_files) // 20
    assert b"def " in corpus.held_out


def test_too_few_files_are_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "only.py").write_text("x = 1\n")
    with pytest.raises(bv.UsageError, match=r"only 1 text files .* pass --data DIR"):
        folder_corpus(tmp_path)
