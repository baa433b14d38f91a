"""Fills the cells of a grid on a plane through the weights: those not yet done, and only this process's part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from belvedere.analysis.landscape.cells import Cells
from belvedere.analysis.landscape.losses import LossFunction, ManyAtOnce, OneByOne, Place, many_at_once
from belvedere.analysis.landscape.progress import bar
from belvedere.analysis.landscape.ranks import Share, gathered
from belvedere.analysis.landscape.weights import Direction, Weights

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ground:
    """A model, the loss that is looked at, the plane through its weights, and who walks on it from where they are."""

    model: nn.Module
    loss_fn: LossFunction
    weights: Weights
    plane: tuple[Direction, Direction]
    walk: OneByOne


def ground_of(model: nn.Module, loss_fn: LossFunction, weights: Weights, plane: tuple[Direction, Direction]) -> Ground:
    """To be made while the model is at home."""
    return Ground(model, loss_fn, weights, plane, OneByOne(model, loss_fn, weights, plane))


def even(size: int) -> Floats:
    """(size,) from -1 to 1; the middle of an odd number is exactly 0, and each value has its exact opposite."""
    return np.asarray((2 * np.arange(size) - (size - 1)) / (size - 1), dtype=np.float64)


def filled(
    ground: Ground, alphas: Floats, betas: Floats, *, cells: Cells, share: Share, batched: bool | None, progress: bool
) -> tuple[Floats, str]:
    """Losses (rows, columns) of the whole grid, and how they were evaluated."""
    columns, total = len(alphas), len(alphas) * len(betas)
    todo = [cell for cell in range(total) if share.takes(cell) and cell not in cells.done]
    places = [(float(alphas[cell % columns]), float(betas[cell // columns])) for cell in todo]
    how = OneByOne.how
    try:
        if places:
            evaluate, how = _evaluator(ground, places[0], batched)
            with bar("landscape", total=len(todo), is_wanted=progress and share.rank == 0) as told:
                at = 0
                for losses in evaluate.losses(places):
                    cells.add(todo[at : at + len(losses)], losses)
                    at += len(losses)
                    told(at)
            how = evaluate.how if isinstance(evaluate, ManyAtOnce) else how  # its chunks may have become smaller
    finally:
        cells.close()
    done = gathered(share, cells)
    found = np.array([done[cell] for cell in range(total)], dtype=np.float64)
    return found.reshape(len(betas), columns), _among(share, how)


def _evaluator(ground: Ground, place: Place, batched: bool | None) -> tuple[OneByOne | ManyAtOnce, str]:
    """Batched where that is asked for, or may pay, and works; in words why not."""
    one_by_one = ground.walk
    if not (ground.weights.device.type == "cuda" if batched is None else batched):
        return one_by_one, one_by_one.how
    expected = one_by_one.at(place)
    one_by_one.go_home()
    found = many_at_once(ground.model, ground.loss_fn, ground.weights, ground.plane, place=place, expected=expected)
    if isinstance(found, str):
        return one_by_one, f"{one_by_one.how}, because {found}"
    return found, found.how


def _among(share: Share, how: str) -> str:
    return f"{how}, {share.world} processes" if share.world > 1 else how
