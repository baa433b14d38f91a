"""GSM8K from its JSON lines: school problems whose answer is one number, written behind `####`.

gsm8k.jsonl   {"question": …, "answer": "… #### 72"}
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from belvedere.recipes.chat.text_tokens import TextTokens
from belvedere.recipes.corpora.json_lines import Line, json_lines
from belvedere.recipes.tasks.asking import Exercise

NUMBER = r"-?\$?\d[\d,]*(?:\.\d+)?"
MARKED = re.compile(rf"####\s*({NUMBER})")
ANY = re.compile(NUMBER)


@dataclass(frozen=True)
class Problem:
    """`number` is the right answer."""

    question: str
    number: Decimal

    def exercise(self, tokens: TextTokens) -> Exercise:
        """In tokens."""
        return Exercise(tokens.asked(self.question.strip()), self.is_right)

    def is_right(self, text: str) -> bool:
        """Whether a text ends in the number."""
        return final_number(text) == self.number


def gsm8k(path: Path) -> list[Problem]:
    """UsageError names the line that is no problem of GSM8K."""
    return [_problem(line) for line in json_lines(path)]


def final_number(text: str) -> Decimal | None:
    """The number behind the last ####; in a text without that mark the last number there is: who was never shown the
    mark can still be right. Commas and dollar signs do not count."""
    found = MARKED.findall(text) or ANY.findall(text)
    return Decimal(found[-1].replace(",", "").replace("$", "")) if found else None


def _problem(line: Line) -> Problem:
    question, answer = line.text("question"), line.text("answer")
    if not MARKED.search(answer):
        raise line.refusal("'answer' has no number behind ####")
    if not question.strip():
        raise line.refusal("the question is empty")
    number = final_number(answer)
    assert number is not None  # MARKED was found
    return Problem(question, number)
