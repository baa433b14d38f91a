"""The task of the policy: say three symbols backwards and stop. Prompts are (B, 3) symbols, answers (B, 8) tokens."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SYMBOLS = 6
END = SYMBOLS  # the token that ends an answer
TOKENS = SYMBOLS + 1
PROMPT = 3
LONGEST = 8  # tokens an answer may have; the right one has 4
RIGHT_LENGTH = PROMPT + 1


class Policy(nn.Module):
    """What is said next, by prompt, place and the token before: two hidden layers and no memory beyond that."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(PROMPT * SYMBOLS + LONGEST + TOKENS, width)
        self.second = nn.Linear(width, width)
        self.head = nn.Linear(width, TOKENS)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, prompts: Tensor, before: Tensor, place: Tensor) -> Tensor:
        """Logits (…, 7) for prompts (…, 3), the token before (…) and the place in the answer (…)."""
        said = torch.cat(
            (
                F.one_hot(prompts, SYMBOLS).flatten(-2),
                F.one_hot(place, LONGEST),
                F.one_hot(before, TOKENS),
            ),
            dim=-1,
        ).float()
        out: Tensor = self.head(torch.relu(self.second(torch.relu(self.first(said)))))
        return out


def prompts_of(count: int, random: np.random.Generator) -> Tensor:
    """(count, 3) symbols."""
    return torch.from_numpy(random.integers(SYMBOLS, size=(count, PROMPT)))


def right_answers(prompts: Tensor) -> Tensor:
    """(B, 8): backwards, then END to the end."""
    return F.pad(prompts.flip(1), (0, LONGEST - PROMPT), value=END)


@torch.no_grad()
def said(policy: Policy, prompts: Tensor, *, temperature: float, generator: torch.Generator | None) -> Tensor:
    """Answers (B, 8), END behind the first END; the likeliest token each time when there is no generator."""
    answers = torch.full((len(prompts), LONGEST), END)
    before = torch.full((len(prompts),), END)
    is_over = torch.zeros(len(prompts), dtype=torch.bool)
    for place in range(LONGEST):
        logits = policy(prompts, before, torch.full_like(before, place))
        if generator is None:
            token = logits.argmax(dim=-1)
        else:
            token = torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator)[:, 0]
        answers[:, place] = before = token.masked_fill(is_over, END)
        is_over |= token == END
    return answers


def all_logits(policy: Policy, prompts: Tensor, answers: Tensor) -> Tensor:
    """(B, 8, 7): what the policy thinks at each place of given answers."""
    before = F.pad(answers[:, :-1], (1, 0), value=END)
    place = torch.arange(LONGEST).expand_as(answers)
    logits: Tensor = policy(prompts[:, None].expand(-1, LONGEST, -1), before, place)
    return logits


def lengths_of(answers: Tensor) -> Tensor:
    """Tokens of each answer (B,), its END included."""
    is_end = answers == END
    return torch.where(is_end.any(dim=1), is_end.int().argmax(dim=1) + 1, LONGEST)


def is_right(prompts: Tensor, answers: Tensor) -> Tensor:
    """(B,) whether the whole answer is the prompt backwards."""
    return (answers == right_answers(prompts)).all(dim=1)
