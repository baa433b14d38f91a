"""A checkpoint of `pretrain` as a model with its validation loss: what `belvedere landscape` looks at."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from belvedere.recipes.checkpoint import Checkpoint, load
from belvedere.recipes.corpora.batches import evaluation_batches
from belvedere.recipes.corpora.bpe import BPETokenizer, ByteTokenizer, Pair, Tokenizer
from belvedere.recipes.corpora.stdlib_code import folder_corpus, stdlib_corpus
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.settings import Settings


def model_and_loss(path: Path, device: str = "cpu") -> tuple[GPT, Callable[[nn.Module], Tensor], int]:
    """The model as it was saved, its loss in nats per token on one fixed batch of held-out text, and its step.

    UsageError when the file is no checkpoint of a recipe."""
    checkpoint = load(path, recipe="pretrain")
    inputs, targets = (part.to(device) for part in _batch(checkpoint))

    def loss(model: nn.Module) -> Tensor:
        assert isinstance(model, GPT)
        return model.loss(inputs, targets)

    vocab = checkpoint.model["head.weight"].shape[0]
    model = GPT(Settings(**checkpoint.settings).shape_of(vocab)).to(device)
    model.load_state_dict(checkpoint.model)
    return model, loss, checkpoint.step


def _batch(checkpoint: Checkpoint) -> tuple[Tensor, Tensor]:
    settings = Settings(**checkpoint.settings)
    merges = tuple((left, right) for left, right in checkpoint.more["merges"]) if settings.tokenizer != "byte" else None
    return _held_out_batch(settings.data, merges, settings.micro_batch, settings.context)


@lru_cache(maxsize=1)  # the checkpoints of one run share it
def _held_out_batch(
    data: str | None, merges: tuple[Pair, ...] | None, batch: int, context: int
) -> tuple[Tensor, Tensor]:  # fmt: skip
    corpus = folder_corpus(Path(data)) if data else stdlib_corpus()
    tokenizer: Tokenizer = ByteTokenizer() if merges is None else BPETokenizer(list(merges))
    tokens = tokenizer.encode(corpus.held_out)
    inputs, targets = evaluation_batches(tokens, count=1, batch=batch, context=context)[0]
    return torch.as_tensor(inputs), torch.as_tensor(targets)
