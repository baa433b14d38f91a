"""What a model is asked at every evaluation: its loss on fixed windows of both texts, and to write on from held-out
ones. Nothing here touches the training: no dropout, a generator of its own."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

import belvedere as bv
from belvedere.recipes.corpora.batches import evaluation_batches
from belvedere.recipes.corpora.bpe import Tokenizer
from belvedere.recipes.corpora.token_file import TokenFile
from belvedere.recipes.historical.settings import Settings
from belvedere.recipes.models.gpt2 import GPT2

Ids = npt.NDArray[np.int64]

TEMPERATURE = 0.8
TOP_K = 50
SAMPLES = 3
PROMPT_TOKENS = 32
COLUMNS = ("step", "input", "output", "target", "accuracy")
SEED = 0  # the same dice every time, so that samples of two steps compare


@dataclass(frozen=True)
class Losses:
    """Nats per token on fixed windows of the text to train on and of held-out text."""

    train: float
    held_out: float

    @property
    def perplexity(self) -> float:
        """exp of the held-out loss: among so many equally likely tokens the model feels to choose."""
        return math.exp(self.held_out) if self.held_out < 700 else math.inf


class Examination:
    """The windows, which are the same at every evaluation, whatever the number of ranks."""

    def __init__(self, settings: Settings, text: TokenFile) -> None:
        size = {"count": settings.eval_batches, "batch": settings.micro_batch, "context": settings.context}
        self.is_short = settings.dtype == "bfloat16"
        self.tokenizer, self.sample_tokens = text.tokenizer, settings.sample_tokens
        self._train = evaluation_batches(text.train, **size)
        self._held_out = evaluation_batches(text.held_out, **size)
        length = min(PROMPT_TOKENS, settings.context // 2)
        longest = length + min(self.sample_tokens, settings.context - length)
        starts = np.linspace(0, max(0, len(text.held_out) - longest), SAMPLES).astype(int)
        self._prompts = [np.asarray(text.held_out[start : start + length], dtype=np.int64) for start in starts]
        self._targets = [np.asarray(text.held_out[start + length : start + longest], dtype=np.int64)
                         for start in starts]  # fmt: skip

    def losses(self, model: GPT2) -> Losses:
        """Mean cross-entropy on both texts."""
        with examined(model), self._precision(model):
            return Losses(mean_loss(model, self._train), mean_loss(model, self._held_out))

    def samples(self, model: GPT2, step: int) -> bv.Table:
        """One row a prompt: what stood before, what the model writes, what really came; `accuracy` is the share of the
        target's tokens that the model would have named first."""
        with examined(model), self._precision(model):
            rows = [self._row(model, step, *pair) for pair in zip(self._prompts, self._targets, strict=True)]
        return bv.Table(list(COLUMNS), rows)

    def _row(self, model: GPT2, step: int, prompt: Ids, target: Ids) -> list[object]:
        device = model.head.weight.device
        whole = torch.from_numpy(np.concatenate([prompt, target]))[None].to(device)  # (1, P + N)
        best = model(whole[:, :-1])[0, len(prompt) - 1 :].argmax(dim=-1)  # (N,)
        right = (best.cpu() == torch.from_numpy(target)).double().mean().item() if len(target) else math.nan
        new = written(model, prompt.tolist(), tokens=len(target))
        return [step, *(shown(self.tokenizer, ids) for ids in (prompt.tolist(), new, target.tolist())), right]

    def _precision(self, model: GPT2) -> torch.autocast:
        return torch.autocast(model.head.weight.device.type, torch.bfloat16, enabled=self.is_short)


@contextmanager
def examined(model: GPT2) -> Iterator[None]:
    """Without dropout and gradients; afterwards the model trains on as before."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


def mean_loss(model: GPT2, batches: Sequence[tuple[Tensor, Tensor]]) -> float:
    """Nats per token over batches of (B, T)."""
    device, nats, tokens = model.head.weight.device, 0.0, 0
    for inputs, targets in batches:
        nats += model.loss(inputs.to(device), targets.to(device)).item() * targets.numel()
        tokens += targets.numel()
    return nats / tokens


def written(model: GPT2, prompt: list[int], *, tokens: int) -> list[int]:
    """Ids that the model writes after the prompt, one of the TOP_K likeliest at a time."""
    generator = torch.Generator().manual_seed(SEED)
    device, context, ids = model.head.weight.device, model.shape.context, list(prompt)
    for _ in range(tokens):
        logits = model(torch.tensor([ids[-context:]], device=device))[0, -1].float().cpu() / TEMPERATURE  # (V,)
        best, tokens_of_best = logits.topk(min(TOP_K, len(logits)))  # (k,), (k,)
        ids.append(int(tokens_of_best[torch.multinomial(best.softmax(dim=0), 1, generator=generator)]))
    return ids[len(prompt) :]


def shown(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """Text for a table."""
    return tokenizer.decode(ids).decode("utf-8", "replace").replace("\0", "⏎⏎")
