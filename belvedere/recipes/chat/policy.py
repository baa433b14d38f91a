"""Group-relative policy optimisation: answers are sampled, rewarded by a checker, and made more or less likely.

The advantage of an answer is its reward minus the mean of its question's answers, not divided by their deviation. The
objective is Σ log p · advantage over all sampled tokens, divided by the number of all sampled tokens of the step, so
that a token weighs the same in a short and in a long answer. Sampling is from the policy itself: no ratio, no clipping.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.chat.learner import Learner
from belvedere.recipes.chat.lessons import SEED_OF, prompts
from belvedere.recipes.corpora.sums import END, LETTERS, WELL_FORMED, Question, random_question, reward
from belvedere.recipes.models.decoding import written
from belvedere.recipes.models.gpt import GPT

SHOWN = 2  # questions of a step whose answers go into the table


@dataclass(frozen=True)
class Answers:
    """S = questions × samples answers of N tokens at most, the answers of a question beside each other."""

    questions: list[Question]
    sequences: Tensor  # (S, 20 + N): prompt and answer
    is_new: Tensor  # (S, 20 + N - 1) bool: whether the *next* token is one the model chose, its end included
    texts: list[str]  # (S,)
    rewards: Tensor  # (S,) float32, 0 or 1
    lengths: Tensor  # (S,) tokens of the answer, its end included
    is_truncated: Tensor  # (S,) bool: no end came

    @property
    def advantages(self) -> Tensor:
        """(S,): reward minus the question's mean."""
        grouped = self.rewards.view(len(self.questions), -1)
        return (grouped - grouped.mean(dim=1, keepdim=True)).flatten()

    @property
    def has_signal(self) -> Tensor:
        """(S,) bool: whether the answers of the same question differ in reward; the others teach nothing."""
        grouped = self.rewards.view(len(self.questions), -1)
        return (grouped != grouped[:, :1]).any(dim=1, keepdim=True).expand_as(grouped).flatten()


def sampled(learner: Learner, step: int) -> Answers:
    """The answers of one step; questions and dice depend on (seed, step) only."""
    settings = learner.settings
    random = np.random.default_rng((settings.seed, SEED_OF["rl"], step))
    asked = [random_question(random) for _ in range(settings.questions)]
    generator = torch.Generator().manual_seed(int(random.integers(2**62)))
    return answers(learner, asked, settings.samples, generator)


def answers(learner: Learner, asked: list[Question], samples: int, generator: torch.Generator | None) -> Answers:
    """`samples` answers to each question at temperature 1; a truncated one has no reward."""
    asked_ids = prompts(learner.tokens, asked).repeat_interleave(samples, dim=0)  # (S, 20)
    new = written(learner.model, asked_ids, tokens=learner.settings.new_tokens, end=END, generator=generator)
    is_end = new == END
    is_truncated = ~is_end.any(dim=1)
    lengths = torch.where(is_truncated, new.shape[1], is_end.int().argmax(dim=1) + 1)
    texts = [learner.tokens.decode(row) for row in new.numpy()]
    rewards = torch.tensor([reward(text, asked[place // samples]) for place, text in enumerate(texts)])
    sequences = torch.cat((asked_ids, new), dim=1)
    place = torch.arange(sequences.shape[1] - 1) - (asked_ids.shape[1] - 1)  # of the next token in the answer
    is_new = (place >= 0) & (place < lengths[:, None])
    return Answers(asked, sequences, is_new, texts, rewards * ~is_truncated, lengths, is_truncated)


def log_probabilities(model: GPT, found: Answers) -> tuple[Tensor, Tensor]:
    """log p of each next token (S, T-1), and the entropy of all V possible ones there (S, T-1), in nats."""
    every = model(found.sequences[:, :-1]).log_softmax(dim=-1)  # (S, T-1, V)
    chosen = every.gather(-1, found.sequences[:, 1:, None])[..., 0]
    return chosen, -(every.detach().exp() * every.detach()).sum(dim=-1)


def policy_loss(chosen: Tensor, found: Answers) -> Tensor:
    """What to minimise: -Σ log p · advantage / number of sampled tokens."""
    return -(chosen * found.advantages[:, None])[found.is_new].sum() / found.is_new.sum()


def kl_to(reference: GPT, chosen: Tensor, found: Answers) -> Tensor:
    """Nats per sampled token, by the estimator r - 1 - log r with r = p_reference / p, which is never negative."""
    with torch.no_grad():
        before, _ = log_probabilities(reference, found)
    log_ratio = (before - chosen.detach())[found.is_new]
    return (log_ratio.exp() - 1 - log_ratio).mean()


def facts_of(found: Answers) -> dict[str, float | Tensor]:
    """Scalars about the answers of a step."""
    groups = found.has_signal.view(len(found.questions), -1)[:, 0]
    rewards = found.rewards.view(len(found.questions), -1)
    return {
        "reward": found.rewards.mean(),
        "rl/reward_std": rewards.std(dim=1).mean(),
        "rl/zero_variance": 1 - groups.float().mean(),
        "rl/truncated": found.is_truncated.float().mean(),
        "rl/format": sum(WELL_FORMED.fullmatch(text) is not None for text in found.texts) / len(found.texts),
        "rl/length": found.lengths.float().mean(),
    }


def letter_shares(found: Answers) -> dict[str, float]:
    """How often each letter was named: a policy that names one only has collapsed."""
    named = [text[-1:] for text in found.texts]
    return {letter: named.count(letter) / len(named) for letter in LETTERS}


def completions_table(found: Answers, step: int) -> bv.Table:
    """The answers to the first questions of a step, with what each earned and how that compares."""
    samples, advantages = len(found.texts) // len(found.questions), found.advantages
    rows = []
    for place in range(min(SHOWN, len(found.questions)) * samples):
        asked = found.questions[place // samples]
        earned, advantage = float(found.rewards[place]), round(float(advantages[place]), 4)
        rows.append([step, "".join(asked.prompt_pieces()), found.texts[place], asked.correct, earned, advantage])
    return bv.Table(columns=["step", "prompt", "completion", "answer", "reward", "advantage"], data=rows)
