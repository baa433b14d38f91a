"""Histograms of weights and gradients by block: counted on the device, brought over in one copy, nothing waits.

Keys are `weights/{block}` and `gradients/{block}`, each with 64 equal bins from the smallest to the largest finite
value. Costs three passes over the tensors and, for one piece of at most 16 M values at a time, a float32 copy of it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.core.values import HISTOGRAM_BINS, Histogram
from belvedere.record.capture.asked import Sheltered, needed_module, needed_run, send, step_of
from belvedere.record.capture.blocks import Blocks, blocks_of
from belvedere.record.deferred import Arrays
from belvedere.record.run import Run

KINDS = ("weights", "gradients")
PIECE_VALUES = 1 << 24  # float32 counts of one piece are exact up to here


def log_histograms(
    model: object, what: Sequence[str] = ("weights",), *, step: int | None = None, run: Run | None = None
) -> None:
    """Log one histogram per block of the model's weights, gradients or both to the run (given, or the current one).

    what: "weights", "gradients" or both; gradients are there between `backward()` and `zero_grad()`, and are counted as
    they are then (under GradScaler multiplied, until `unscale_`). A block without gradients is left out. UsageError for
    other words, what is no module, and where there is no run.
    """
    recorder = needed_run(run, "log_histograms()")
    whole = needed_module(model, "log_histograms()")
    kinds = [what] if isinstance(what, str) else list(what)
    if not kinds or set(kinds) - set(KINDS):
        raise UsageError(f"what={what!r} names nothing to count; use 'weights', 'gradients' or both")
    if recorder.disabled:
        return
    with Sheltered(recorder, "log_histograms()"):
        blocks = blocks_of(whole)
        for kind in kinds:
            _log_kind(recorder, kind, blocks, step_of(recorder, step))


def _log_kind(run: Run, kind: str, blocks: Blocks, step: int) -> None:
    tensors: dict[str, list[torch.Tensor]] = {}
    for row, parameter in zip(blocks.rows, blocks.parameters, strict=True):
        found = parameter if kind == "weights" else parameter.grad
        if found is not None:
            tensors.setdefault(blocks.names[row], []).append(_dense(found))
    if not tensors:
        run._guard.tell(
            "no parameter has a gradient, so none was counted; log gradients between backward() and zero_grad()",
            kind="histograms",
        )  # fmt: skip
        return
    names = [name for name in blocks.names if name in tensors]

    def write(arrays: Arrays) -> None:
        values = {f"{kind}/{name}": _histogram(packed) for name, packed in zip(names, arrays, strict=True)}
        run._deferred.write(step, values)

    send(run, f"the histograms of {kind}", [counted(tensors[name]) for name in names], write)


@torch.no_grad()
def counted(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """(67,) float64 on the device of the first: smallest and largest finite value, values that are not finite, then 64
    counts."""
    pieces = [piece for tensor in tensors for piece in torch.split(tensor.detach().reshape(-1), PIECE_VALUES)]
    home = pieces[0].device
    wide = torch.float32 if home.type == "mps" else torch.float64
    lows = [torch.where(piece.isfinite(), piece, torch.inf).amin().to(home, wide) for piece in pieces]
    highs = [torch.where(piece.isfinite(), piece, -torch.inf).amax().to(home, wide) for piece in pieces]
    low, high = torch.stack(lows).amin(), torch.stack(highs).amax()
    is_empty, is_flat = low > high, low == high
    low, high = torch.where(is_empty, 0.0, low), torch.where(is_empty, 1.0, high)
    low, high = torch.where(is_flat, low - 0.5, low), torch.where(is_flat, high + 0.5, high)  # as numpy does
    counts = torch.zeros(HISTOGRAM_BINS, dtype=wide, device=home)
    nonfinite = torch.zeros((), dtype=wide, device=home)
    for piece in pieces:
        is_missing = piece.isfinite().logical_not_()
        values = piece if piece.dtype == torch.float64 else piece.float()
        start, width = low.to(piece.device), (high - low).to(piece.device)
        places = (values - start).div_(width).clamp_(0, 1).masked_fill_(is_missing, -1)  # outside of what is counted
        counts += _counts(places).to(home, wide)
        nonfinite += is_missing.sum().to(home)
    return torch.cat([torch.stack([low, high, nonfinite]), counts])


def _counts(places: torch.Tensor) -> torch.Tensor:
    """(64,) how many of the places in [0, 1] fall into each bin; negative ones into none."""
    if places.device.type == "cuda" and not torch.are_deterministic_algorithms_enabled():
        return torch.histc(places, HISTOGRAM_BINS, 0, 1)
    bins = (places * HISTOGRAM_BINS).long().clamp_(-1, HISTOGRAM_BINS - 1) + 1  # bin 0: those left out
    counts = torch.zeros(HISTOGRAM_BINS + 1, dtype=torch.int64, device=places.device)
    return counts.index_add_(0, bins, torch.ones_like(counts[:1]).expand(len(bins)))[1:]


def _histogram(packed: NDArray[np.generic]) -> Histogram:
    low, high, nonfinite, *counts = packed.tolist()
    edges = np.linspace(low, high, HISTOGRAM_BINS + 1)
    made = Histogram(counts=np.asarray(counts).round().astype(np.int64), edges=edges)
    made.nonfinite = int(nonfinite)
    return made


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    """The values of a sparse gradient; complex ones as pairs."""
    if tensor.layout is not torch.strided:
        tensor = tensor.coalesce().values()
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor
