"""What the model looks at and how it holds its tokens: attention over one practice sequence, and the embeddings."""

import torch

import belvedere as bv
from belvedere.recipes.chat.learner import Learner
from belvedere.recipes.chat.lessons import Lessons
from belvedere.recipes.chat.sum_tokens import SumTokens

LONGEST = 128  # tokens of the sequence that is shown
BYTES = range(33, 127)  # tokens of text whose embeddings are shown: those that print


def log_pictures(run: bv.Run, learner: Learner, lessons: Lessons) -> None:
    """In the sums' small model one of four heads becomes the look-up, in the first half of mid-training."""
    tokens = learner.tokens
    sequence = lessons.held_out_practice().sequences[:1, :LONGEST].to(learner.device)  # (1, ≤ 128)
    words = [tokens.word(index).replace("\n", "⏎") for index in sequence[0].tolist()]
    bv.capture_attention(learner.model, sequence, tokens=words, run=run)
    shown, classes = list(BYTES), ["byte"] * len(BYTES)
    if isinstance(tokens, SumTokens):
        shown = [index for index in range(tokens.vocab) if tokens.kind(index) != "sign"]
        classes = [tokens.kind(index) for index in shown]
    bv.log_embeddings(
        "tokens", learner.model.embed.weight.detach()[torch.tensor(shown, device=learner.device)],
        labels=[tokens.word(index) for index in shown], classes=classes, run=run,
    )  # fmt: skip
