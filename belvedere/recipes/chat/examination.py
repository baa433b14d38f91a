"""How good the model is on questions that no stage trains on.

All ranks examine together, each its share of the questions, so that all know the same at the end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.chat.dialogue import Batch, dialogues
from belvedere.recipes.chat.learner import Learner, asked_nats
from belvedere.recipes.chat.lessons import Lessons
from belvedere.recipes.chat.policy import Answers, answers, is_well_formed
from belvedere.recipes.corpora.aqua import CHANCE, Row, letter_baselines, named_letter
from belvedere.recipes.ranks import averaged, gathered
from belvedere.recipes.tasks.asking import Task, scores
from belvedere.recipes.tasks.score import scalars, wilson

PASSES = range(1, 9)
SHOWN = 6  # rows of the samples table


@dataclass(frozen=True)
class Examination:
    """`scalars` by their series names; `greedy` this rank's share of the likeliest answers."""

    scalars: dict[str, float]
    greedy: Answers


class Examiner:
    """The same questions every time, with the same dice."""

    def __init__(self, learner: Learner, lessons: Lessons, tasks: Sequence[Task]) -> None:
        self._learner, self._tasks = learner, tasks
        rows, ranks = lessons.held_out, learner.ranks
        if len(rows) < ranks.world:
            raise bv.UsageError(f"{len(rows)} held-out questions do not do for {ranks.world} ranks; "
                                "pass more --eval-questions")  # fmt: skip
        self._count, self._rows = len(rows), rows[ranks.share_of(len(rows))]
        self._practice = lessons.held_out_practice()
        self._answers = dialogues(learner.tokens, self._rows, [row.correct for row in self._rows])
        self._baselines = {"baseline/chance": CHANCE, "baseline/majority_letter": max(letter_baselines(rows).values())}
        self._dice = rolled(learner, len(rows), seed=learner.settings.seed)[ranks.share_of(len(rows))]

    @torch.no_grad()
    def examined(self, *, is_practice: bool) -> Examination:
        """Loss and accuracy of what is to be learned, right answers by the likeliest tokens, pass@k of sampled ones,
        and every task. Nothing is sampled in mid-training, which teaches no answers. `val/loss` is that of what the
        stage trains on: practice in mid-training, then right answers,
        also where training labels are noisy. `val/answer_loss` is that of right answers in every stage, to compare
        them."""
        learner = self._learner
        share = learner.ranks.share_of(len(self._practice))
        practice, looked_up = self._read(self._practice.rows(share))
        answering, _ = self._read(self._answers)
        greedy = answers(learner, self._rows, 1, None)
        best = gathered(greedy.rewards.to(learner.device), self._count, learner.ranks)
        formed = gathered(torch.tensor(is_well_formed(greedy)).float().to(learner.device), self._count, learner.ranks)
        row = {
            "val/loss": practice if is_practice else answering, "val/answer_loss": answering,
            "val/accuracy": best.mean().item(), "evaluation/practice": looked_up,
            "evaluation/form": formed.mean().item(),
        }  # fmt: skip
        row |= self._baselines
        if not is_practice:
            found = answers(learner, self._rows, learner.settings.eval_samples, self._dice.flatten(0, 1))
            right = gathered(found.grouped.sum(dim=1).to(learner.device), self._count, learner.ranks)  # (E,)
            row |= passes(right.int().tolist(), learner.settings.eval_samples)
        if learner.ranks.is_first:
            with learner.autocast():
                row |= scalars(scores(learner.model, learner.tokens, self._tasks))
        return Examination(row, greedy)

    def _read(self, batch: Batch) -> tuple[float, float]:
        """Mean nats per asked token, and the share of likeliest ones; over all ranks."""
        learner = self._learner
        sums = torch.zeros(3, dtype=torch.float64)  # nats, right, asked
        for part in learner.parts(batch.to(learner.device)):
            with learner.autocast():
                nats, right = asked_nats(learner.model, part)
            sums += torch.tensor([nats.item(), right.item(), part.is_asked[:, 1:].sum().item()])
        nats, right, asked = averaged(sums, learner.ranks).tolist()
        return nats / asked, right / asked


def rolled(learner: Learner, count: int, *, seed: int, samples: int | None = None) -> Tensor:
    """(count, samples, new_tokens) numbers in 0 … 1."""
    settings = learner.settings
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, samples or settings.eval_samples, settings.new_tokens, generator=generator)


def passes(right: Sequence[int], samples: int) -> dict[str, float]:
    """pass@1 … pass@8 with their 95 % intervals, from how many of `samples` answers to each question were right.
    Answers to one question are alike, so the questions count as trials."""
    row: dict[str, float] = {}
    for k in PASSES:
        share = sum(pass_at(k, samples, one) for one in right) / len(right)
        low, high = wilson(share, len(right))
        row |= {f"pass@{k}": share, f"pass@{k}/low": low, f"pass@{k}/high": high}
    return row


def pass_at(k: int, samples: int, right: int) -> float:
    """Chance that k of the n answers, drawn without repetition, hold a right one: 1 - C(n-c, k) / C(n, k)."""
    return 1 - math.comb(samples - right, k) / math.comb(samples, k)


def samples_table(learner: Learner, found: Answers, step: int) -> bv.Table:
    """The likeliest answers beside the right ones; accuracy is the share of lines that agree."""
    rows = []
    for text, asked in list(zip(found.texts, found.rows, strict=True))[:SHOWN]:
        target = learner.tokens.decode(learner.tokens.answer(asked, asked.correct))
        wanted, given = target.split("\n"), text.split("\n")
        agreeing = sum(one == other for one, other in zip(wanted, given, strict=False))
        rows.append([step, prompt_text(learner, asked), text, target, agreeing / len(wanted)])
    return bv.Table(columns=["step", "input", "output", "target", "accuracy"], data=rows)


def predictions_table(found: Answers) -> bv.Table:
    """Right letters beside named ones, for the confusion figure; "none" where no letter was named."""
    named = [named_letter(text) or "none" for text in found.texts]
    rows = [[asked.correct, letter] for asked, letter in zip(found.rows, named, strict=True)]
    return bv.Table(columns=["label", "prediction"], data=rows)


def prompt_text(learner: Learner, row: Row) -> str:
    """A question as the model reads it."""
    return "".join(learner.tokens.word(index) for index in learner.tokens.prompt(row))
