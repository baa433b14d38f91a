"""A checkpoint: one file with the weights, the optimizers' memory, the tokenizer's merges and where the run stood."""

import os
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

import belvedere as bv
from belvedere.recipes.corpora.bpe import Pair
from belvedere.recipes.settings import Settings

FORMAT = "belvedere-recipe-1"
# What a resumed run may not change: another model or other text would not be the same run any more.
FIXED = ("tokenizer", "vocab", "layers", "heads", "kv_heads", "width", "context", "batch", "seed", "data")


@dataclass(frozen=True)
class Checkpoint:
    """`step` updates were made in `elapsed` seconds; `run_id` is "" when nothing was recorded."""

    settings: Settings
    merges: list[Pair]  # empty: bytes
    step: int
    elapsed: float
    project: str
    run_id: str
    model: dict[str, Any]
    optimizers: list[dict[str, Any]]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Written beside and renamed, so that a crash leaves the last good one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {field.name: getattr(checkpoint, field.name) for field in fields(checkpoint)}
    beside = path.with_suffix(".tmp")
    torch.save(content | {"format": FORMAT, "settings": asdict(checkpoint.settings)}, beside)
    os.replace(beside, path)


def load(path: Path) -> Checkpoint:
    """Tensors and plain values only: a checkpoint from elsewhere cannot run code here."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise bv.UsageError(f"no checkpoint at {path}; a training leaves one in --out-dir when it ends") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as fault:
        raise bv.UsageError(f"{path} is not a readable checkpoint ({type(fault).__name__}); give another") from fault
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise bv.UsageError(f"{path} is a file of another program; give a checkpoint that this recipe wrote")
    return Checkpoint(**(content | {"settings": Settings(**content["settings"])}))


def newest(folder: Path) -> Path:
    """The checkpoint that was written last."""
    found = sorted(folder.glob("*.pt"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise bv.UsageError(f"no checkpoint in {folder}; train first, or pass --resume FILE or another --out-dir")
    return found[-1]


def restore(checkpoint: Checkpoint, model: nn.Module, optimizers: Sequence[Optimizer]) -> None:
    """Weights and optimizer memory back where they were."""
    model.load_state_dict(checkpoint.model)
    for optimizer, memory in zip(optimizers, checkpoint.optimizers, strict=True):
        optimizer.load_state_dict(memory)
