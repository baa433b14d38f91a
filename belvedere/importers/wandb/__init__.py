"""Weights & Biases: what its client writes and sends, in our words and back, and its `.wandb` files."""

from collections.abc import Sequence
from pathlib import Path

from belvedere.importers.source import Source, Tell

TITLE = "W&B runs: .wandb files"
WANTED = "*.wandb, in run folders or in wandb/ (W&B)"


def looks_like(path: Path) -> bool:
    """Whether there are `.wandb` files at a path, or in the folders that W&B makes."""
    from belvedere.importers.wandb.runs import files_at

    return bool(files_at(path))


def sources(path: Path, tell: Tell) -> Sequence[Source]:
    """All runs at a path."""
    from belvedere.importers.wandb.runs import sources_at

    return sources_at(path, tell)
