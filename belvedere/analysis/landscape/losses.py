"""The loss at places of a plane: one place after the other, or many at once with `torch.func.vmap`."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from belvedere.analysis.landscape.weights import Direction, Visit, Weights
from belvedere.core.errors import UsageError

LossFunction: TypeAlias = Callable[[nn.Module], "Tensor | float"]
Place: TypeAlias = tuple[float, float]  # how far along the first and the second direction
Losses: TypeAlias = list[float]

CHUNK_MAX = 64
CHUNK_ON_CPU = 8
MEMORY_SHARE = 0.5  # of the free memory of a GPU
AGREES = 1e-3  # relative: sums in another order differ by less, another loss by more
SEED = 0


class OneByOne:
    """Moves the model itself: works with any loss function."""

    how = "one cell at a time"

    def __init__(self, model: nn.Module, loss_fn: LossFunction, weights: Weights, plane: Sequence[Direction]) -> None:
        self.visit = Visit(weights)
        self._model, self._loss_fn, self._plane = model, loss_fn, plane

    def at(self, place: Sequence[float]) -> float:
        """The loss there; the model stays there."""
        self.visit.go(self._plane, place)
        return loss_of(self._model, self._loss_fn)

    def go_home(self) -> None:
        """The model back to θ."""
        self.visit.go((), ())

    def losses(self, places: Sequence[Place]) -> Iterator[Losses]:
        """One at a time."""
        for place in places:
            yield [self.at(place)]


def loss_of(model: nn.Module, loss_fn: LossFunction) -> float:
    """One number, NaN and ±Inf as they are; UsageError when the loss function returns anything else.

    Every call sees the same random numbers, so that a loss function which draws its batch draws one batch."""
    same_dice()
    with torch.no_grad():
        loss = loss_fn(model)
    return float(_checked(loss))


def same_dice() -> None:
    """The same random numbers from here on each time; `untouched` gives the caller's own ones back."""
    torch.manual_seed(SEED)


def _checked(loss: object) -> "Tensor | float":
    if isinstance(loss, Tensor):
        if loss.numel() != 1 or loss.is_complex():
            raise UsageError(f"the loss function returned a tensor of shape {tuple(loss.shape)}; return its mean")
        return loss.reshape(())
    if isinstance(loss, int | float):
        return loss
    raise UsageError(f"the loss function returned a {type(loss).__name__}; return one number, such as the mean loss")


class _Called(nn.Module):
    """A model with its loss function as one module, so that `functional_call` can put other weights into it."""

    def __init__(self, model: nn.Module, loss_fn: LossFunction) -> None:
        super().__init__()
        self.model, self.loss_fn = model, loss_fn

    def forward(self) -> "Tensor | float":
        return _checked(self.loss_fn(self.model))


class ManyAtOnce:
    """Chunks of cells as one batched forward pass. The loss function may use nothing but the model it is given, and
    may not look at the value of a tensor."""

    def __init__(self, model: nn.Module, loss_fn: LossFunction, weights: Weights, plane: Sequence[Direction]) -> None:
        self._called = _Called(model, loss_fn)
        pointers = {weight.data_ptr(): name for name, weight in model.named_parameters()}
        self._names = [f"model.{pointers[tensor.data_ptr()]}" for tensor in weights.tensors]
        self._home = [tensor.clone() for tensor in weights.tensors]
        self._first, self._second = plane
        self._device = weights.device
        self.chunk = CHUNK_ON_CPU
        self._batched: Callable[[Tensor, Tensor], Tensor] = torch.func.vmap(self._at, randomness="same")

    @property
    def how(self) -> str:
        """In words."""
        return f"{self.chunk} cells at once (vmap)"

    def _at(self, alpha: Tensor, beta: Tensor) -> Tensor:
        moved = {
            name: (home + alpha * one + beta * other).to(home.dtype)
            for name, home, one, other in zip(self._names, self._home, self._first, self._second)
        }
        found: Tensor = torch.func.functional_call(self._called, moved, ())
        return found

    def losses(self, places: Sequence[Place]) -> Iterator[Losses]:
        """As many at once as the memory takes; half as many after it did not."""
        first = 0
        while first < len(places):
            try:
                found = self.chunk_of(places[first : first + self.chunk])
            except torch.cuda.OutOfMemoryError:
                if self.chunk == 1:
                    raise
                self.chunk //= 2
                torch.cuda.empty_cache()
                continue
            yield found
            first += len(found)

    def chunk_of(self, places: Sequence[Place]) -> Losses:
        """The losses of these places in one pass."""
        alphas, betas = (
            torch.tensor(column, dtype=self._first[0].dtype, device=self._device) for column in zip(*places)
        )
        same_dice()
        with torch.no_grad(), self._attention():
            found = self._batched(alphas, betas)
        return [float(loss) for loss in found.tolist()]

    def _attention(self) -> AbstractContextManager[None]:
        """The fused attention of CPUs cannot be batched; its plain form can."""
        return sdpa_kernel(SDPBackend.MATH) if self._device.type == "cpu" else nullcontext()

    def measure_chunk(self, place: Place) -> None:
        """How many cells fit, from what two of them take. On a CPU more at once only spoils the caches."""
        if self._device.type != "cuda":
            return
        torch.cuda.reset_peak_memory_stats(self._device)
        before = torch.cuda.memory_allocated(self._device)
        self.chunk_of([place, place])
        each = max(1, (torch.cuda.max_memory_allocated(self._device) - before) // 2)
        free, _ = torch.cuda.mem_get_info(self._device)
        self.chunk = max(1, min(CHUNK_MAX, int(MEMORY_SHARE * free) // each))


def many_at_once(
    model: nn.Module, loss_fn: LossFunction, weights: Weights, plane: Sequence[Direction], *, place: Place,
    expected: float,
) -> "ManyAtOnce | str":  # fmt: skip
    """A batched evaluation, or why this loss function cannot be batched. It has to find `expected` at `place`."""
    found = ManyAtOnce(model, loss_fn, weights, plane)
    try:
        found.measure_chunk(place)
        loss = found.chunk_of([place, place])[1]
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as fault:
        return f"vmap refused: {str(fault).strip().splitlines()[0][:160]}"
    is_equal = loss == expected or (math.isnan(loss) and math.isnan(expected))
    if not is_equal and not math.isclose(loss, expected, rel_tol=AGREES, abs_tol=AGREES):
        return f"vmap found {loss:.6g} where the model itself gives {expected:.6g}"
    return found
