"""Something that is measured around an optimizer step, and the readings it gives."""

from dataclasses import dataclass, field
from typing import Protocol

import torch


@dataclass(frozen=True, eq=False)
class Readings:
    """What was measured, still on the device.

    vectors: by family, (k,) in the order of the blocks · scalars: by key, ()
    """

    vectors: dict[str, torch.Tensor] = field(default_factory=dict)
    scalars: dict[str, torch.Tensor] = field(default_factory=dict)


class Quantity(Protocol):
    """One thing to measure. Neither method may read a value back from the device."""

    def before_step(self, grad_scale: torch.Tensor | None) -> None:
        """Gradients are final (clipped, unscaled unless `grad_scale` says otherwise), parameters not yet moved."""
        ...

    def after_step(self) -> Readings:
        """Every optimizer of the step has moved its parameters."""
        ...
