"""The real benchmarks' files, in the schemas of their releases; rows of our own."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import torch

import belvedere as bv
from belvedere.recipes.chat.text_tokens import text_tokens
from belvedere.recipes.models.gpt import GPT, GPTShape
from belvedere.recipes.tasks import human_eval, multiple_choice
from belvedere.recipes.tasks.asking import ChoiceTask, scores
from belvedere.recipes.tasks.benchmarks import FOLDER_VARIABLE, benchmarks, folder_of
from belvedere.recipes.tasks.gsm8k import final_number, gsm8k

TOKENS = text_tokens([])
MMLU = {"question": "What is 2+2?", "subject": "sums", "choices": ["3", "4", "5", "6"], "answer": 1}
ARC = {
    "id": "1",
    "question": "What is hot?",
    "choices": {"text": ["ice", "fire"], "label": ["1", "2"]},
    "answerKey": "2",
}
ARC_FIRST = {
    "id": "1", "answerKey": "B",
    "question": {"stem": "What is hot?", "choices": [{"text": "ice", "label": "A"}, {"text": "fire", "label": "B"}]},
}  # fmt: skip
GSM8K = {"question": "3 apples and 4 pears?", "answer": "3+4=<<3+4=7>>7\n#### 7"}
HUMAN_EVAL = {
    "task_id": "HumanEval/0", "entry_point": "add", "canonical_solution": "    return a + b\n",
    "prompt": 'from math import floor\n\n\ndef add(a, b):\n    """Add."""\n',
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
}  # fmt: skip


def written(folder: Path, name: str, *rows: object) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_problem_of_mmlu_and_both_forms_of_arc_are_read(tmp_path: Path) -> None:
    [problem] = multiple_choice.mmlu(written(tmp_path, "mmlu.jsonl", MMLU))
    assert problem == multiple_choice.Problem("What is 2+2?", ("3", "4", "5", "6"), 1)
    first, later = multiple_choice.arc(written(tmp_path, "arc.jsonl", ARC_FIRST, ARC))
    assert first == later == multiple_choice.Problem("What is hot?", ("ice", "fire"), 1)
    choice = later.choice(TOKENS)
    assert TOKENS.decode(choice.prompt) == (
        "<user>What is hot?\n- ice=A\n- fire=B\nRespond only with the letter of the correct answer.<assistant>Answer: "
    )
    assert (choice.letters.tolist(), choice.right) == ([ord("A"), ord("B")], 1)


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("mmlu", MMLU | {"answer": 4}, "'answer' is 4, which is none of the 4 options"),
        ("mmlu", MMLU | {"answer": "B"}, "'answer' is 'B', not a whole number"),
        ("mmlu", {"question": "?"}, "there is no field 'choices' (fields: 'question')"),
        ("arc_easy", ARC | {"answerKey": "C"}, "'answerKey' is 'C', which is none of the 2 options"),
        ("arc_easy", ARC | {"choices": {"text": ["a"], "label": ["1", "2"]}}, "there are 1 options and 2 labels"),
        ("arc_easy", ARC | {"choices": {"text": ["a"], "label": ["2"]}}, "there are 1 options, not 2 to 8"),
        ("gsm8k", GSM8K | {"answer": "7"}, "'answer' has no number behind ####"),
        ("humaneval", HUMAN_EVAL | {"entry_point": "sub"}, "'prompt' defines no sub"),
        ("humaneval", HUMAN_EVAL | {"entry_point": "os.system('x')"}, "'entry_point' is"),
        ("humaneval", HUMAN_EVAL | {"test": ""}, "'test' defines no check(candidate)"),
    ],
)
def test_a_line_that_is_no_problem_is_named(tmp_path: Path, name: str, row: dict[str, object], said: str) -> None:
    good = {"mmlu": MMLU, "arc_easy": ARC, "gsm8k": GSM8K, "humaneval": HUMAN_EVAL}[name]
    path = written(tmp_path, f"{name}.jsonl", good, row)
    with pytest.raises(bv.UsageError) as refused:
        benchmarks(tmp_path, TOKENS, new_tokens=8, may_run_code=True)
    assert str(refused.value).startswith(f"{path} line 2: {said}")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("#### 1,234", "1234"), ("5 #### -3.50 and 9", "-3.5"), ("so 3 + 4 = $7.", "7"), ("#### 1 … #### 2", "2"),
        ("none", None), ("", None),
    ],
)  # fmt: skip
def test_the_final_number_is_behind_the_mark_or_the_last(text: str, number: str | None) -> None:
    assert final_number(text) == (None if number is None else Decimal(number))


def test_a_number_is_right_however_it_is_written(tmp_path: Path) -> None:
    [problem] = gsm8k(written(tmp_path, "gsm8k.jsonl", GSM8K | {"answer": "#### 1,200"}))
    assert [problem.is_right(text) for text in ("#### 1200.0", "it is 1,200", "1200 or 3", "")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("    return floor(a + b)\n", True),  # goes on behind the prompt
        (
            "Sure:\n```python\ndef add(a, b):\n    return floor(a + b)\n```\nas asked",
            True,
        ),  # keeps the prompt's imports
        ("    return a - b\n", False),
        ("    import os\n    os._exit(0)\n", False),  # leaves before the tests
        ("this is no code", False),
    ],
)
def test_code_is_right_when_its_tests_run_through(tmp_path: Path, text: str, is_right: bool) -> None:
    [problem] = human_eval.human_eval(written(tmp_path, "humaneval.jsonl", HUMAN_EVAL))
    assert problem.is_right(text) is is_right


def test_what_is_there_is_scored_and_code_is_run_only_when_allowed(tmp_path: Path) -> None:
    written(tmp_path, "mmlu.jsonl", *[MMLU] * 7)
    written(tmp_path, "ARC-Easy-Test.jsonl", ARC)
    written(tmp_path, "gsm8k.jsonl", GSM8K)
    written(tmp_path, "humaneval.jsonl", HUMAN_EVAL)
    found = benchmarks(tmp_path, TOKENS, new_tokens=4, limit=5)
    assert found.said == (
        f"mmlu: 5 of 7 problems in {tmp_path / 'mmlu.jsonl'}",
        f"arc_easy: 1 of 1 problems in {tmp_path / 'ARC-Easy-Test.jsonl'}",
        f"gsm8k: 1 of 1 problems in {tmp_path / 'gsm8k.jsonl'}",
        "humaneval: left out, judging it runs what the model wrote; pass --run-code to allow that",
    )
    torch.manual_seed(0)
    given = scores(GPT(GPTShape(TOKENS.vocab, 1, 1, 1, 16, 160)), TOKENS, found.tasks)
    assert {name: (score.asked, score.chance) for name, score in given.items()} == {
        "mmlu": (5, 0.25), "arc_easy": (1, 0.5), "gsm8k": (1, 0),
    }  # fmt: skip
    allowed = benchmarks(tmp_path, TOKENS, new_tokens=4, may_run_code=True)
    assert [task.name for task in allowed.tasks] == ["mmlu", "arc_easy", "gsm8k", "humaneval"]


def test_a_limit_takes_problems_from_the_whole_file(tmp_path: Path) -> None:
    written(tmp_path, "mmlu.jsonl", *[MMLU | {"answer": number % 4} for number in (0, 1, 2, 3, 0, 1, 2)])
    [task] = benchmarks(tmp_path, TOKENS, new_tokens=4, limit=3).tasks
    assert isinstance(task, ChoiceTask)
    assert [one.right for one in task.problems] == [0, 3, 2]


def test_an_empty_folder_a_missing_one_and_tokens_that_cannot_spell_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(bv.UsageError, match="there is no folder"):
        benchmarks(tmp_path / "none", TOKENS, new_tokens=4)
    with pytest.raises(bv.UsageError, match="none of mmlu, arc_easy, gsm8k, humaneval"):
        benchmarks(tmp_path, TOKENS, new_tokens=4)
    written(tmp_path, "mmlu.jsonl", MMLU)
    with pytest.raises(bv.UsageError, match="the tokens of generated sums cannot spell mmlu;"):
        benchmarks(tmp_path, object(), new_tokens=4)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert (folder_of(None), folder_of("x")) == (tmp_path, Path("x"))
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert folder_of(None) is None
