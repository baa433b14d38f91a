"""JSON lines: what they hold, and that whatever is wrong with them is said with its file and line."""

import gzip
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.corpora.json_lines import Line, found_in, json_lines


def written(folder: Path, content: bytes, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(bv.UsageError) as refused:
        list(json_lines(path))
    return str(refused.value).replace(str(path), path.name)


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.jsonl.gz"])
def test_objects_come_in_order_with_the_numbers_of_their_lines(tmp_path: Path, name: str) -> None:
    content = b'\xef\xbb\xbf{"a": 1}\n\n{"a": "\xc3\xa9"}\r\n'  # a byte-order mark, an empty line, no end of UNIX
    path = written(tmp_path, gzip.compress(content) if name.endswith(".gz") else content, name)
    assert [(line.number, line.fields) for line in json_lines(path)] == [(1, {"a": 1}), (3, {"a": "é"})]
    assert found_in(tmp_path, ("other", "rows")) == path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"a": \n', "rows.jsonl line 2: no JSON (Expecting value, column 6); mend or remove it"),
        (b"[1, 2]\n", "rows.jsonl line 1: [1, 2] is no JSON object;"),
        (b'{"a": 1}\n\xff\n', "rows.jsonl line 2: no UTF-8 text (invalid start byte);"),
        (b"[" * 100_000 + b"\n", "rows.jsonl line 1: no JSON (nested too deeply);"),
        (b"version https://git-lfs.github.com/spec/v1\n", "rows.jsonl is a Git LFS pointer, not the file;"),
    ],
)
def test_what_is_no_json_is_named_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    assert refusal(written(tmp_path, content)).startswith(said)


def test_a_cut_gzip_file_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b'{"a": %d}\n' % number for number in range(9999)))
    assert refusal(written(tmp_path, whole[:-200], "rows.jsonl.gz")).startswith("rows.jsonl.gz cannot be read behind")
    assert refusal(written(tmp_path, b'{"a": 1}\n', "rows.json.gz")).startswith(
        "rows.json.gz cannot be read behind line 0"
    )
    assert refusal(tmp_path / "none.jsonl").startswith("none.jsonl cannot be read behind line 0 (No such file")


def test_a_field_of_another_type_is_named() -> None:
    line = Line(
        Path("rows.jsonl"),
        7,
        {"text": 3, "half": "a\ud83d", "list": ["a", 1], "flag": True, "one": {"x": "y"}, "many": [{}, 2]},
    )
    assert line.inside("one").text("x") == "y"
    for wrong, said in [
        (lambda: line.text("text"), "'text' is 3, not text;"),
        (lambda: line.text("half"), "'half' holds half of a character, 'a\\ud83d', which no text can;"),
        (lambda: line.texts("list"), "'list[1]' is 1, not text;"),
        (lambda: line.texts("one"), "'one' is {'x': 'y'}, not a list of texts;"),
        (lambda: line.whole("flag"), "'flag' is True, not a whole number;"),
        (lambda: line.objects("many"), "'many[1]' is 2, not an object;"),
        (lambda: line.inside("one").text("z"), "there is no field 'z' (fields: 'x');"),
    ]:
        with pytest.raises(bv.UsageError) as refused:
            wrong()
        assert str(refused.value).startswith(f"rows.jsonl line 7: {said}")
