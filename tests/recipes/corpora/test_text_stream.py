"""Streams: everything comes once and in order, and goes on from any place without skipping or repeating."""

import json
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.corpora.text_stream import described, pieces, texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of two kinds, one of them below."""
    (tmp_path / "b.txt").write_text("bee\n")
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in ("one", "", "two")))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "c.md").write_text("# sea\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    return tmp_path


def test_a_folder_is_read_by_name_and_what_is_no_text_is_passed_over(folder: Path) -> None:
    assert list(texts(str(folder))) == ["one", "two", "bee\n", "# sea\n"]
    assert described(str(folder)) == f"3 files, 0.00 MB: {folder}"


def test_a_file_is_a_stream_too(folder: Path) -> None:
    assert list(texts(str(folder / "a.jsonl"))) == ["one", "two"]


def test_the_standard_library_comes_once_in_the_same_order_each_time() -> None:
    first, again = list(pieces()), list(pieces())
    assert first == again
    assert sum(piece.is_start for piece in first) > 300
    assert "the standard library of Python" in described(None)


def test_a_stream_goes_on_from_every_place(folder: Path) -> None:
    whole = list(pieces(str(folder)))
    for number, piece in enumerate(whole):
        kept = json.loads(json.dumps(piece.position))  # plain values
        assert list(pieces(str(folder), kept)) == whole[number:]


def test_files_that_are_added_behind_the_place_do_not_matter_but_those_before_it_do(folder: Path) -> None:
    whole = list(pieces(str(folder)))
    position = whole[2].position  # in b.txt
    (folder / "z.txt").write_text("zed")
    assert [piece.text for piece in pieces(str(folder), position)] == ["bee\n", "# sea\n", "zed"]
    (folder / "a.jsonl").write_text('{"text": "another"}\n')
    with pytest.raises(bv.UsageError, match=r"are not those that the checkpoint has read.*train anew"):
        list(pieces(str(folder), position))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.txt", "there is no file or folder .*nothing.txt; give texts"),
        ("with blank", "there is no file or folder .*with blank"),
        ("picture.png", r"picture.png is no text that can be read; give one of \.txt, \.md"),
    ],
)
def test_what_is_no_source_is_refused(folder: Path, name: str, words: str) -> None:
    with pytest.raises(bv.UsageError, match=words):
        described(str(folder / name))
    with pytest.raises(bv.UsageError, match=words):
        list(texts(str(folder / name)))


def test_a_folder_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match=r"holds no text; it takes \.txt"):
        list(texts(str(tmp_path)))


def test_a_place_in_a_data_set_is_none_in_files(folder: Path) -> None:
    with pytest.raises(bv.UsageError, match=r"place is in a data set, not in .*; leave --data as it was"):
        list(pieces(str(folder), {"data_set": {}}))
