"""Weights by block: their norm before the step (`weight_norm`) and how far the step moved them (`update_ratio`).

update_ratio is ‖Δθ‖/‖θ‖ of the block's trainable parameters; about 1e-3 is usual, 1e-1 is hardly ever right. It needs
the parameters of before the step, so a copy of the trainable ones is kept on their device, written only at steps that
are measured.
"""

import torch

from belvedere.record.capture.blocks import Blocks
from belvedere.record.capture.norms import BlockNorms
from belvedere.record.capture.quantity import Readings


class Weights:
    """Measures the parameters of one model around the optimizer step. A frozen block reads NaN."""

    def __init__(self, blocks: Blocks) -> None:
        self._parameters = blocks.parameters
        self._norms = BlockNorms(blocks)
        self._before: list[torch.Tensor | None] = [None] * len(blocks.parameters)
        self._is_ready = False

    @torch.no_grad()
    def before_step(self, grad_scale: torch.Tensor | None) -> None:
        """Copy the trainable parameters."""
        for position, parameter in enumerate(self._parameters):
            copy = self._before[position]
            if not parameter.requires_grad:
                self._before[position] = None
            elif copy is None or copy.shape != parameter.shape or copy.device != parameter.device:
                self._before[position] = torch.empty_like(parameter)
        copies, values = self._pairs()
        if copies:
            torch._foreach_copy_(copies, values, non_blocking=True)
        self._is_ready = True

    @torch.no_grad()
    def after_step(self) -> Readings:
        """`weight_norm` (k,) before the step, `update_ratio` (k,), NaN where the norm is zero."""
        if not self._is_ready:
            return Readings()
        self._is_ready = False
        norm = self._norms.of(self._before).blocks
        copies, values = self._pairs()
        if copies:
            torch._foreach_sub_(copies, values)
        moved = self._norms.of(self._before).blocks
        ratio = torch.where(norm > 0, moved / norm, torch.nan)
        return Readings({"weight_norm": norm, "update_ratio": ratio})

    def _pairs(self) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """The copies that are kept, and the parameters they are copies of."""
        copies, values = [], []
        for copy, parameter in zip(self._before, self._parameters, strict=True):
            if copy is not None:
                copies.append(copy)
                values.append(parameter.data)
        return copies, values
