"""Buffers that a training loop fills and figures are drawn from: a whole run at bounded memory.

metrics = TrainingMetricsBuffer(max_size=1000)
gradients = GradientFlowBuffer(num_layers=12, max_steps=100)
metrics.add(step, loss, lr, grad_norm, reward=reward)
gradients.add(step, model)                # between backward() and optimizer.step()
"""

import math
import warnings
import weakref
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from belvedere.analysis.pyramid_buffer import PyramidBuffer
from belvedere.core.errors import UsageError
from belvedere.core.series import VectorSeries
from belvedere.record.guard import RecordingWarning

if TYPE_CHECKING:
    from belvedere.record.capture.blocks import Blocks
    from belvedere.record.capture.norms import BlockNorms

Metrics: TypeAlias = "dict[str, NDArray[np.generic] | None]"
NAMES = {  # of a column -> of its array
    "loss": "losses", "lr": "learning_rates", "grad_norm": "grad_norms", "reward": "rewards", "accuracy": "accuracies",
}  # fmt: skip
ALWAYS = ("loss", "lr", "grad_norm")


class Column(Protocol):
    """Norms (k,) on the device of their gradients: a torch tensor."""

    def maximum(self, other: Any, /) -> Any: ...

    def tolist(self) -> Any: ...


class TrainingMetricsBuffer:
    """The scalars of a run: its last `max_size` steps as they were added, earlier ones as means of stretches that
    double in width when the memory runs out, so that the beginning is never forgotten."""

    def __init__(self, max_size: int = 1000) -> None:
        if max_size < 1:
            raise UsageError(f"max_size={max_size} keeps nothing; pass 1 or more")
        self.max_size = max_size
        self._rows = PyramidBuffer(recent=max_size)

    def __len__(self) -> int:
        """Steps that were ever added."""
        return len(self._rows)

    @property
    def size_bytes(self) -> int:
        """Memory of the numbers."""
        return self._rows.size_bytes

    def add(
        self, step: int, loss: float, lr: float, grad_norm: float, reward: float | None = None,
        accuracy: float | None = None,
    ) -> None:  # fmt: skip
        """One more step. A tensor is read here, which waits for its device: pass numbers that you have anyway."""
        given = {"loss": loss, "lr": lr, "grad_norm": grad_norm, "reward": reward, "accuracy": accuracy}
        row = {name: float(value) for name, value in given.items() if value is not None}
        self._rows.add(int(step), dict.fromkeys(ALWAYS, math.nan) | row)

    def get_arrays(self) -> Metrics:
        """`steps`, `losses`, `learning_rates`, `grad_norms`, `rewards` and `accuracies`, all (n,), over the whole run.

        A reward or accuracy that was not measured at a step is NaN there, and None altogether when it never was.
        """
        if not len(self._rows):
            nothing = {array: np.zeros(0) if name in ALWAYS else None for name, array in NAMES.items()}
            return {"steps": np.zeros(0, np.int64), **nothing}
        names = [name for name in NAMES if name in self._rows.names]
        recent_steps, recent = self._rows.recent(*names)
        width = self._rows.rows_per_cell
        # A cell that reaches into the recent rows stands for them, so that each row counts once.
        cells = -(-(len(self._rows) - len(recent_steps)) // width)
        repeated = cells * width - (len(self._rows) - len(recent_steps))
        old = [self._rows.beside("loss", name)[:cells] for name in names]
        steps = np.concatenate([self._rows.reduced("loss").steps[:cells], recent_steps[repeated:]])
        columns = {NAMES[name]: np.concatenate([a, b[repeated:]]) for name, a, b in zip(names, old, recent)}
        return {"steps": steps, **dict.fromkeys(NAMES.values()), **columns}


class GradientFlowBuffer:
    """True L2 gradient norms of every block of a model, over the whole run in at most `max_steps` columns.

    When the columns run out, two neighbours become one that holds the larger norm of each block, so no spike is lost.
    Norms stay on the device until they are asked for: `add` starts one fused reduction and waits for nothing.
    """

    def __init__(self, num_layers: int, max_steps: int = 100) -> None:
        if num_layers < 1 or max_steps < 2:
            raise UsageError(
                f"num_layers={num_layers} and max_steps={max_steps} cannot be; pass 1 layer and 2 steps or more"
            )
        self.num_layers, self.max_steps = num_layers, max_steps
        self.names: tuple[str, ...] = ()  # of the rows, in depth order; known with the first `add`
        self._model: weakref.ref[object] | None = None
        self._blocks: Blocks | None = None
        self._norms: BlockNorms | None = None
        self._steps: list[int] = []
        self._columns: list[Column] = []
        self._open = 0  # adds that the last column stands for
        self._width = 1  # adds of a full column

    def __len__(self) -> int:
        """Columns held."""
        return len(self._columns)

    @property
    def adds_per_column(self) -> int:
        """How many adds a full column stands for: 1 until the columns run out, then 2, 4, 8 …"""
        return self._width

    def add(self, step: int, model: object) -> None:
        """Take the gradients of a torch module as they are now; a module without any gradient adds nothing."""
        if self._model is None or self._model() is not model:
            self._look_at(model)
        gradients = [parameter.grad for parameter in self._blocks.parameters] if self._blocks else []
        if self._norms is None or all(gradient is None for gradient in gradients):
            return
        norms = self._norms.of(gradients).blocks.detach()
        if self._columns and self._open < self._width:
            # The maximum of a NaN is NaN: a broken step stays visible as a gap.
            self._columns[-1] = self._columns[-1].maximum(norms)
            self._open += 1
            return
        if len(self._columns) >= self.max_steps:
            self._halve()
        self._steps.append(int(step))
        self._columns.append(norms)
        self._open = 1

    def get_3d_surface(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.float64]] | tuple[None, None, None]:
        """X, Y, Z, each (layers, columns): steps, layer index, gradient norm; three None before the first gradient.

        The rows are the numbered layers if there are `num_layers` of them, else all blocks of the model.
        """
        if not self._columns:
            return None, None, None
        rows = self._layers() if len(self._layers()) == self.num_layers else list(range(len(self.names)))
        steps, depth = np.meshgrid(np.array(self._steps, np.int64), np.arange(len(rows)))
        return steps, depth, self._values().T[rows]

    def vectors(self) -> VectorSeries:
        """All blocks, embeddings and head as well, as the family `grad_norm`. Times are not known here."""
        steps = np.array(self._steps, np.int64)
        return VectorSeries("grad_norm", steps, np.full(len(steps), np.nan), self.names, self._values())

    def _look_at(self, model: Any) -> None:
        from belvedere.record.capture.blocks import blocks_of
        from belvedere.record.capture.norms import BlockNorms

        blocks = blocks_of(model)
        if self.names and blocks.names != self.names:
            raise UsageError(
                f"this buffer holds {len(self.names)} blocks of another model, not these {len(blocks.names)}; "
                "make a new GradientFlowBuffer for each model"
            )
        is_new = not self.names
        self.names, self._blocks, self._norms = blocks.names, blocks, BlockNorms(blocks)
        self._model = weakref.ref(model)
        if is_new and len(self._layers()) != self.num_layers:
            told = f"num_layers={self.num_layers}, but the model has {len(self._layers())} numbered layers"
            warnings.warn(f"{told}; all its {len(self.names)} blocks are shown", RecordingWarning, stacklevel=3)

    def _layers(self) -> list[int]:
        """Rows of the numbered layers, such as h.0."""
        return [row for row, name in enumerate(self.names) if name.rpartition(".")[2].isdigit()]

    def _halve(self) -> None:
        odd = self._columns[-1:] if len(self._columns) % 2 else []
        pairs = zip(self._columns[::2], self._columns[1::2])
        self._columns = [left.maximum(right) for left, right in pairs] + odd
        self._steps = self._steps[::2]
        self._width *= 2
        self._open = self._width // 2 if odd else self._width

    def _values(self) -> NDArray[np.float64]:
        """(columns, blocks): waits for the device."""
        rows = [column.tolist() for column in self._columns]
        return np.array(rows, np.float64).reshape(len(rows), len(self.names))
