"""Gradient norms: of each block (`grad_norm`), of all parameters (`grad/norm`), and how many tensors are not finite.

The gradients are those the optimizer gets: after clipping, and after `GradScaler.unscale_`. A clipped run therefore
shows the clip threshold in `grad/norm`; log what `clip_grad_norm_` returns to see the norm before it. Under DDP they
are already averaged over the ranks; an optimizer that averages inside its own `step` shows this rank's gradients.
"""

import torch

from belvedere.record.capture.blocks import Blocks
from belvedere.record.capture.norms import BlockNorms, Norms
from belvedere.record.capture.quantity import Readings


class Gradients:
    """Measures the gradients of one model in front of the optimizer step. A block without gradients reads NaN."""

    def __init__(self, blocks: Blocks) -> None:
        self._parameters = blocks.parameters
        self._norms = BlockNorms(blocks)
        self._found: Norms | None = None
        self._scale: torch.Tensor | None = None

    def before_step(self, grad_scale: torch.Tensor | None) -> None:
        """Reduce the gradients; with a scale (a fused optimizer under GradScaler) they are still multiplied by it."""
        self._found = self._norms.of([parameter.grad for parameter in self._parameters])
        self._scale = grad_scale

    def after_step(self) -> Readings:
        """`grad_norm` (k,), `grad/norm`, `grad/nonfinite_tensors`."""
        found, self._found = self._found, None
        if found is None:
            return Readings()
        blocks, total = found.blocks, found.total
        if self._scale is not None:
            scale = self._scale.to(device=total.device, dtype=total.dtype, non_blocking=True)
            blocks, total = blocks / scale, total / scale
        return Readings({"grad_norm": blocks}, {"grad/norm": total, "grad/nonfinite_tensors": found.nonfinite})
