"""L2 norms of tensors by block: one fused reduction on the device, nothing read back."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from belvedere.record.capture.blocks import Blocks

PLANS_MAX = 64  # sets of tensors that were there together; mixtures of experts have many


@dataclass(frozen=True, eq=False)
class Norms:
    """Norms on the device.

    blocks (k,): NaN for a block of which no tensor was there · total (): over all tensors
    nonfinite (): how many tensors have a norm that is NaN or infinite
    """

    blocks: torch.Tensor
    total: torch.Tensor
    nonfinite: torch.Tensor


@dataclass(frozen=True, eq=False)
class _Plan:
    """Where the norms of one set of present tensors go; built once, so that no index travels to the device later.

    groups: for each device the positions of its tensors and their rows (n,) int64 · absent (k,): 0, or NaN for an
    absent block
    """

    groups: tuple[tuple[tuple[int, ...], torch.Tensor], ...]
    absent: torch.Tensor


class BlockNorms:
    """Computes the norms of one tensor per parameter (its gradient, value, change), None where there is none."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._plans: dict[tuple[torch.device | None, ...], _Plan] = {}

    def of(self, tensors: Sequence[torch.Tensor | None]) -> Norms:
        """`tensors` (p,) in the order of the blocks' parameters."""
        plan = self._plan(tensors)
        squares = torch.zeros_like(plan.absent)  # (k,)
        nonfinite = torch.zeros((), dtype=squares.dtype, device=squares.device)
        for positions, rows in plan.groups:
            norms = _norms([tensor for tensor in (tensors[p] for p in positions) if tensor is not None])
            norms = norms.to(device=squares.device, dtype=squares.dtype, non_blocking=True)
            squares.index_add_(0, rows, norms.square())
            nonfinite += norms.isfinite().logical_not_().sum()
        return Norms((squares + plan.absent).sqrt_(), squares.sum().sqrt_(), nonfinite)

    def _plan(self, tensors: Sequence[torch.Tensor | None]) -> _Plan:
        key = tuple(None if tensor is None else tensor.device for tensor in tensors)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            plan = self._plans[key] = self._new_plan(key)
        return plan

    def _new_plan(self, devices: tuple[torch.device | None, ...]) -> _Plan:
        present = {device for device in devices if device is not None}
        # an accelerator if there is one: bringing its norms to the CPU would wait for it
        everywhere = [*sorted(present, key=str), *(parameter.device for parameter in self._blocks.parameters)]
        home = next((device for device in everywhere if device.type != "cpu"), torch.device("cpu"))
        groups = []
        for device in sorted(present, key=str):
            positions = tuple(position for position, found in enumerate(devices) if found == device)
            rows = torch.tensor([self._blocks.rows[position] for position in positions], device=home)
            groups.append((positions, rows))
        seen = {self._blocks.rows[position] for position, device in enumerate(devices) if device is not None}
        absent = [0.0 if row in seen else torch.nan for row in range(len(self._blocks.names))]
        # float64, because the square of a float32 norm overflows at 1.8e19
        dtype = torch.float32 if home.type == "mps" else torch.float64
        return _Plan(tuple(groups), torch.tensor(absent, dtype=dtype, device=home))


def _norms(tensors: list[torch.Tensor]) -> torch.Tensor:
    """(n,) norm of each tensor of one device. One beyond 1.8e19 may read infinite: its squares do not fit float32."""
    dense = [_dense(tensor) for tensor in tensors]
    if dense[0].device.type == "cpu":
        return torch.stack([_norm_by_rows(tensor) for tensor in dense])
    types = {tensor.dtype for tensor in dense}
    if types <= {torch.float32} or types <= {torch.float64}:
        return torch.stack(torch._foreach_norm(dense, 2))
    wide = torch.float64 if torch.float64 in types else torch.float32
    return torch.stack(torch._foreach_norm(dense, 2, dtype=wide))


def _norm_by_rows(tensor: torch.Tensor) -> torch.Tensor:
    """The norm of a tensor on a CPU, where torch adds all squares up in float32: wrong by 1e-5 for a million of them.

    Rows first, then their sum in float64, is right to 1e-8 and as fast.
    """
    wide = tensor.dtype if tensor.dtype in (torch.float32, torch.float64) else torch.float32
    rows = torch.linalg.vector_norm(tensor, dim=-1, dtype=wide)
    norm: torch.Tensor = torch.linalg.vector_norm(rows, dtype=torch.float64)
    return norm


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    """The values of a sparse tensor, each index once (an embedding's gradient repeats them); complex as pairs."""
    if tensor.layout is not torch.strided:
        tensor = tensor.coalesce().values()
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor
