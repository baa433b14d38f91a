"""A checkpoint of `pretrain` as a model with its validation loss: what `belvedere landscape` looks at."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from torch import Tensor, nn

from belvedere.recipes.checkpoint import Checkpoint, load, settings_kept
from belvedere.recipes.corpora.batches import evaluation_batches
from belvedere.recipes.corpora.bpe import Pair
from belvedere.recipes.corpora.token_file import token_file
from belvedere.recipes.models.gpt import GPT
from belvedere.recipes.settings import Settings


def model_and_loss(path: Path, device: str = "cpu") -> tuple[GPT, Callable[[nn.Module], Tensor], int]:
    """The model as it was saved, its loss in nats per token on one fixed batch of held-out text, and its step.

    UsageError when the file is no checkpoint of a recipe."""
    checkpoint = load(path, recipe="pretrain")
    inputs, targets = (part.to(device) for part in _batch(checkpoint, path.parent))

    def loss(model: nn.Module) -> Tensor:
        assert isinstance(model, GPT)
        return model.loss(inputs, targets)

    vocab = checkpoint.model["head.weight"].shape[0]
    model = GPT(settings_kept(checkpoint, Settings).shape_of(vocab)).to(device)
    model.load_state_dict(checkpoint.model)
    return model, loss, checkpoint.step


def _batch(checkpoint: Checkpoint, folder: Path) -> tuple[Tensor, Tensor]:
    """The held-out text lies beside the checkpoint, or is encoded again there."""
    settings = settings_kept(checkpoint, Settings, more=("merges",))
    merges = tuple((left, right) for left, right in checkpoint.more["merges"]) if settings.tokenizer_file else ()
    return _held_out_batch(folder, settings, merges)


@lru_cache(maxsize=1)  # the checkpoints of one run share it
def _held_out_batch(folder: Path, settings: Settings, merges: tuple[Pair, ...]) -> tuple[Tensor, Tensor]:
    text = token_file(folder, settings.data, settings.wanted(merges))
    batches = evaluation_batches(text.held_out, count=1, batch=settings.micro_batch, context=settings.context)
    return batches[0]
