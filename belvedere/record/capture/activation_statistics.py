"""What is counted in the outputs of activation functions and blocks during one forward pass, all on the device."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from belvedere.record.capture.forward import first_tensor

FAMILIES = ("dead_share", "saturation", "activation_std")
END_SHARE = 0.01  # of the range: this close to an end is saturated
CHANNELS_FROM_AXES = 4  # outputs with that many axes have their units on axis 1, others on the last

# an input below zero gives nothing, or next to nothing
RECTIFIED: frozenset[Callable[..., object]] = frozenset(
    {
        torch.relu, torch.relu_, torch.Tensor.relu, torch.Tensor.relu_, F.relu, F.relu6, F.leaky_relu, F.gelu, F.silu,
        F.mish, F.elu, F.celu, F.selu, F.hardswish, F.prelu, torch.prelu, torch.selu, torch.celu,
    }
)  # fmt: skip
# function -> lower and upper end of its range
BOUNDED: dict[Callable[..., object], tuple[float, float]] = {
    **dict.fromkeys((torch.tanh, torch.tanh_, torch.Tensor.tanh, torch.Tensor.tanh_, F.softsign), (-1.0, 1.0)),
    **dict.fromkeys((torch.sigmoid, torch.sigmoid_, torch.Tensor.sigmoid, torch.Tensor.sigmoid_), (0.0, 1.0)),
    **dict.fromkeys((F.hardsigmoid,), (0.0, 1.0)),
    **dict.fromkeys((F.hardtanh,), (-1.0, 1.0)),
}


class Statistics:
    """Sums over the calls of one forward pass, by block; () tensors that nobody reads back here."""

    def __init__(self, rows: int) -> None:
        self._dead: list[list[torch.Tensor]] = [[] for _ in range(rows)]
        self._units = [0] * rows
        self._saturated: list[list[torch.Tensor]] = [[] for _ in range(rows)]
        self._outputs = [0] * rows
        self._spread: list[torch.Tensor | None] = [None] * rows

    @torch.no_grad()
    def add_function(self, row: int, func: Callable[..., object], output: object) -> None:
        """An activation function has answered inside or behind a block; row -1: in front of all."""
        if row < 0 or not isinstance(output, torch.Tensor) or not output.numel():
            return
        if func in RECTIFIED:
            units = _by_unit(output)  # (batch and positions, units)
            self._dead[row].append((units.amax(0) <= 0).sum())
            self._units[row] += units.shape[1]
            return
        low, high = BOUNDED[func]
        margin = END_SHARE * (high - low)
        self._saturated[row].append(((output < low + margin) | (output > high - margin)).sum())
        self._outputs[row] += output.numel()

    @torch.no_grad()
    def add_output(self, row: int, output: object) -> None:
        """A module of a block has answered; the first one counts. Of several outputs the first tensor."""
        found = first_tensor(output)
        if self._spread[row] is None and found is not None and found.is_floating_point():
            self._spread[row] = torch.var(found.float(), correction=0).sqrt()

    @torch.no_grad()
    def packed(self) -> tuple[tuple[str, ...], torch.Tensor]:
        """The families that mean something here, and their values (families·rows,) one behind the other."""
        columns = {
            "dead_share": [_share(parts, total) for parts, total in zip(self._dead, self._units, strict=True)],
            "saturation": [_share(parts, total) for parts, total in zip(self._saturated, self._outputs, strict=True)],
            "activation_std": self._spread,
        }
        known = [value for column in columns.values() for value in column if value is not None]
        if not known:
            return (), torch.zeros(0)
        home = next((value.device for value in known if value.device.type != "cpu"), known[0].device)
        missing = torch.full((), torch.nan, device=home)
        families = tuple(name for name, column in columns.items() if any(value is not None for value in column))
        values = [missing if value is None else value.to(home) for name in families for value in columns[name]]
        return families, torch.stack([value.float() for value in values])


def _share(parts: list[torch.Tensor], total: int) -> torch.Tensor | None:
    return torch.stack([part.to(parts[0].device) for part in parts]).sum() / total if total else None


def _by_unit(output: torch.Tensor) -> torch.Tensor:
    """(n, units)."""
    if output.ndim >= CHANNELS_FROM_AXES:
        output = output.movedim(1, -1)
    return output.reshape(-1, output.shape[-1]) if output.ndim else output.reshape(1, 1)
