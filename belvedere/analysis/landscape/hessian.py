"""The sharpest direction at a model's weights: the top eigenvalue of the Hessian, beside the limit of stability.

Gradient descent with rate η is stable along a direction of curvature λ while λ < 2/η. Sources: Cohen, Kaur, Li, Kolter,
Talwalkar, "Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability", 2021; for Adam, whose steps
are taken in rescaled coordinates, Cohen et al., "Adaptive Gradient Methods at the Edge of Stability", 2022.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.optim import Adam, AdamW, Optimizer

from belvedere.analysis.landscape.losses import LossFunction, same_dice
from belvedere.analysis.landscape.survey import Recorder
from belvedere.analysis.landscape.weights import precise, untouched
from belvedere.core.errors import UsageError

Vector = list[Tensor]  # one tensor for each weight
Product = Callable[[Vector], Vector]


@dataclass(frozen=True)
class Curvature:
    """top: the largest eigenvalue · lowest: the most negative one, when the search met it, else None
    products: Hessian-vector products used · residual: ‖Hv − λv‖ / |λ| at the end; `is_converged`: the last products
    changed λ by less than the tolerance
    limit: 2/lr, where plain gradient descent becomes unstable; None without a learning rate
    preconditioned, preconditioned_limit: the same in Adam's own coordinates, with its optimizer given; else None
    note: in words, what does not follow from these numbers
    """

    top: float
    lowest: float | None
    products: int
    residual: float
    is_converged: bool
    limit: float | None
    preconditioned: float | None
    preconditioned_limit: float | None
    note: str

    def scalars(self) -> dict[str, float]:
        """The series that a run keeps."""
        found = {
            "hessian/top_eigenvalue": self.top,
            "hessian/sharpness_limit": self.limit,
            "hessian/preconditioned_eigenvalue": self.preconditioned,
            "hessian/preconditioned_limit": self.preconditioned_limit,
            "hessian/residual": self.residual,
        }
        return {name: value for name, value in found.items() if value is not None}


def hessian_top(
    model: nn.Module, loss_fn: LossFunction, *, lr: float | None = None, optimizer: Optimizer | None = None,
    products: int = 20, tolerance: float = 1e-3, seed: int = 0, run: Recorder | None = None, step: int | None = None,
) -> Curvature:  # fmt: skip
    """Power iteration with exact Hessian-vector products (double backward) on one fixed batch, in evaluation mode.

    products: at most so many for each search; one costs about two backward passes · tolerance: relative change of λ
    lr: learning rate of the limit 2/lr; from the optimizer's first group when only that is given
    optimizer: of Adam or AdamW, to look in its coordinates too, with the limit (2 + 2β₁) / ((1 − β₁) · lr)
    run: the numbers are logged there as `hessian/…`. The model is afterwards what it was, bit for bit.
    """
    if products < 1:
        raise UsageError(f"products={products} finds nothing; use 10 to 20")
    rate = float(optimizer.param_groups[0]["lr"]) if lr is None and optimizer is not None else lr
    if rate is not None and not rate > 0:
        raise UsageError(f"lr={rate} has no limit of stability; give a learning rate above 0")
    with untouched(model), _differentiable(model) as weights, torch.enable_grad(), _twice_differentiable():
        apply = _hessian(model, loss_fn, weights)
        found = _largest(apply, weights, products=products, tolerance=tolerance, seed=seed)
        scales = _adam_scales(optimizer, weights)
        scaled = None
        if scales is not None:
            scaled = _largest(_between(apply, scales), weights, products=products, tolerance=tolerance, seed=seed)
    curvature = Curvature(
        found.top, found.lowest, found.products + (scaled.products if scaled else 0), found.residual,
        found.is_converged, None if rate is None else 2 / rate, scaled.top if scaled else None,
        _adam_limit(optimizer) if scaled else None, _note(optimizer, has_scales=scales is not None),
    )  # fmt: skip
    if run is not None:
        run.log(curvature.scalars(), step=step, commit=False)
    return curvature


@dataclass(frozen=True)
class _Found:
    top: float
    lowest: float | None
    products: int
    residual: float
    is_converged: bool


def _largest(apply: Product, weights: Vector, *, products: int, tolerance: float, seed: int) -> _Found:
    """The largest eigenvalue. Power iteration finds that of the largest size; if it is negative, a second search in
    H − λI finds the other end."""
    value, used, residual, is_converged = _power(apply, weights, products=products, tolerance=tolerance, seed=seed)
    if not value < 0:
        return _Found(value, None, used, residual, is_converged)
    lowest = value

    def shifted(vector: Vector) -> Vector:
        return list(torch._foreach_sub(apply(vector), torch._foreach_mul(vector, lowest)))

    value, more, residual, is_converged = _power(
        shifted, weights, products=products, tolerance=tolerance, seed=seed
    )  # fmt: skip
    top = value + lowest
    residual = residual * value / abs(top) if top else float("inf")
    return _Found(top, lowest, used + more, residual, is_converged)


def _power(
    apply: Product, weights: Vector, *, products: int, tolerance: float, seed: int
) -> tuple[float, int, float, bool]:
    """λ of largest size by its Rayleigh quotient, the products used, the residual, and whether λ has settled."""
    generator = torch.Generator().manual_seed(seed)
    vector = [torch.randn(w.shape, generator=generator, dtype=w.dtype).to(w.device) for w in weights]
    vector = _scaled(vector, 1 / _length(vector))
    value, residual = float("nan"), float("inf")
    for used in range(1, products + 1):
        image = apply(vector)
        before, value = value, _product(vector, image)
        size = _length(image)
        if not size > 0 or size == float("inf"):  # a flat place, or a loss that is no number there
            return (0.0 if size == 0 else float("nan")), used, 0.0 if size == 0 else float("inf"), size == 0
        residual = max(size * size - value * value, 0.0) ** 0.5 / abs(value) if value else float("inf")
        vector = _scaled(image, 1 / size)
        if abs(value - before) <= tolerance * abs(value):
            return value, used, residual, True
    return value, products, residual, False


def _hessian(model: nn.Module, loss_fn: LossFunction, weights: Vector) -> Product:
    """v ↦ Hv. The first backward pass is made once and kept; each product is one more backward pass through it."""
    same_dice()
    loss = loss_fn(model)
    if not isinstance(loss, Tensor) or loss.numel() != 1 or not loss.requires_grad:
        raise UsageError("the loss function gave no number with a gradient; return the mean loss as a tensor")
    gradients = torch.autograd.grad(loss.reshape(()), weights, create_graph=True, allow_unused=True)
    used = [(gradient, weight) for gradient, weight in zip(gradients, weights) if gradient is not None]
    live = [gradient for gradient, _ in used if gradient.requires_grad]

    def apply(vector: Vector) -> Vector:
        along = [v for gradient, v in zip(gradients, vector) if gradient is not None and gradient.requires_grad]
        if not live:  # the loss is linear in the weights
            return [torch.zeros_like(v) for v in vector]
        found = torch.autograd.grad(live, weights, grad_outputs=along, retain_graph=True, allow_unused=True)
        return [torch.zeros_like(v) if part is None else part for part, v in zip(found, vector)]

    return apply


@contextmanager
def _differentiable(model: nn.Module) -> Iterator[Vector]:
    """The weights that are trained; all, and only for now, when none is."""
    known = [weight for weight in model.parameters() if weight.is_floating_point() and weight.numel()]
    if not known:
        raise UsageError(f"{type(model).__name__} has no parameters, so its loss has no curvature; pass another model")
    chosen = [weight for weight in known if weight.requires_grad]
    if chosen:
        yield list(chosen)
        return
    try:
        for weight in known:
            weight.requires_grad_(True)
        yield list(known)
    finally:
        for weight in known:
            weight.requires_grad_(False)


@contextmanager
def _twice_differentiable() -> Iterator[None]:
    """Fused attention and cuDNN's recurrent layers have no second derivative; their plain forms do."""
    with sdpa_kernel(SDPBackend.MATH), torch.backends.cudnn.flags(enabled=False):
        yield


def _adam_scales(optimizer: Optimizer | None, weights: Vector) -> Vector | None:
    """P^(-1/2) of each weight with Adam's P = diag(√v̂ + ε); None when there is no such state for all of them."""
    if not isinstance(optimizer, Adam | AdamW):
        return None
    groups = {id(weight): group for group in optimizer.param_groups for weight in group["params"]}
    scales = []
    for weight in weights:
        memory = optimizer.state.get(weight, {})
        if id(weight) not in groups or "exp_avg_sq" not in memory:
            return None
        group = groups[id(weight)]
        corrected = memory["exp_avg_sq"] / (1 - group["betas"][1] ** float(memory["step"]))
        scales.append(precise(corrected).sqrt().add(group["eps"]).rsqrt().to(weight.dtype))
    return scales


def _adam_limit(optimizer: Optimizer | None) -> float | None:
    """(2 + 2β₁) / ((1 − β₁) · lr): 38 / lr for the usual β₁ = 0.9."""
    if optimizer is None:
        return None
    group = optimizer.param_groups[0]
    beta = float(group["betas"][0])
    return (2 + 2 * beta) / ((1 - beta) * float(group["lr"]))


def _between(apply: Product, scales: Vector) -> Product:
    """P^(-1/2) H P^(-1/2)."""

    def scaled(vector: Vector) -> Vector:
        return list(torch._foreach_mul(apply(list(torch._foreach_mul(vector, scales))), scales))

    return scaled


def _note(optimizer: Optimizer | None, *, has_scales: bool) -> str:
    if optimizer is None:
        return "2/lr is the limit of plain gradient descent; momentum and adaptive optimizers have others."
    name = type(optimizer).__name__
    if has_scales:
        return f"2/lr is the limit of plain gradient descent; {name} has its own, in its own coordinates."
    return (
        f"2/lr is the limit of plain gradient descent. {name} changes the coordinates of each step and its own limit "
        "was not computed: that needs Adam or AdamW with the state of every weight."
    )


def _product(one: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    return sum(float((a * b).sum(dtype=torch.float64)) for a, b in zip(one, other))


def _length(vector: Sequence[Tensor]) -> float:
    return math.sqrt(_product(vector, vector))


def _scaled(vector: Vector, factor: float) -> Vector:
    return [part.detach() * factor for part in vector]
