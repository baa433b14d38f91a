"""What the stages learn from: practice (mid), answers to imitate (sft), questions (rl), and what none of them sees.

The lesson of a step depends on (seed, step) only, so a resumed or a split run sees exactly the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

import belvedere as bv
from belvedere.recipes.chat.dialogue import Batch, ChatTokens, dialogues
from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.chat.sum_tokens import PROMPT_TOKENS, SumTokens
from belvedere.recipes.chat.text_tokens import TextTokens, fitting
from belvedere.recipes.corpora.aqua import Row, aqua_rows, generated_rows, row_of
from belvedere.recipes.corpora.sums import LETTERS, Sums, drawn, noisy_places

SEED_OF = {"mid": 1, "sft": 2, "rl": 3, "held out": 4, "sums": 5}  # no stage sees another's questions
REPEAT_STEPS = 80  # of mid-training on sums, to begin with: look-ups then are learned within 40 more
TEXT_SUMS = 20_000  # generated rows beside AQuA-RAT in mid-training


@dataclass(frozen=True)
class Practice:
    """A batch of mid-training, and how many examples of which data set have been seen with it."""

    batch: Batch
    seen: dict[str, int]


class Lessons(Protocol):
    """A source of everything that is learned and asked."""

    said: str  # what it is, for the console and the run's config
    held_out: tuple[Row, ...]  # always the same, in no stage's lessons
    sizes: dict[str, int | None]  # examples of each data set of the mixture; None is without end

    def practice(self, step: int) -> Practice:
        """What mid-training predicts."""

    def answers(self, step: int) -> Batch:
        """Answers to imitate, as noisy as the settings say."""

    def questions(self, step: int) -> list[Row]:
        """What is asked in a step of reinforcement learning."""

    def held_out_practice(self) -> Batch:
        """Practice that no stage sees."""


class SumLessons:
    """Sums without end, in tokens of their own."""

    def __init__(self, settings: Settings, tokens: SumTokens) -> None:
        self.sizes: dict[str, int | None] = {"repeats": None, "look_ups": None}
        self._settings, self._tokens = settings, tokens
        self.held_out = generated_rows(settings.eval_questions, seed=(settings.seed, SEED_OF["held out"]))
        self.said = "sums of two numbers with five options each, drawn without end; letters of options to look up"

    def practice(self, step: int) -> Practice:
        """(B, 39): repeats at first, then look-ups and a sum per sequence."""
        random, count = self._random("mid", step), self._settings.batch
        seen = {"repeats": min(step + 1, REPEAT_STEPS) * count, "look_ups": max(step + 1 - REPEAT_STEPS, 0) * count}
        if step < REPEAT_STEPS:
            ids, is_asked = self._tokens.repeats(random, count)
            return Practice(Batch(torch.from_numpy(ids), torch.from_numpy(is_asked)), seen)
        return Practice(self._practice(drawn(random, count), random), seen)

    def answers(self, step: int) -> Batch:
        """(B, 32) questions with answers, of which a share of `noise` argue for an option at random."""
        random, tokens = self._random("sft", step), self._tokens
        sums = drawn(random, self._settings.batch)
        places = noisy_places(sums.places, random, noise=self._settings.noise)
        ids = np.concatenate([tokens.prompts(sums), tokens.answers(sums, places)], axis=1)
        is_asked = torch.arange(ids.shape[1]) >= PROMPT_TOKENS
        return Batch(torch.from_numpy(ids), is_asked.expand(ids.shape))

    def questions(self, step: int) -> list[Row]:
        """As rows."""
        return [row_of(one) for one in drawn(self._random("rl", step), self._settings.questions).questions()]

    def held_out_practice(self) -> Batch:
        """(E, 39)."""
        random = np.random.default_rng((self._settings.seed, SEED_OF["held out"]))
        return self._practice(drawn(random, self._settings.eval_questions), random)

    def _practice(self, sums: Sums, random: np.random.Generator) -> Batch:
        ids, is_asked = self._tokens.practice(sums, random)
        return Batch(torch.from_numpy(ids), torch.from_numpy(is_asked))

    def _random(self, stage: str, step: int) -> np.random.Generator:
        return np.random.default_rng((self._settings.seed, SEED_OF[stage], step))


class TextLessons:
    """Rows of AQuA-RAT as text; mid-training mixes them half and half with generated sums."""

    def __init__(self, settings: Settings, tokens: TextTokens) -> None:
        self._settings, self._tokens = settings, tokens
        folder = Path(settings.data) if settings.data else None
        splits = [aqua_rows(split, folder, may_download=settings.may_download, seed=settings.seed)
                  for split in (settings.train_split, settings.eval_split)]  # fmt: skip
        train, held_out = (fitting(tokens, rows.rows, context=settings.context) for rows in splits)
        asked = fitting(tokens, held_out.rows, context=settings.context, new_tokens=settings.new_tokens)
        to_ask = fitting(tokens, train.rows, context=settings.context, new_tokens=settings.new_tokens)
        self.said = "; ".join(
            f"{rows.said}: {which.said} {settings.context} tokens"
            for rows, which in zip(splits, (train, asked), strict=True)
        )
        for rows, which in zip(splits, (train, held_out), strict=True):
            if not which.rows:
                raise bv.UsageError(f"none of the {len(rows.rows):,} rows of {rows.split} fits --context "
                                    f"{settings.context} with its own answer; pass a larger --context")  # fmt: skip
        if not (to_ask.rows and asked.rows):
            raise bv.UsageError(f"no question fits {settings.context} tokens with {settings.new_tokens} to be written; "
                                "pass a larger --context or a smaller --new-tokens")  # fmt: skip
        self.held_out = asked.rows[: settings.eval_questions]
        self._sums = generated_rows(TEXT_SUMS, seed=(settings.seed, SEED_OF["sums"]))
        self._train, self._to_ask = train.rows, to_ask.rows
        self._name = "sums_of_train" if splits[0].is_generated else "aqua"
        self.sizes: dict[str, int | None] = {self._name: len(self._train), "sums": len(self._sums)}

    def practice(self, step: int) -> Practice:
        """Dialogues with right answers."""
        half = self._settings.batch // 2
        rows = [*self._taken("mid", self._train, step, self._settings.batch - half),
                *self._taken("sums", self._sums, step, half)]  # fmt: skip
        return Practice(self._right(rows), {self._name: (len(rows) - half) * (step + 1), "sums": half * (step + 1)})

    def answers(self, step: int) -> Batch:
        """Dialogues whose letter is wrong as often as `noise` says."""
        rows = self._taken("sft", self._train, step, self._settings.batch)
        random = np.random.default_rng((self._settings.seed, SEED_OF["sft"], step))
        right = np.array([LETTERS.index(row.correct) for row in rows])
        places = noisy_places(right, random, noise=self._settings.noise)
        return dialogues(self._tokens, rows, [LETTERS[place] for place in places])

    def questions(self, step: int) -> list[Row]:
        """Rows."""
        return self._taken("rl", self._to_ask, step, self._settings.questions)

    def held_out_practice(self) -> Batch:
        """As many dialogues of sums as there are held-out rows."""
        return self._right(generated_rows(len(self.held_out), seed=(self._settings.seed, SEED_OF["held out"])))

    def _right(self, rows: Sequence[Row]) -> Batch:
        return dialogues(self._tokens, rows, [row.correct for row in rows])

    def _taken(self, stage: str, rows: Sequence[Row], step: int, count: int) -> list[Row]:
        """The next rows of an endless shuffle: every row once, in an order of its own each time round."""
        places = [divmod(place, len(rows)) for place in range(step * count, (step + 1) * count)]
        orders = {
            epoch: np.random.default_rng((self._settings.seed, SEED_OF[stage], epoch)).permutation(len(rows))
            for epoch, _ in places
        }
        return [rows[orders[epoch][within]] for epoch, within in places]


def lessons_of(settings: Settings, tokens: ChatTokens) -> Lessons:
    """Sums for their own tokens, AQuA-RAT for text."""
    if isinstance(tokens, SumTokens):
        return SumLessons(settings, tokens)
    assert isinstance(tokens, TextTokens)
    return TextLessons(settings, tokens)
