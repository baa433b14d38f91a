"""HumanEval from its JSON lines: a function to complete, judged by running its tests.

humaneval.jsonl   {"task_id": …, "prompt": …, "canonical_solution": …, "test": …, "entry_point": …}
"""

import re
from dataclasses import dataclass
from pathlib import Path

from belvedere.recipes.chat.text_tokens import TextTokens
from belvedere.recipes.corpora.json_lines import Line, json_lines, shortened
from belvedere.recipes.tasks.asking import Exercise
from belvedere.recipes.tasks.running import runs_through

FENCED = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:\n```|\Z)", re.DOTALL)
IMPORT = re.compile(r"^(?:import|from) .+$", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """`prompt` ends with a docstring, `test` defines check(candidate), `entry_point` is the function's name."""

    prompt: str
    test: str
    entry_point: str

    def exercise(self, tokens: TextTokens) -> Exercise:
        """In tokens; judging it runs what the model wrote."""
        return Exercise(tokens.asked(self.prompt.rstrip()), self.is_right)

    def is_right(self, text: str) -> bool:
        """Whether the tests pass."""
        return runs_through(self.program(text))

    def program(self, text: str) -> str:
        """What is run: the code in a text, as a whole function or as the prompt's continuation, and the tests."""
        fenced = FENCED.search(text)
        code = fenced.group(1) if fenced else text
        if re.search(rf"^def {re.escape(self.entry_point)}\b", code, re.MULTILINE):
            written = "\n".join(IMPORT.findall(self.prompt)) + "\n\n" + code
        else:
            written = self.prompt + code
        return f"{written}\n\n{self.test}\n\ncheck({self.entry_point})\n"


def human_eval(path: Path) -> list[Problem]:
    """UsageError names the line that is no problem of HumanEval."""
    return [_problem(line) for line in json_lines(path)]


def _problem(line: Line) -> Problem:
    name = line.text("entry_point")
    if not name.isidentifier():
        raise line.refusal(f"'entry_point' is {shortened(repr(name))}, not the name of a function")
    if f"def {name}" not in line.text("prompt"):
        raise line.refusal(f"'prompt' defines no {name}")
    if "def check" not in line.text("test"):
        raise line.refusal("'test' defines no check(candidate)")
    return Problem(line.text("prompt"), line.text("test"), name)
