"""How a token file comes to be: whole or not at all, and of several ranks the first one makes it."""

from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.recipes.corpora import token_file as module
from belvedere.recipes.corpora.token_file import Wanted, token_file
from belvedere.recipes.ranks import Ranks

BYTES = Wanted("byte", 256)


def texts_in(folder: Path, count: int, *, lines: int = 1) -> str:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:02}.txt").write_text(f"{number:02}\n" * lines)
    return str(folder)


def test_a_long_text_is_held_out_whole(tmp_path: Path) -> None:
    source = texts_in(tmp_path / "texts", 40, lines=30_000)  # 90 kB each: two pieces
    text = token_file(tmp_path, source, BYTES)
    assert (text.about.texts, text.about.pieces) == (40, 80)
    assert bytes(text.held_out.astype(np.uint8)) == b"\0" + b"19\n" * 30_000 + b"\0" + b"39\n" * 30_000
    assert len(text.train) == 38 * 90_001


def test_a_known_vocabulary_is_not_learned_again(tmp_path: Path) -> None:
    source = texts_in(tmp_path / "texts", 20)
    assert token_file(tmp_path, source, Wanted("bpe", 257, merges=((48, 49),))).about.merges == ((48, 49),)


def test_an_interrupted_one_leaves_nothing_and_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = texts_in(tmp_path / "texts", 20)
    with monkeypatch.context() as patch:
        patch.setattr(module, "encoded", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            token_file(tmp_path / "kept", source, BYTES)
    assert list((tmp_path / "kept").iterdir()) == []
    assert len(token_file(tmp_path / "kept", source, BYTES).train) == 19 * 4


def _interrupted(*given: object, **more: object) -> object:
    raise KeyboardInterrupt


def test_other_ranks_wait_until_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = texts_in(tmp_path / "texts", 20)
    looks = []

    def slept(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            token_file(tmp_path, source, BYTES, Ranks(0, 2, 0, 2))

    monkeypatch.setattr(module.time, "sleep", slept)
    assert len(token_file(tmp_path, source, BYTES, Ranks(1, 2, 1, 2)).train) == 19 * 4
    assert looks == [module.LOOK_SECS] * 2


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    source = texts_in(tmp_path / "texts", 20)
    (tmp_path / "file").write_text("")
    with pytest.raises(bv.UsageError, match=r"the tokens cannot be written to .* pass another --token-dir"):
        token_file(tmp_path / "file", source, BYTES)
