"""The real benchmarks whose files are in a folder: MMLU, ARC-Easy, GSM8K, HumanEval, as JSON lines, also gzipped.

`$BELVEDERE_TASKS_DIR` or `--tasks DIR` names the folder; nothing is downloaded, and what is not there is not scored.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

import belvedere as bv
from belvedere.recipes.chat.text_tokens import TextTokens
from belvedere.recipes.corpora.json_lines import ENDINGS, found_in
from belvedere.recipes.tasks import gsm8k, human_eval, multiple_choice
from belvedere.recipes.tasks.asking import ChoiceTask, Task, WritingTask

FOLDER_VARIABLE = "BELVEDERE_TASKS_DIR"
FILES = {  # by task: what its file may be called
    "mmlu": ("mmlu", "mmlu_test"),
    "arc_easy": ("arc_easy", "ARC-Easy-Test", "arc_easy_test"),
    "gsm8k": ("gsm8k", "gsm8k_test"),
    "humaneval": ("humaneval", "HumanEval"),
}
LIMIT = 400  # problems of a task: an interval of ±0.05 at 0.5
P = TypeVar("P")


@dataclass(frozen=True)
class Benchmarks:
    """The tasks to score, and what there is to say about them: what was found, what was left out and why."""

    tasks: tuple[Task, ...]
    said: tuple[str, ...]


def folder_of(given: str | None) -> Path | None:
    """What was said, else $BELVEDERE_TASKS_DIR; None where neither names one."""
    named = given or os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None


def benchmarks(
    folder: Path, tokens: object, *, new_tokens: int, limit: int | None = LIMIT, may_run_code: bool = False
) -> Benchmarks:
    """Up to `limit` problems of each task, spread evenly over its file; a written answer may have `new_tokens`.
    UsageError for a folder with none of them, a line that is no problem, or tokens that cannot spell them."""
    found = _files(folder)
    if not isinstance(tokens, TextTokens):
        raise bv.UsageError(f"the tokens of generated sums cannot spell {', '.join(found)}; leave --tasks out, or take "
                            "a preset that is trained on text")  # fmt: skip
    tasks, said = list[Task](), list[str]()
    for name, path in found.items():
        if name == "humaneval" and not may_run_code:
            said.append("humaneval: left out, judging it runs what the model wrote; pass --run-code to allow that")
            continue
        task, there = _task(name, path, tokens, new_tokens, limit)
        tasks.append(task)
        said.append(f"{name}: {len(task.problems):,} of {there:,} problems in {path}")
    return Benchmarks(tuple(tasks), tuple(said))


def _files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise bv.UsageError(f"there is no folder {folder}; name the one that holds the benchmarks' files")
    found = {name: path for name, names in FILES.items() if (path := found_in(folder, names)) is not None}
    if not found:
        raise bv.UsageError(f"none of {', '.join(FILES)} ({', '.join(ENDINGS)}) is in {folder}; put their files there, "
                            "or leave --tasks out")  # fmt: skip
    return found


def _task(
    name: str, path: Path, tokens: TextTokens, new_tokens: int, limit: int | None
) -> tuple[ChoiceTask | WritingTask, int]:
    """The task, and how many problems its file has."""
    if name in ("mmlu", "arc_easy"):
        choices = multiple_choice.mmlu(path) if name == "mmlu" else multiple_choice.arc(path)
        some = _spread(choices, limit, path)
        return ChoiceTask(name, tuple(one.choice(tokens) for one in some)), len(choices)
    read = gsm8k.gsm8k if name == "gsm8k" else human_eval.human_eval
    written: Sequence[gsm8k.Problem | human_eval.Problem] = read(path)
    some_written = _spread(written, limit, path)
    return WritingTask(name, tuple(one.exercise(tokens) for one in some_written), new_tokens), len(written)


def _spread(problems: Sequence[P], limit: int | None, path: Path) -> list[P]:
    """Evenly over the file, which may be sorted by subject."""
    if not problems:
        raise bv.UsageError(f"{path} holds no problems; fetch it again, or remove it")
    if limit is None or limit >= len(problems):
        return list(problems)
    return [problems[place] for place in np.linspace(0, len(problems) - 1, limit).astype(int)]
