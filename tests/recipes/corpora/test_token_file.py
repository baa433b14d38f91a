"""Token files: made once, mapped, split by piece, and made anew when a text, the vocabulary or the file is another."""

import os
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.recipes.corpora import token_file as module
from belvedere.recipes.corpora.text_stream import StreamPiece
from belvedere.recipes.corpora.token_file import Length, Wanted, counted, key_of, split, token_file
from belvedere.recipes.ranks import Ranks

BYTES = Wanted("byte", 256)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """40 texts: text 0 … text 39."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02d}.txt").write_text(f"text {number}\n" * 10)
    return folder


def test_every_twentieth_text_is_held_out_and_all_of_it_comes_back(texts: Path, tmp_path: Path) -> None:
    found = token_file(tmp_path / "out", str(texts), BYTES)
    assert (found.about.texts, found.about.pieces) == (40, 40)
    assert found.tokenizer.decode(found.held_out) == b"\0" + b"text 19\n" * 10 + b"\0" + b"text 39\n" * 10
    assert found.tokenizer.decode(found.train).startswith(b"\0text 0\n")
    assert isinstance(found.train, np.memmap)
    assert len(found.train) + len(found.held_out) == found.about.text_bytes


def test_a_file_that_is_there_is_opened_and_not_made_again(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = token_file(tmp_path / "out", str(texts), BYTES)
    monkeypatch.setattr(module, "write", None)
    assert token_file(tmp_path / "out", str(texts), BYTES).about == first.about


def test_another_text_or_vocabulary_and_a_cut_file_make_a_new_one(texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = token_file(out, str(texts), BYTES)
    [place] = out.iterdir()
    os.truncate(place / "train.u16", 100)
    assert token_file(out, str(texts), BYTES).about == first.about
    (texts / "00.txt").write_text("changed")
    changed = token_file(out, str(texts), BYTES)
    assert changed.about.digest != first.about.digest
    learned = token_file(out, str(texts), Wanted("bpe", 260, ("text 1",)))
    assert learned.tokenizer.vocab == 260 and learned.about.special == ("text 1",)
    assert len(list(out.iterdir())) == 3


def test_of_few_pieces_the_last_twentieth_of_each_is_held_out() -> None:
    assert split(b"x" * 95 + b"y" * 5, 1, Length(1, 1, 100, b"")) == (b"x" * 95, b"y" * 5)
    assert split(b"text", 20, Length(20, 20, 80, b"")) == (b"", b"text")
    assert split(b"text", 19, Length(20, 20, 80, b"")) == (b"text", b"")


def test_a_sample_is_spread_over_texts_that_do_not_fit() -> None:
    pieces = [StreamPiece(chr(ord("a") + number % 26) * 100, True, {}) for number in range(1000)]
    found = counted(lambda: pieces, 1300)
    assert (found.texts, found.pieces, found.size_bytes) == (1000, 1000, 101_000)
    assert 600 <= len(found.sample) <= 1300
    assert len(set(found.sample)) > 10


def test_tokens_runs_and_dashboards_below_the_texts_are_no_texts(texts: Path) -> None:
    """Else a second rank, which looks once the first has written, would wait for tokens of other texts."""
    before = key_of(str(texts), BYTES)
    first = token_file(texts, str(texts), BYTES)
    for written in ("runs/project/id/log/r0.txt", "runs/project/id/run.json",
                    "viz/training_latest.png", "viz/history.json"):  # fmt: skip
        (texts / written).parent.mkdir(parents=True, exist_ok=True)
        (texts / written).write_text("{}")
    assert key_of(str(texts), BYTES) == before
    assert token_file(texts, str(texts), BYTES, Ranks(1, 2, 1, 2)).about == first.about


def test_a_rank_that_waits_for_what_nobody_makes_says_so(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECS", 0.0)
    monkeypatch.setattr(module, "PATIENCE_SECS", 0.0)
    with pytest.raises(bv.UsageError, match=r"rank 1 has waited 0 s for the tokens .*start it again"):
        token_file(tmp_path / "out", str(texts), BYTES, Ranks(1, 2, 1, 2))


def test_a_link_to_nowhere_is_no_text(texts: Path, tmp_path: Path) -> None:
    (texts / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    assert token_file(tmp_path / "out", str(texts), BYTES).about.texts == 40
