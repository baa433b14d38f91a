"""A checkpoint as a model with its loss, and the steps of several."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from belvedere.analysis.landscape.losses import LossFunction
from belvedere.core.errors import UsageError

NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, eq=False)
class Loaded:
    """`step` is None where nobody says one."""

    path: Path
    model: nn.Module
    loss_fn: LossFunction
    step: int | None

    def state(self) -> dict[str, Tensor]:
        """A copy of all weights and buffers."""
        return {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}


def loaded_by(spec: str, path: Path, found: object) -> Loaded:
    """What the function `spec` gave for a path: (model, loss_fn) or (model, loss_fn, step); else UsageError."""
    parts = found if isinstance(found, tuple) else (found,)
    if len(parts) not in (2, 3) or not isinstance(parts[0], nn.Module) or not callable(parts[1]):
        types = ", ".join(type(part).__name__ for part in parts)
        raise UsageError(f"{spec} gave ({types}) for {path}; return (model, loss_fn) or (model, loss_fn, step)")
    step = int(parts[2]) if len(parts) == 3 else _last_number(path.stem)
    return Loaded(path, parts[0], parts[1], step)


def steps_of(loaded: Sequence[Loaded]) -> list[int]:
    """The step of each; their numbers in the order given when not all are known or they do not rise."""
    steps = [one.step for one in loaded]
    known = [step for step in steps if step is not None]
    rises = all(before < after for before, after in itertools.pairwise(known))
    return known if len(known) == len(steps) and rises else list(range(len(steps)))


def _last_number(text: str) -> int | None:
    found = NUMBER.findall(text)
    return int(found[-1]) if found else None
