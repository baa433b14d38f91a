"""What all trainings here share: who records them, how their learning rate goes, and what their config tells.

A switch that breaks something without being a hyper-parameter is declared with `hidden(...)`: it works, and the config
of the run does not tell it, just as a bug in somebody's loader would not be told.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

import belvedere as bv

Value = TypeVar("Value")

WATCHED_EVERY = 5  # steps between two looks at gradients, weights and activations
EVALUATED_EVERY = 10  # steps between two looks at held-out examples
RESTARTS = 4  # cycles of the schedule "restarts"


@dataclass(frozen=True)
class Order:
    """How one training is asked for. `name`, `group` and `run_id` must not tell what is wrong with it."""

    seed: int
    project: str = "faults"
    name: str | None = None
    group: str | None = None
    dir: str | None = None
    run_id: str | None = None
    is_recorded: bool = True
    asked: tuple[list[int], ...] = ()  # the list of `asked_to_stop`, if anybody can ask

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether Ctrl-C or SIGTERM came."""
        return any(self.asked)


@dataclass(frozen=True)
class Outcome:
    """The loss of each step, the run, and the folder of all projects that it lies in ("" when it is not recorded)."""

    losses: tuple[float, ...]
    run_id: str
    folder: str
    is_stopped: bool


class Settings(Protocol):
    """What every training's settings have."""

    @property
    def steps(self) -> int: ...
    def train(self, order: Order) -> Outcome: ...


def hidden(default: Value) -> Value:
    """A field whose value the config of the run does not tell."""
    return field(default=default, metadata={"is_hidden": True})


def told(settings: object) -> dict[str, object]:
    """The plain hyper-parameters."""
    return {one.name: getattr(settings, one.name) for one in fields(settings)  # type: ignore[arg-type]
            if not one.metadata.get("is_hidden")}  # fmt: skip


def open_run(settings: object, order: Order, **more: object) -> bv.Run:
    """A run whose config holds the plain hyper-parameters, the seed and `more`."""
    torch.set_num_threads(1)
    torch.manual_seed(order.seed)
    return bv.init(
        project=order.project, id=order.run_id, name=order.name, group=order.group, dir=order.dir, console=False,
        mode=None if order.is_recorded else "disabled", config=told(settings) | {"seed": order.seed} | more,
    )  # fmt: skip


def watch(run: bv.Run, model: nn.Module, optimizers: Iterable[Optimizer], *, has_activations: bool = True) -> None:
    """Gradients, weights and activations by block at an even rhythm: the steps are too short for a share of them."""
    run.watch(model, list(optimizers), every=WATCHED_EVERY, budget=None)
    if has_activations:
        bv.watch_activations(model, every=WATCHED_EVERY, budget=None, run=run)


def closed(run: bv.Run, losses: list[Tensor], order: Order) -> Outcome:
    """Finish the run; "stopped" when somebody asked."""
    run.finish(state="stopped" if order.is_asked_to_stop else None)
    folder = str(Path(run.dir).parents[1]) if order.is_recorded else ""
    return Outcome(tuple(loss.item() for loss in losses), run.id, folder, order.is_asked_to_stop)


# ---------------------------------------------------------------------------------------------------------------------
# Learning rates


def optimizer_of(name: str, parameters: Iterable[Tensor], *, lr: float, weight_decay: float = 0.0) -> Optimizer:
    """One of sgd, momentum (0.9), adam, adamw."""
    weights = list(parameters)
    if name in ("sgd", "momentum"):
        return SGD(weights, lr=lr, momentum=0.9 if name == "momentum" else 0.0, weight_decay=weight_decay)
    if name == "adam":
        return Adam(weights, lr=lr, weight_decay=weight_decay)
    return AdamW(weights, lr=lr, weight_decay=weight_decay)


def share_of_rate(schedule: str, step: int, steps: int, *, warmup: int = 0) -> float:
    """What the learning rate is multiplied with, 0 … 1; `schedule` is constant, cosine, steps, restarts or linear."""
    rise = min(1.0, (step + 1) / (warmup + 1))
    done = step / steps  # 0 … 1
    if schedule == "cosine":
        return rise * (1 + math.cos(math.pi * done)) / 2
    if schedule == "linear":
        return rise * (1 - done)
    if schedule == "steps":  # a tenth at 50 %, a hundredth at 75 %
        return rise * (1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01)
    if schedule == "restarts":  # Loshchilov and Hutter 2017, cycles of one length
        return rise * (1 + math.cos(math.pi * (done * RESTARTS % 1))) / 2
    if schedule != "constant":
        raise bv.UsageError(f"there is no schedule {schedule!r}; take constant, cosine, steps, restarts or linear")
    return rise


def set_rate(optimizers: Iterable[Optimizer], rate: float) -> None:
    """The same learning rate for every group."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate * group.get("times", 1.0)


def gradient_norm(model: nn.Module) -> Tensor:
    """Over all weights that have a gradient, ()."""
    gradients = [weight.grad.float() for weight in model.parameters() if weight.grad is not None]
    return torch.stack(torch._foreach_norm(gradients)).norm() if gradients else torch.zeros(())
