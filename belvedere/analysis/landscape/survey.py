"""`bv.landscape`: the loss on a plane through a model's weights, measured cell by cell."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from belvedere.analysis.landscape.cells import Cells, Subject
from belvedere.analysis.landscape.directions import random_plane
from belvedere.analysis.landscape.grid import Ground, even, filled, ground_of
from belvedere.analysis.landscape.losses import LossFunction, loss_of
from belvedere.analysis.landscape.ranks import Share, agree, share_of_this_process
from belvedere.analysis.landscape.surface import Landscape
from belvedere.analysis.landscape.trajectory import trajectory_plane
from belvedere.analysis.landscape.weights import Weights, fingerprint, matched, plain_name, untouched, weights_of
from belvedere.core.errors import UsageError

KINDS = ("random", "pca")
MARGIN = 0.25  # of the path's extent, left free on each side of it for a span of 1
Floats = NDArray[np.float64]


class Recorder(Protocol):
    """What is used of a run."""

    def log(self, data: Mapping[str, object], step: int | None = None, commit: bool | None = None) -> None: ...


def landscape(
    model: nn.Module, loss_fn: LossFunction, *, run: Recorder | None = None, step: int | None = None,
    kind: str = "random", size: int = 21, span: float = 1.0, seed: int = 0,
    checkpoints: Sequence[Mapping[str, Tensor]] = (), steps: Sequence[int] | None = None,
    path: str | Path | None = None, batched: bool | None = None, is_shared: bool = True, progress: bool = True,
) -> Landscape:  # fmt: skip
    """The loss on a `size` × `size` grid around the model's weights θ, in evaluation mode, for one fixed batch.

    `loss_fn(model)` returns the mean loss as one number. It is called size² times and a few more; weights, buffers,
    modes and random numbers are afterwards what they were, bit for bit, also after an exception or Ctrl-C.

    kind "random": two filter-normalised directions (seeded), from -span to span; at 1 every weight row has moved by
        its own norm
    kind "pca": the plane of the `checkpoints` (state dicts in order, the model itself comes last), `steps` names them;
        the grid holds their path, and span × 25 % of its extent around it
    path: a file that keeps every finished cell, so that the same call goes on after an interruption
    batched: many cells at once with vmap. None: on a GPU, where the loss function allows it; `how` says what was done
    is_shared: with torchrun every process must make this call; each takes its part of the cells, all get the result
    run: the result is logged there as `landscape/surface`, at `step` or at the run's current step

    UsageError when the loss of the model itself is not finite; losses elsewhere are kept as they come out.
    """
    _refuse(kind, size, span, seed, checkpoints, steps)
    named = tuple(range(len(checkpoints) + 1)) if steps is None else tuple(steps)
    where = None if path is None else Path(path)
    wish = _Wish(kind, size, span, seed, checkpoints, named, where, batched, progress)
    weights = weights_of(model)
    share = share_of_this_process(is_shared=is_shared, has_file=path is not None)
    with untouched(model):
        found = (_pca if kind == "pca" else _random)(model, loss_fn, weights, share, wish)
    if run is not None and share.rank == 0:
        run.log({"landscape/surface": found.array()}, step=step, commit=False)
    return found


def _refuse(
    kind: str, size: int, span: float, seed: int, checkpoints: Sequence[object], steps: Sequence[int] | None
) -> None:
    if kind not in KINDS:
        raise UsageError(f"kind={kind!r} is not known; use one of {', '.join(KINDS)}")
    if size < 2:
        raise UsageError(f"size={size} makes no grid; use at least 2")
    if not 0 < span < float("inf"):
        raise UsageError(f"span={span} is no width; use a positive number, 1 for a first look")
    if seed < 0:
        raise UsageError(f"seed={seed} is below 0; use 0 or more")
    if kind == "random" and checkpoints:
        raise UsageError(
            "random directions stand at right angles to any path, so checkpoints cannot be drawn; use kind='pca'"
        )
    if kind == "pca" and len(checkpoints) < 2:
        raise UsageError(f"kind='pca' needs the checkpoints of a path, got {len(checkpoints)}; give at least 2")
    if steps is not None and len(steps) != len(checkpoints) + 1:
        raise UsageError(
            f"{len(steps)} steps for {len(checkpoints)} checkpoints; name one for each and one for the model"
        )


@dataclass(frozen=True, eq=False)
class _Wish:
    """The arguments of `landscape` that say what to measure."""

    kind: str
    size: int
    span: float
    seed: int
    checkpoints: Sequence[Mapping[str, Tensor]]
    steps: tuple[int, ...]
    path: Path | None
    batched: bool | None
    progress: bool


def _random(model: nn.Module, loss_fn: LossFunction, weights: Weights, share: Share, wish: _Wish) -> Landscape:
    first, second, facts = random_plane(weights, wish.seed)
    ground = ground_of(model, loss_fn, weights, (first, second))
    alphas = betas = wish.span * even(wish.size)
    losses, how, center_loss = _measured(ground, alphas, betas, share, wish, [wish.seed])
    return Landscape(
        "random", alphas, betas, losses, center_loss, weights.count, wish.span, wish.seed, how, facts=facts
    )  # fmt: skip


def _pca(model: nn.Module, loss_fn: LossFunction, weights: Weights, share: Share, wish: _Wish) -> Landscape:
    found = trajectory_plane(weights, wish.checkpoints, wish.seed)
    ground = ground_of(model, loss_fn, weights, (found.first, found.second))
    alphas, betas = (_around(found.path[:, axis], wish.span, wish.size) for axis in (0, 1))
    states = [matched(weights, state, what="a checkpoint") for state in wish.checkpoints]
    marks = [fingerprint(state, ()) for state in states]
    losses, how, center_loss = _measured(ground, alphas, betas, share, wish, marks)
    on_plane, own = _along_path(ground, found.path, wish.checkpoints, center_loss)
    return Landscape(
        "pca", alphas, betas, losses, center_loss, weights.count, wish.span, wish.seed, how, steps=wish.steps,
        path=np.column_stack([found.path, own]), path_on_plane=on_plane, explained=found.explained,
        null_explained=found.null.explained, null_low=found.null.low, null_high=found.null.high,
        null_path=found.null.path,
    )  # fmt: skip


def _measured(
    ground: Ground, alphas: Floats, betas: Floats, share: Share, wish: _Wish, marks: Sequence[object]
) -> tuple[Floats, str, float]:
    """Losses (rows, columns), how they were evaluated, and the loss at θ. `marks` tell this plane from others."""
    center_loss = loss_of(ground.model, ground.loss_fn)
    if not math.isfinite(center_loss):
        raise UsageError(
            f"the loss of the model itself is {center_loss}, so there is nothing to look around; check its weights and "
            "the batch, or take an earlier checkpoint"
        )
    state = [*ground.weights.tensors, *ground.model.buffers()]
    mark = fingerprint(state, [wish.kind, wish.size, wish.span, *marks])
    subject = Subject(mark, len(betas), len(alphas), center_loss)
    agree(share, subject)
    cells = Cells(wish.path, subject, rank=share.rank)
    losses, how = filled(
        ground, alphas, betas, cells=cells, share=share, batched=wish.batched, progress=wish.progress
    )  # fmt: skip
    return losses, how, center_loss


def _around(values: Floats, span: float, size: int) -> Floats:
    """(size,): from the least to the greatest value, and MARGIN × span of that extent on each side."""
    low, high = float(values.min()), float(values.max())
    half = (0.5 + MARGIN * span) * (high - low)
    return (low + high) / 2 + half * even(size)


def _along_path(
    ground: Ground, path: Floats, checkpoints: Sequence[Mapping[str, Tensor]], center_loss: float
) -> tuple[Floats, Floats]:
    """(n,) twice: the loss where the plane has the checkpoints, and the loss of the checkpoints themselves."""
    walk = ground.walk
    on_plane = [walk.at(place) for place in path.tolist()]
    walk.go_home()
    own = []
    for state in checkpoints:
        walk.visit.put(matched(ground.weights, state, what="a checkpoint"))
        named = {plain_name(name): tensor for name, tensor in state.items()}
        for name, buffer in ground.model.named_buffers():
            if (kept := named.get(plain_name(name))) is not None and kept.shape == buffer.shape:
                buffer.copy_(kept)
        own.append(loss_of(ground.model, ground.loss_fn))
    return np.array(on_plane), np.array([*own, center_loss])
