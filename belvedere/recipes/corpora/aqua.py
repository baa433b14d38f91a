"""AQuA-RAT: multiple-choice word problems with rationales; and sums in the same schema, for when it is not there.

    {"question": "7+5=?", "options": ["A)11", "B)12", "C)4", "D)20", "E)-3"],
     "rationale": "7+5=12\\n12=B", "correct": "B"}

`$AQUA_DATA_DIR` is a folder with train, dev (or validation) and test as .json or .jsonl, also gzipped. The set is by
Ling, Yogatama, Dyer and Blunsom, "Program Induction by Rationale Generation" (2017, arXiv 1705.04146), Apache-2.0.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import belvedere as bv
from belvedere.recipes.corpora.download import downloaded
from belvedere.recipes.corpora.json_lines import ENDINGS, Line, found_in, json_lines, shortened
from belvedere.recipes.corpora.sums import ANSWER, LETTERS, Question, questions

FOLDER_VARIABLE = "AQUA_DATA_DIR"
NAMES = {"train": ("train",), "dev": ("dev", "validation"), "test": ("test",)}  # of a split's file
SPLIT_OF = {name: split for split, names in NAMES.items() for name in names}
ADDRESS = "https://raw.githubusercontent.com/google-deepmind/AQuA/26b64ed/{split}.json"
OFFICIAL = {  # sha256 of the released files; that of train.json was never at hand
    "dev": "4a52301d8a49ae0b286f8e697f9c5da1b109b247b825b47b4c6de34312dceec5",
    "test": "de41581881ef95c5588c44ddc701c77fd480839241dd422a0d181262af24520c",
}
GENERATED = {"train": 2000, "dev": 256, "test": 256}  # rows, unless others are asked for
SEED_OF = {"train": 11, "dev": 12, "test": 13}  # no split asks another's questions in the same words
CHANCE = 1 / len(LETTERS)


@dataclass(frozen=True)
class Row:
    """One problem: five `options` such as "A)11", `correct` the letter of the right one."""

    question: str
    options: tuple[str, ...]
    rationale: str
    correct: str

    def choice(self, letter: str) -> str:
        """An option without its letter: 11 for "A"."""
        return self.options[LETTERS.index(letter)].partition(")")[2].strip()


@dataclass(frozen=True)
class Rows:
    """The rows of a split. `origin` is "official" (a file with the released checksum), "unknown" (any other file) or
    "generated"; `said` tells it in a sentence that belongs on the console and in a run's config."""

    split: str
    rows: tuple[Row, ...]
    origin: str
    said: str

    @property
    def is_generated(self) -> bool:
        """Whether these are sums instead of AQuA-RAT."""
        return self.origin == "generated"


# ---------------------------------------------------------------------------------------------------------------------
# Where rows come from


def aqua_rows(
    split: str, folder: Path | None = None, *, may_download: bool = False, generated: int | None = None, seed: int = 0
) -> Rows:
    """Rows from `folder` (else $AQUA_DATA_DIR); else from the official address, if that is allowed; else generated.
    A folder that was named and lacks the split is an error: nothing else is put in its place."""
    if split not in SPLIT_OF:
        raise bv.UsageError(f"there is no split {split!r} of AQuA-RAT; take one of {', '.join(SPLIT_OF)}")
    split = SPLIT_OF[split]
    if folder is None and os.environ.get(FOLDER_VARIABLE):
        folder = Path(os.environ[FOLDER_VARIABLE])
    if folder is not None:
        return rows_of_file(_file_of(split, folder), split)
    if may_download:
        return rows_of_file(downloaded(ADDRESS.format(split=split), cache(), sha256=OFFICIAL.get(split)), split)
    count = GENERATED[split] if generated is None else generated
    said = (f"{count:,} generated sums in the schema of AQuA-RAT ({split}), not AQuA-RAT itself: "
            f"set {FOLDER_VARIABLE} to a folder that has it, or pass --download")  # fmt: skip
    return Rows(split, generated_rows(count, seed=(seed, SEED_OF[split])), "generated", said)


def rows_of_file(path: Path, split: str) -> Rows:
    """All rows of a file of JSON lines, each checked."""
    rows = tuple(row_of_line(line) for line in json_lines(path))
    if not rows:
        raise bv.UsageError(f"{path} holds no rows; fetch it again")
    name = {"dev": "validation"}.get(split, split)
    if checksum(path) == OFFICIAL.get(split):
        return Rows(split, rows, "official", f"{len(rows):,} rows of AQuA-RAT ({name}), the official file: {path}")
    why = "it has another checksum than the released one" if split in OFFICIAL else "no checksum of it is known"
    return Rows(split, rows, "unknown", f"{len(rows):,} rows ({name}) of {path}; {why}")


def row_of_line(line: Line) -> Row:
    """A row, or a UsageError that says what is wrong with the line."""
    options, correct = line.texts("options"), line.text("correct")
    if len(options) != len(LETTERS):
        raise line.refusal(f"there are {len(options)} options, not {len(LETTERS)}")
    for letter, option in zip(LETTERS, options, strict=True):
        if not option.startswith(f"{letter})"):
            raise line.refusal(f"option {shortened(repr(option))} does not begin with {letter})")
    if correct not in tuple(LETTERS):
        raise line.refusal(f"'correct' is {shortened(repr(correct))}, not one of {', '.join(LETTERS)}")
    if not (question := line.text("question")).strip():
        raise line.refusal("the question is empty")
    return Row(question, options, line.text("rationale"), correct)


def checksum(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def cache() -> Path:
    """Where downloads are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "belvedere" / "aqua"


def _file_of(split: str, folder: Path) -> Path:
    if not folder.is_dir():
        raise bv.UsageError(f"there is no folder {folder}; set {FOLDER_VARIABLE} to the one with AQuA-RAT's files")
    if (path := found_in(folder, NAMES[split])) is not None:
        return path
    there = [one for one, names in NAMES.items() if found_in(folder, names)]
    raise bv.UsageError(
        f"no {' or '.join(NAMES[split])} file ({', '.join(ENDINGS)}) in {folder}, which has "
        f"{', '.join(there) or 'none of the splits'}; fetch {ADDRESS.format(split=split)} into it, or name another"
    )


# ---------------------------------------------------------------------------------------------------------------------
# Sums as rows


def generated_rows(count: int, *, seed: Sequence[int]) -> tuple[Row, ...]:
    """`count` sums; the same seed gives the same."""
    return tuple(row_of(question) for question in questions(count, seed=seed))


def row_of(question: Question) -> Row:
    """A sum in the schema of AQuA-RAT."""
    asked = f"{question.left}{question.sign}{question.right}"
    options = tuple(f"{letter}){option}" for letter, option in zip(LETTERS, question.options, strict=True))
    rationale = f"{asked}={question.result}\n{question.result}={question.correct}"
    return Row(f"{asked}=?", options, rationale, question.correct)


def question_of(row: Row) -> Question:
    """The sum that a row of `row_of` asks; UsageError for any other row."""
    for sign in "+-":
        left, found, right = row.question.removesuffix("=?").partition(sign)
        numbers = [left, right, *map(row.choice, LETTERS)]
        if found and all(number.removeprefix("-").isdecimal() for number in numbers):
            question = Question(int(left), sign, int(right), tuple(map(int, numbers[2:])))
            if question.result in question.options and row_of(question) == row:
                return question
    raise bv.UsageError(f"{shortened(repr(row.question))} is no sum of two numbers with whole options; "
                        "train on AQuA-RAT with text tokens instead")  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# What an answer earns, and what knowing nothing earns


def named_letter(answer: str) -> str | None:
    """The letter behind the last "Answer: ". Upper-case only, and no bare letters: the article "a" is no answer."""
    named = ANSWER.findall(answer)
    return str(named[-1]) if named else None


def reward(answer: str, row: Row) -> float:
    """1 when an answer names the right letter, else 0."""
    return float(named_letter(answer) == row.correct)


def letter_baselines(rows: Sequence[Row]) -> dict[str, float]:
    """By letter: the share of rows that always naming it gets right."""
    counts = Counter(row.correct for row in rows)
    return {letter: counts[letter] / len(rows) for letter in LETTERS}
