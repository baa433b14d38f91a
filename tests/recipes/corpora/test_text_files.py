"""One file: its texts from any place on, in bounded pieces, and a damaged one named with its line."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard

import belvedere as bv
from belvedere.recipes.corpora import text_files
from belvedere.recipes.corpora.text_files import PIECE_BYTES, Piece, Place, pieces_of

ROWS = b"".join(json.dumps({"text": f"text {number}", "meta": {}}).encode() + b"\n" for number in range(2000))


def packed(path: Path, content: bytes) -> Path:
    path.write_bytes(
        {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}.get(path.suffix, bytes)(content)
    )
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.json.gz", "a.jsonl.zst"])
def test_a_line_is_a_text_however_it_is_packed_and_reading_goes_on_from_each(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, ROWS)
    whole = list(pieces_of(path))
    assert [piece.text for piece in whole] == [f"text {number}" for number in range(2000)]
    assert whole[1234].place.line == 1234
    assert list(pieces_of(path, whole[1234].place)) == whole[1234:]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_file_may_hold_several_packed_streams(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, ROWS[:34])
    path.write_bytes(path.read_bytes() + packed(tmp_path / f"b{path.suffix}", ROWS[34:]).read_bytes())
    assert len(list(pieces_of(path))) == 2000


def test_a_long_text_comes_in_pieces_that_end_with_a_line_wherever_reading_begins(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"{'é' * (number % 90)}{number}\n" for number in range(4000)), encoding="utf-8")
    whole = list(pieces_of(path))
    assert "".join(piece.text for piece in whole) == path.read_text(encoding="utf-8")
    assert [piece.is_start for piece in whole] == [True] + [False] * (len(whole) - 1)
    assert all(piece.text.endswith("\n") and len(piece.text.encode()) <= PIECE_BYTES for piece in whole)
    assert list(pieces_of(path, whole[2].place)) == whole[2:]


def test_a_text_without_lines_is_cut_between_characters(tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    path.write_text("a" + "é" * PIECE_BYTES, encoding="utf-8")
    whole = list(pieces_of(path))
    assert [len(piece.text.encode()) for piece in whole] == [65_535, 65_536, 2]
    assert "".join(piece.text for piece in whole) == path.read_text(encoding="utf-8")


def test_a_last_line_without_a_break_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "one"}\n\n{"text": "two"}')
    assert list(pieces_of(path)) == [Piece("one", True, Place(0, 0)), Piece("two", True, Place(20, 2))]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"text": "cut off', r"a.jsonl line 3: no JSON \(Unterminated string.*\); mend or remove it"),
        (b"[1, 2]", "a.jsonl line 3: list instead of an object with the field 'text'"),
        (b'{"content": "x"}', "a.jsonl line 3: there is no field 'text'"),
        (b'{"text": 7}', "a.jsonl line 3: 'text' is 7, not text"),
        (b'{"text": "\xff"}', "a.jsonl line 3: no UTF-8 text"),
        (b"[" * 100_000, r"a.jsonl line 3: no JSON \(nested too deeply\)"),
    ],
)
def test_a_wrong_line_is_named_and_those_before_it_are_read(tmp_path: Path, line: bytes, words: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(ROWS[:62] + line + b"\n" + ROWS)
    reading = pieces_of(path)
    assert [next(reading).text, next(reading).text] == ["text 0", "text 1"]
    with pytest.raises(bv.UsageError, match=words):
        next(reading)


def test_bytes_that_are_no_text_are_named_by_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\nthr\xffe\n")
    with pytest.raises(bv.UsageError, match=r"a\.txt line 3: no UTF-8 text"):
        list(pieces_of(path))


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_file_that_ends_too_early_is_named_with_its_last_whole_line(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, ROWS * 20)
    path.write_bytes(path.read_bytes()[:-100])
    read: list[Piece] = []
    with pytest.raises(bv.UsageError, match="ends too early; its last whole line is") as refused:
        read.extend(pieces_of(path))
    assert f"its last whole line is {len(read):,};" in str(refused.value)
    assert name in str(refused.value) and len(read) > 5_000


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_file_that_is_not_what_its_name_says_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ROWS)
    with pytest.raises(bv.UsageError, match=rf"{name} is damaged \(.*its last whole line is 0"):
        list(pieces_of(tmp_path / name))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match=r"gone.txt cannot be read \(no such file"):
        list(pieces_of(tmp_path / "gone.txt"))


def test_zstandard_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "a.jsonl.zst", ROWS)

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(text_files.sys, "version_info", (3, 11))
    monkeypatch.setattr(text_files.importlib, "import_module", missing)
    with pytest.raises(bv.UsageError, match=r"a.jsonl.zst is packed with Zstandard.*pip install 'belvedere\[zstd\]'"):
        list(pieces_of(path))
