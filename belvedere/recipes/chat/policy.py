"""Group-relative policy optimisation: answers are sampled, rewarded by a checker, and made more or less likely.

The advantage of an answer is its reward minus the mean of its question's answers, not divided by their deviation. The
objective is Σ log p · advantage over all sampled tokens, divided by the number of all sampled tokens of the step, so
that a token weighs the same in a short and in a long answer. Sampling is from the policy itself: no ratio, no clipping.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.chat.dialogue import Batch
from belvedere.recipes.chat.learner import Learner, Meter
from belvedere.recipes.chat.reading import asked_logits, asked_targets
from belvedere.recipes.chat.sampling import Written, written_answers
from belvedere.recipes.corpora.aqua import Row, named_letter, reward
from belvedere.recipes.corpora.sums import LETTERS
from belvedere.recipes.models.gpt import GPT

SHOWN = 2  # questions of a step whose answers go into the table
WELL_FORMED = re.compile(r".+\nAnswer: [A-E]", re.DOTALL)  # a rationale, then the letter and nothing behind it


@dataclass(frozen=True)
class Answers:
    """S = rows × samples answers, those to one question beside each other. In `batch` the model's own tokens, ends
    included, are the asked ones; `log_p` and `entropy` (n,) are of these, in nats, as they were when written."""

    rows: list[Row]
    batch: Batch
    texts: list[str]  # (S,)
    rewards: Tensor  # (S,) float32, 0 or 1
    lengths: Tensor  # (S,) tokens of the answer, its end included
    is_truncated: Tensor  # (S,) bool: no end came
    log_p: Tensor
    entropy: Tensor

    @property
    def samples(self) -> int:
        """Answers to each question."""
        return len(self.texts) // len(self.rows)

    @property
    def grouped(self) -> Tensor:
        """Rewards (rows, samples)."""
        return self.rewards.view(len(self.rows), -1)

    @property
    def advantages(self) -> Tensor:
        """(S,): reward minus the question's mean."""
        return (self.grouped - self.grouped.mean(dim=1, keepdim=True)).flatten()

    @property
    def has_signal(self) -> Tensor:
        """(S,) bool: whether the answers of the same question differ in reward; the others teach nothing."""
        return (self.grouped != self.grouped[:, :1]).any(dim=1).repeat_interleave(self.samples)


# ---------------------------------------------------------------------------------------------------------------------
# Writing


def answers(learner: Learner, rows: Sequence[Row], samples: int, dice: Tensor | None) -> Answers:
    """`samples` answers to each row. A truncated one has no reward. `dice` (rows × samples, new_tokens); None for the
    likeliest. Questions of one length are written together, as many as `micro_batch` allows."""
    settings, tokens = learner.settings, learner.tokens
    prompts = [tokens.prompt(row) for row in rows]
    written: dict[int, tuple[Written, int]] = {}  # by row: what it was written with, and its place there
    for length in sorted({len(prompt) for prompt in prompts}):
        alike = [place for place, prompt in enumerate(prompts) if len(prompt) == length]
        together = max(1, settings.micro_batch // samples)
        for first in range(0, len(alike), together):
            some = alike[first : first + together]
            asked = torch.from_numpy(np.stack([prompts[place] for place in some])).to(learner.device)
            mine = None
            if dice is not None:
                mine = dice.view(len(rows), samples, -1)[some].flatten(0, 1).to(learner.device)
            with learner.autocast():
                new = written_answers(
                    learner.model, asked, mine, samples=samples, tokens=settings.new_tokens, end=tokens.end,
                    temperature=settings.temperature, top_k=settings.top_k,
                )  # fmt: skip
            written |= {place: (new, number) for number, place in enumerate(some)}
    return _put_together(learner, list(rows), samples, prompts, written)


def _put_together(
    learner: Learner, rows: list[Row], samples: int, prompts: list[np.ndarray], written: dict[int, tuple[Written, int]]
) -> Answers:  # fmt: skip
    """One batch of all that was written, padded to the longest."""
    pad, end = learner.tokens.pad, learner.tokens.end
    longest = max(len(prompts[place]) + new.new.shape[1] for place, (new, _) in written.items())
    sequences = torch.full((len(rows) * samples, longest), pad)  # (S, T)
    is_asked = torch.zeros(sequences.shape, dtype=torch.bool)
    lengths, is_truncated = (
        torch.zeros(len(sequences), dtype=torch.int64),
        torch.zeros(len(sequences), dtype=torch.bool),
    )
    facts = torch.zeros((2, *sequences.shape))  # log p and entropy where they belong
    texts: list[str] = []
    for place, prompt in enumerate(prompts):
        result, number = written[place]
        mine, some = slice(place * samples, (place + 1) * samples), slice(number * samples, (number + 1) * samples)
        new = result.new[some].cpu()  # (samples, N)
        start, stop = len(prompt), len(prompt) + new.shape[1]
        is_end = new == end
        is_truncated[mine] = ~is_end.any(dim=1)
        lengths[mine] = torch.where(is_end.any(dim=1), is_end.int().argmax(dim=1) + 1, new.shape[1])
        is_own = torch.arange(new.shape[1]) < lengths[mine, None]
        sequences[mine, :start] = torch.from_numpy(prompt)
        sequences[mine, start:stop] = new.where(is_own, pad)
        is_asked[mine, start:stop] = is_own
        facts[0, mine, start:stop], facts[1, mine, start:stop] = result.log_p[some].cpu(), result.entropy[some].cpu()
        texts += [learner.tokens.decode(row) for row in new.tolist()]
    rewards = torch.tensor([reward(text, rows[place // samples]) for place, text in enumerate(texts)])
    batch = Batch(sequences, is_asked)
    return Answers(rows, batch, texts, rewards * ~is_truncated, lengths, is_truncated, *facts[:, is_asked])


# ---------------------------------------------------------------------------------------------------------------------
# Learning


def improve(learner: Learner, found: Answers, tokens: float, rate: float, meter: Meter) -> tuple[Tensor, Tensor]:
    """One update towards what was better than its question's mean, `tokens` being those of all ranks. What is
    minimised, and the gradient's norm. Questions whose answers all earned the same are left out: they teach nothing."""
    learner.model.zero_grad()
    objective = torch.zeros((), device=learner.device)
    teaching, advantages = found.has_signal, found.advantages
    batch = Batch(found.batch.sequences[teaching], found.batch.is_asked[teaching]).to(learner.device)
    weights = advantages[teaching].to(learner.device)  # (s,)
    first = 0
    for part in learner.parts(batch):
        with meter.phase("forward"), learner.autocast():
            chosen = log_probabilities(learner.model, part)  # (n,)
        each = weights[first : first + len(part), None].expand(part.is_asked[:, 1:].shape)[part.is_asked[:, 1:]]
        loss = -(chosen * each).sum() * (learner.ranks.world / tokens)
        with meter.phase("backward"):
            loss.backward()  # type: ignore[no-untyped-call]
        objective += loss.detach()
        first += len(part)
    with meter.phase("average"):
        (objective,) = learner.averaged_gradients(objective[None])
    return objective, learner.step(rate, meter)


def log_probabilities(model: GPT, batch: Batch) -> Tensor:
    """(n,) log p of the asked tokens."""
    chosen: Tensor = asked_logits(model, batch).log_softmax(dim=-1).gather(-1, asked_targets(batch)[:, None])[:, 0]
    return chosen


@torch.no_grad()
def kl_to(reference: GPT, learner: Learner, found: Answers) -> float:
    """Sum over the written tokens, in nats, by the estimator r - 1 - log r with r = p_reference / p: never negative."""
    with learner.autocast():
        before = [log_probabilities(reference, part) for part in learner.parts(found.batch.to(learner.device))]
    log_ratio = torch.cat(before).float().cpu() - found.log_p
    return float((log_ratio.exp() - 1 - log_ratio).sum())


# ---------------------------------------------------------------------------------------------------------------------
# Telling


def is_well_formed(found: Answers) -> list[bool]:
    """By answer: whether it ends, and with a letter behind a rationale."""
    return [WELL_FORMED.fullmatch(text) is not None and not bool(cut)
            for text, cut in zip(found.texts, found.is_truncated, strict=True)]  # fmt: skip


def letter_counts(found: Answers) -> Tensor:
    """(5,) how often each letter was named: a policy that names one only has collapsed."""
    named = [named_letter(text) for text in found.texts]
    return torch.tensor([named.count(letter) for letter in LETTERS], dtype=torch.float64)


def completions_table(found: Answers, step: int, prompts: Sequence[str]) -> bv.Table:
    """The answers to the first questions of a step, with what each earned and how that compares."""
    samples, advantages = found.samples, found.advantages
    rows = []
    for place in range(min(SHOWN, len(found.rows)) * samples):
        earned, advantage = float(found.rewards[place]), round(float(advantages[place]), 4)
        correct = found.rows[place // samples].correct
        rows.append([step, prompts[place // samples], found.texts[place], correct, earned, advantage])
    return bv.Table(columns=["step", "prompt", "completion", "answer", "reward", "advantage"], data=rows)
