"""AQuA-RAT: which rows are taken from where, what is refused, and what knowing nothing earns."""

import gzip
import json
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.corpora import aqua
from belvedere.recipes.corpora.aqua import (
    Row,
    aqua_rows,
    generated_rows,
    letter_baselines,
    named_letter,
    question_of,
    reward,
    row_of,
)
from belvedere.recipes.corpora.sums import Question

SUM = Question(7, "+", 5, (11, 12, 4, 20, -3))
ROW = Row("7+5=?", ("A)11", "B)12", "C)4", "D)20", "E)-3"), "7+5=12\n12=B", "B")
FIELDS: dict[str, object] = {
    "question": "How far?", "options": ["A)1 km", "B) 2 km", "C)3", "D)4", "E)None"],
    "rationale": "So B.", "correct": "B",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_folder_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(aqua.FOLDER_VARIABLE, raising=False)


def written(folder: Path, name: str, *rows: object) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return folder


def test_a_sum_becomes_a_row_and_a_sum_again() -> None:
    assert row_of(SUM) == ROW
    assert question_of(ROW) == SUM
    assert all(row_of(question_of(row)) == row for row in generated_rows(200, seed=(0,)))


@pytest.mark.parametrize("question", ["7+5", "How far?", "7+6=?", "7-5=?", "+5=?"])
def test_what_is_no_sum_is_not_taken_for_one(question: str) -> None:
    with pytest.raises(bv.UsageError, match="is no sum of two numbers"):
        question_of(Row(question, ROW.options, ROW.rationale, ROW.correct))


@pytest.mark.parametrize("name", ["dev.json", "validation.jsonl", "dev.jsonl.gz"])
def test_rows_come_from_the_folder_under_any_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(aqua.FOLDER_VARIABLE, str(written(tmp_path, name, FIELDS)))
    found = aqua_rows("validation")
    assert found.rows == (Row("How far?", ("A)1 km", "B) 2 km", "C)3", "D)4", "E)None"), "So B.", "B"),)
    assert (found.split, found.origin, found.is_generated) == ("dev", "unknown", False)
    assert found.said == f"1 rows (validation) of {tmp_path / name}; it has another checksum than the released one"
    assert [found.rows[0].choice(letter) for letter in "ABE"] == ["1 km", "2 km", "None"]


def test_the_released_file_is_known_by_its_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "test.json", FIELDS) / "test.json"
    monkeypatch.setitem(aqua.OFFICIAL, "test", aqua.checksum(path))
    found = aqua_rows("test", tmp_path)
    assert (found.origin, found.said) == ("official", f"1 rows of AQuA-RAT (test), the official file: {path}")


def test_generated_rows_say_that_they_are_generated_and_splits_differ() -> None:
    splits = [aqua_rows(split, generated=50, seed=3) for split in ("train", "dev", "test")]
    assert all(found.is_generated and len(found.rows) == 50 for found in splits)
    assert splits[0].said.startswith(
        "50 generated sums in the schema of AQuA-RAT (train), not AQuA-RAT itself: set AQUA"
    )
    assert len({row for found in splits for row in found.rows}) == 150
    assert aqua_rows("dev", generated=50, seed=3) == splits[1]


def test_a_folder_without_the_split_is_an_error_and_nothing_is_generated(tmp_path: Path) -> None:
    written(tmp_path, "dev.json", FIELDS)
    with pytest.raises(bv.UsageError, match=r"no train file .* which has dev; fetch https://\S+/train.json into it"):
        aqua_rows("train", tmp_path)
    with pytest.raises(bv.UsageError, match="there is no folder"):
        aqua_rows("train", tmp_path / "none")
    with pytest.raises(bv.UsageError, match=r"there is no split 'trian' of AQuA-RAT; take one of train, dev"):
        aqua_rows("trian")
    (tmp_path / "test.json").write_text("\n")
    with pytest.raises(bv.UsageError, match="holds no rows"):
        aqua_rows("test", tmp_path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"options": ["A)1", "B)2"]}, "there are 2 options, not 5"),
        ({"options": ["A)1", "C)2", "B)3", "D)4", "E)5"]}, "option 'C)2' does not begin with B)"),
        ({"options": "A)1"}, "'options' is 'A)1', not a list of texts"),
        ({"correct": "b"}, "'correct' is 'b', not one of A, B, C, D, E"),
        ({"correct": "AB"}, "'correct' is 'AB', not one of"),
        ({"correct": 1}, "'correct' is 1, not text"),
        ({"question": " "}, "the question is empty"),
        ({"rationale": None}, "'rationale' is None, not text"),
    ],
)
def test_a_row_that_is_wrong_is_named_with_its_line(tmp_path: Path, wrong: dict[str, object], said: str) -> None:
    written(tmp_path, "dev.json", FIELDS, FIELDS | wrong)
    with pytest.raises(bv.UsageError) as refused:
        aqua_rows("dev", tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'dev.json'} line 2: {said}")


@pytest.mark.parametrize(
    ("answer", "letter"),
    [("so\nAnswer: B", "B"), ("Answer: B … Answer: C", "C"), ("answer: b", None), ("a B", None), ("Answer:B", None)],
)
def test_an_answer_is_the_last_letter_behind_the_word(answer: str, letter: str | None) -> None:
    assert named_letter(answer) == letter
    assert reward(answer, ROW) == float(letter == "B")


def test_always_one_letter_gets_its_share_right() -> None:
    rows = [Row("?", ROW.options, "", letter) for letter in "AABE"]
    assert letter_baselines(rows) == {"A": 0.5, "B": 0.25, "C": 0, "D": 0, "E": 0.25}
