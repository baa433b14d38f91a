"""How good the model is on questions that no stage trains on: the sums are known ones, the options are new."""

import math
from dataclasses import dataclass

import numpy as np
import torch

import belvedere as bv
from belvedere.recipes.chat.learner import Learner, asked_loss
from belvedere.recipes.chat.lessons import SEED_OF, look_ups, right_dialogues
from belvedere.recipes.chat.policy import Answers, answers
from belvedere.recipes.corpora.sums import WELL_FORMED, Question, questions

PASSES = range(1, 9)
SHOWN = 6  # rows of the samples table
Z = 1.96  # standard deviations of a 95 % interval


@dataclass(frozen=True)
class Examination:
    """`scalars` by their series names; `greedy` the likeliest answer to each question."""

    scalars: dict[str, float]
    greedy: Answers


def held_out_questions(learner: Learner) -> list[Question]:
    """Always the same."""
    return questions(learner.settings.eval_questions, seed=(learner.settings.seed, SEED_OF["held out"]))


@torch.no_grad()
def examined(learner: Learner, *, is_practice: bool) -> Examination:
    """Look-ups, right answers by the likeliest tokens and, unless the stage is mere practice, pass@k of sampled ones.

    `val/loss` is that of what the stage trains on: practice, or else the right answers, also where training labels are
    noisy. `val/answer_loss` is that of the right answers in every stage, so that stages compare.
    """
    asked, seed = held_out_questions(learner), learner.settings.seed
    practice, looked_up = asked_loss(learner.model, *look_ups(learner.tokens, asked, np.random.default_rng(seed)))
    answering, _ = asked_loss(learner.model, *right_dialogues(learner.tokens, asked))
    greedy = answers(learner, asked, 1, None)
    scalars = {"val/loss": (practice if is_practice else answering).item(), "val/answer_loss": answering.item()}
    scalars |= {"val/accuracy": greedy.rewards.mean().item()}
    scalars |= {"evaluation/practice": looked_up.item()} | parts(greedy)
    if not is_practice:
        samples = learner.settings.eval_samples
        found = answers(learner, asked, samples, torch.Generator().manual_seed(seed))
        scalars |= passes(found.rewards.view(len(asked), samples).sum(dim=1).int().tolist(), samples)
    return Examination(scalars, greedy)


def parts(found: Answers) -> dict[str, float]:
    """What a right answer consists of: the form, the sum, the letter; and how sums and differences fare."""
    pairs = list(zip(found.texts, found.questions, found.rewards.tolist(), strict=True))
    scores = {
        "evaluation/form": [WELL_FORMED.fullmatch(text) is not None for text, _, _ in pairs],
        "evaluation/arithmetic": [
            text.split("\n")[0] == f"{asked.left}{asked.sign}{asked.right}={asked.result}" for text, asked, _ in pairs
        ],
        "evaluation/plus": [reward for _, asked, reward in pairs if asked.sign == "+"],
        "evaluation/minus": [reward for _, asked, reward in pairs if asked.sign == "-"],
    }
    return {name: sum(given) / len(given) for name, given in scores.items() if given}


def passes(right: list[int], samples: int) -> dict[str, float]:
    """pass@1 … pass@8 with their 95 % intervals, from how many of `samples` answers to each question were right."""
    scalars: dict[str, float] = {}
    for k in PASSES:
        share = sum(pass_at(k, samples, one) for one in right) / len(right)
        low, high = wilson(share, len(right))
        scalars |= {f"pass@{k}": share, f"pass@{k}/low": low, f"pass@{k}/high": high}
    return scalars


def pass_at(k: int, samples: int, right: int) -> float:
    """Chance that k of the n answers, drawn without repetition, hold a right one: 1 - C(n-c, k) / C(n, k)."""
    return 1 - math.comb(samples - right, k) / math.comb(samples, k)


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Wilson's score interval of a share. Answers to one question are alike, so the questions count as trials."""
    centre = (share + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    reach = Z * math.sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials)) / (1 + Z * Z / trials)
    return centre - reach, centre + reach


def samples_table(found: Answers, step: int) -> bv.Table:
    """The likeliest answers beside the right ones; accuracy is the share of lines that agree."""
    rows = []
    for text, asked in list(zip(found.texts, found.questions, strict=True))[:SHOWN]:
        target = "".join(asked.answer_pieces(asked.options.index(asked.result))[:-1])
        wanted, given = target.split("\n"), text.split("\n")
        agreeing = sum(one == other for one, other in zip(wanted, given, strict=False))
        rows.append([step, "".join(asked.prompt_pieces()), text, target, agreeing / len(wanted)])
    return bv.Table(columns=["step", "input", "output", "target", "accuracy"], data=rows)
