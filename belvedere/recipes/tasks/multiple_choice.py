"""MMLU and ARC-Easy from their JSON lines, asked as nanochat asks: options before their letters, the likeliest letter.

    mmlu.jsonl       {"question": …, "choices": [4 texts], "answer": 0 … 3}, as in cais/mmlu
    arc_easy.jsonl   {"question": …, "choices": {"text": […], "label": […]}, "answerKey": "A"} as in allenai/ai2_arc, or
                     {"question": {"stem": …, "choices": [{"text": …, "label": …}]}, "answerKey": "A"} as released

The letter is asked for behind "Answer: ", where a model that was taught rationales first puts it as well.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from belvedere.recipes.chat.text_tokens import ANSWER_WORD, TextTokens
from belvedere.recipes.corpora.json_lines import Line, json_lines, shortened
from belvedere.recipes.tasks.asking import Choice

LETTERS = "ABCDEFGH"
REQUEST = "Respond only with the letter of the correct answer."


@dataclass(frozen=True)
class Problem:
    """`right` is the place of the right one among the `options`."""

    question: str
    options: tuple[str, ...]
    right: int

    def choice(self, tokens: TextTokens) -> Choice:
        """In tokens."""
        letters = LETTERS[: len(self.options)]
        asked = tokens.choices(self.question, self.options, request=REQUEST, letters=letters)
        prompt = np.concatenate([asked, tokens.text(ANSWER_WORD)])
        return Choice(prompt, np.concatenate([tokens.letter(letter) for letter in letters]), self.right)


def mmlu(path: Path) -> list[Problem]:
    """UsageError names the line that is no problem of MMLU."""
    return [_mmlu(line) for line in json_lines(path)]


def arc(path: Path) -> list[Problem]:
    """UsageError names the line that is no problem of ARC."""
    return [_arc(line) for line in json_lines(path)]


def _mmlu(line: Line) -> Problem:
    options, right = line.texts("choices"), line.whole("answer")
    return _checked(line, Problem(line.text("question"), options, right), f"'answer' is {right}")


def _arc(line: Line) -> Problem:
    key = line.text("answerKey")
    if isinstance(line.fields.get("question"), dict):  # as first released
        asked = line.inside("question")
        each = asked.objects("choices")
        question, options = asked.text("stem"), tuple(one.text("text") for one in each)
        labels = tuple(one.text("label") for one in each)
    else:
        choices = line.inside("choices")
        question, options, labels = line.text("question"), choices.texts("text"), choices.texts("label")
    if len(labels) != len(options):
        raise line.refusal(f"there are {len(options)} options and {len(labels)} labels")
    right = labels.index(key) if key in labels else -1
    return _checked(line, Problem(question, options, right), f"'answerKey' is {shortened(repr(key))}")


def _checked(line: Line, problem: Problem, answer: str) -> Problem:
    if not 2 <= len(problem.options) <= len(LETTERS):
        raise line.refusal(f"there are {len(problem.options)} options, not 2 to {len(LETTERS)}")
    if not 0 <= problem.right < len(problem.options):
        raise line.refusal(f"{answer}, which is none of the {len(problem.options)} options")
    if not problem.question.strip():
        raise line.refusal("the question is empty")
    return problem
