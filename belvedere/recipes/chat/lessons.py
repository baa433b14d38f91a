"""What the mid and sft stages train on: batches of sequences, and which of their tokens are to be predicted."""

import numpy as np
import torch
from torch import Tensor

from belvedere.recipes.chat.settings import Settings
from belvedere.recipes.corpora.sums import (
    LETTERS,
    Question,
    SumTokens,
    look_up_pieces,
    noisy_choice,
    random_question,
)

Batch = tuple[Tensor, Tensor]  # sequences (B, T) int64, and whether each token is to be predicted (B, T) bool
SEED_OF = {"mid": 1, "sft": 2, "rl": 3, "held out": 4}  # no stage sees another's questions


def mid_batch(tokens: SumTokens, settings: Settings, step: int) -> Batch:
    """Practice: look-ups and a fact per sequence. The batch depends on (seed, step) only."""
    random = np.random.default_rng((settings.seed, SEED_OF["mid"], step))
    return look_ups(tokens, [random_question(random) for _ in range(settings.batch)], random)


def look_ups(tokens: SumTokens, asked: list[Question], random: np.random.Generator) -> Batch:
    """(B, 39) practice sequences for given questions."""
    both = [look_up_pieces(question, random) for question in asked]
    sequences = torch.from_numpy(np.stack([tokens.encode(pieces) for pieces, _ in both]))
    return sequences, torch.tensor([is_asked for _, is_asked in both])


def sft_batch(tokens: SumTokens, settings: Settings, step: int) -> Batch:
    """Questions with answers, of which a share of `noise` argue for an option at random."""
    random = np.random.default_rng((settings.seed, SEED_OF["sft"], step))
    asked = [random_question(random) for _ in range(settings.batch)]
    return dialogues(tokens, asked, [noisy_choice(question, random, noise=settings.noise) for question in asked])


def dialogues(tokens: SumTokens, asked: list[Question], choices: list[int]) -> Batch:
    """(B, 32) questions with the answers that argue for `choices`; the answers are to be predicted."""
    rows = [
        tokens.encode([*question.prompt_pieces(), *question.answer_pieces(choice)])
        for question, choice in zip(asked, choices, strict=True)
    ]
    sequences = torch.from_numpy(np.stack(rows))
    is_asked = torch.arange(sequences.shape[1]) >= len(asked[0].prompt_pieces())
    return sequences, is_asked.expand(sequences.shape)


def right_dialogues(tokens: SumTokens, asked: list[Question]) -> Batch:
    """The answers without noise."""
    return dialogues(tokens, asked, [LETTERS.index(question.correct) for question in asked])


def prompts(tokens: SumTokens, asked: list[Question]) -> Tensor:
    """(B, 20) questions."""
    return torch.from_numpy(np.stack([tokens.encode(question.prompt_pieces()) for question in asked]))
