"""A checkpoint: one file with the weights, the optimizers' memory, and where the training and its run stood."""

import os
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn
from torch.optim import Optimizer

import belvedere as bv

FORMAT = "belvedere-recipe-2"
if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kept = TypeVar("Kept", bound="DataclassInstance")
Plain = Any  # what torch.load(weights_only=True) gives back: numbers, texts, lists, dicts and tensors


@dataclass(frozen=True)
class Checkpoint:
    """`step` updates were made in `elapsed` seconds by `recipe`; `run_id` is "" when nothing was recorded. `settings`
    are the recipe's own, as a dict; `more` is what else it needs to go on: a tokenizer, a parent, random states."""

    recipe: str
    settings: dict[str, Plain]
    step: int
    elapsed: float
    project: str
    run_id: str
    model: dict[str, Plain]
    optimizers: list[dict[str, Plain]]
    more: dict[str, Plain] = field(default_factory=dict)


def path_of(folder: Path, recipe: str, run_id: str) -> Path:
    """One file per run: the newest checkpoint replaces the one before."""
    return folder / f"{recipe}-{run_id}.pt"


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Written beside and renamed, so that a crash leaves the last good one. UsageError where there is no room."""
    content = {one.name: getattr(checkpoint, one.name) for one in fields(checkpoint)}
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.save(content | {"format": FORMAT}, beside)
            os.replace(beside, path)
            for left in path.parent.glob(f"{path.stem}.*.tmp"):  # of a process that was killed while it wrote
                left.unlink(missing_ok=True)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, RuntimeError) as fault:  # torch makes a full disk a RuntimeError
        said = getattr(fault, "strerror", None) or str(fault).splitlines()[0]
        raise bv.UsageError(f"no checkpoint can be written to {path} ({said}); "
                            "make room, or pass another --out-dir and --resume") from fault  # fmt: skip


def load(path: Path, *, recipe: str | None = None) -> Checkpoint:
    """Tensors and plain values only: a checkpoint from elsewhere cannot run code here. With `recipe` that of another
    one is refused, and one with a flipped bit: torch itself compares no checksums."""
    try:
        _refuse_changed(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise bv.UsageError(f"no checkpoint at {path}; a training leaves one in --out-dir when it ends") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as fault:
        raise bv.UsageError(f"{path} is not a readable checkpoint ({type(fault).__name__}); give another") from fault
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise bv.UsageError(f"{path} is a file of another program or version; give a checkpoint of this recipe")
    if set(content) != {one.name for one in fields(Checkpoint)}:
        raise bv.UsageError(f"{path} is a checkpoint of another version; give another, or train anew")
    checkpoint = Checkpoint(**content)
    if recipe is not None and checkpoint.recipe != recipe:
        raise bv.UsageError(f"{path} is a checkpoint of {checkpoint.recipe}, not of {recipe}; give another")
    return checkpoint


def _refuse_changed(path: Path) -> None:
    with zipfile.ZipFile(path) as parts:
        if (changed := parts.testzip()) is not None:
            raise bv.UsageError(f"{path} is damaged (its part {changed} is not as it was written); give another")


def newest(folder: Path, recipe: str) -> Path:
    """The checkpoint of a recipe that was written last."""
    found = sorted(folder.glob(f"{recipe}-*.pt"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise bv.UsageError(f"no checkpoint of {recipe} in {folder}; train first, or pass a FILE or another --out-dir")
    return found[-1]


def resumed(resume: str | None, folder: Path, recipe: str) -> Checkpoint | None:
    """The checkpoint that `--resume [FILE]` means; None without it."""
    if resume is None:
        return None
    return load(Path(resume) if resume else newest(folder, recipe), recipe=recipe)


def settings_kept(before: Checkpoint, kind: type[Kept], *, more: Sequence[str] = ()) -> Kept:
    """The settings of a checkpoint as a recipe's own record; UsageError when it is of a version that had others, or
    when one of the parts `more` is not there."""
    known = {one.name for one in fields(kind)}
    strange = sorted(known.symmetric_difference(before.settings) | set(more).difference(before.more))
    if strange:
        raise bv.UsageError(f"the checkpoint is of another version of this recipe ({', '.join(strange)}); "
                            "train anew without --resume")  # fmt: skip
    return kind(**before.settings)


def refuse_changes(
    known: object, said: Mapping[str, object], fixed: Sequence[str], *, options: Mapping[str, str] | None = None
) -> None:
    """UsageError when one of the `fixed` settings of a checkpoint was said otherwise. `options` has the
    command-line names of settings that are called differently there."""
    for name in fixed:
        before = getattr(known, name)
        if name in said and said[name] != before:
            option = f"--{(options or {}).get(name, name).replace('_', '-')}"
            raise bv.UsageError(f"the checkpoint was trained with {option} {_shown(before)}, not {_shown(said[name])}; "
                                "leave it out")  # fmt: skip


def _shown(setting: object) -> str:
    return f"of {len(setting)} words" if isinstance(setting, tuple) else str(setting)


def restore(checkpoint: Checkpoint, model: nn.Module, optimizers: Sequence[Optimizer]) -> None:
    """Weights and optimizer memory back where they were; UsageError when they are those of another model."""
    try:
        model.load_state_dict(checkpoint.model)
    except RuntimeError as fault:
        first = str(fault).strip().splitlines()[-1].strip()
        raise bv.UsageError(f"the checkpoint's weights are of another model; leave the options that shape it out "
                            f"({first})") from fault  # fmt: skip
    try:
        for optimizer, memory in zip(optimizers, checkpoint.optimizers, strict=True):
            optimizer.load_state_dict(memory)
    except ValueError as fault:
        raise bv.UsageError(f"the checkpoint's optimizers are those of another model ({fault}); give another, or train "
                            "anew") from fault  # fmt: skip
