"""What the model looks at and how it holds its numbers: attention over one practice sequence, and the embeddings."""

import numpy as np
import torch

import belvedere as bv
from belvedere.recipes.chat.learner import Learner
from belvedere.recipes.chat.lessons import SEED_OF, look_ups
from belvedere.recipes.corpora.sums import questions


def log_pictures(run: bv.Run, learner: Learner) -> None:
    """Two layers with two heads each: one of the four becomes the look-up, in the first half of mid-training."""
    if run.disabled:
        return
    tokens, seed = learner.tokens, learner.settings.seed
    asked = questions(1, seed=(seed, SEED_OF["held out"]))
    sequence, _ = look_ups(tokens, asked, np.random.default_rng(seed))  # (1, 39)
    words = [tokens.pieces[index].replace("\n", "⏎") for index in sequence[0].tolist()]
    bv.capture_attention(learner.model, sequence, tokens=words, run=run)
    shown = [index for index in range(tokens.vocab) if tokens.kind(index) != "sign"]
    bv.log_embeddings(
        "tokens", learner.model.embed.weight.detach()[torch.tensor(shown)],
        labels=[tokens.pieces[index] for index in shown], classes=[tokens.kind(index) for index in shown], run=run,
    )  # fmt: skip
