"""The cells of a grid that are done, in a file that only grows: an interrupted survey goes on where it was.

The first line says what is surveyed; each further line is one cell and its loss. Every process of a launch has a file
of its own, and reads those of the others.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from belvedere.core.errors import UsageError

FORMAT = "belvedere-landscape-1"
SAME_LOSS = 1e-4  # relative: what another number of threads or another GPU may change


@dataclass(frozen=True)
class Subject:
    """What a file of cells belongs to. `fingerprint` is of the weights, the checkpoints and the settings."""

    fingerprint: str
    rows: int
    columns: int
    center_loss: float


class Cells:
    """The losses of finished cells by cell number, row by row; kept in a file when there is a path."""

    def __init__(self, path: Path | None, subject: Subject, *, rank: int = 0) -> None:
        self.subject = subject
        self.path = path
        self._own = None if path is None else own_file(path, rank)
        self._file: BinaryIO | None = None
        self.done: dict[int, float] = {}
        self.read()

    def read(self) -> None:
        """Take over what all files hold."""
        for path in [] if self.path is None else files(self.path):
            self.done |= self._cells_of(path)

    def add(self, cells: Iterable[int], losses: Iterable[float]) -> None:
        """Finished cells; they are in the file when this returns."""
        found = dict(zip(cells, losses))
        self.done |= found
        if self._own is not None:
            lines = "".join(f"{cell} {loss!r}\n" for cell, loss in found.items())
            self._open(self._own).write(lines.encode())

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, path: Path) -> BinaryIO:
        if self._file is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            _cut_torn_line(path)
            self._file = path.open("ab", buffering=0)
            if not self._file.tell():
                self._file.write((json.dumps({"format": FORMAT} | asdict(self.subject)) + "\n").encode())
        return self._file

    def _cells_of(self, path: Path) -> Mapping[int, float]:
        lines = path.read_bytes().split(b"\n")[:-1]  # what no newline ends was cut off while being written
        if not lines:
            return {}
        self._check(path, lines[0])
        try:
            return {int(cell): float(loss) for cell, loss in (line.split() for line in lines[1:])}
        except ValueError as fault:
            raise UsageError(f"a line of {path} is no cell ({fault}); move the file away and start anew") from fault

    def _check(self, path: Path, line: bytes) -> None:
        try:
            header = json.loads(line)
            found = Subject(**{name: header[name] for name in Subject.__dataclass_fields__})
            is_ours = header["format"] == FORMAT
        except (ValueError, KeyError, TypeError):
            is_ours = False
        if not is_ours:
            raise UsageError(f"{path} holds no cells of a landscape; name another file")
        own = self.subject
        if (found.fingerprint, found.rows, found.columns) != (own.fingerprint, own.rows, own.columns):
            raise UsageError(
                f"{path} belongs to another model or other settings of the survey; name another file or remove it"
            )
        if not _is_same_loss(found.center_loss, own.center_loss):
            raise UsageError(
                f"the loss at the centre is {own.center_loss:.6g} and was {found.center_loss:.6g} in {path}: another "
                "loss function or other data; name another file or remove it"
            )


def own_file(path: Path, rank: int) -> Path:
    """Rank 0 writes the named file, the others one beside it."""
    return path if rank == 0 else path.with_name(f"{path.name}.rank{rank}")


def files(path: Path) -> list[Path]:
    """All that exist, of any number of processes."""
    beside = sorted(path.parent.glob(f"{path.name}.rank*")) if path.parent.is_dir() else []
    return [one for one in (path, *beside) if one.is_file()]


def _cut_torn_line(path: Path) -> None:
    if path.is_file() and not (content := path.read_bytes()).endswith(b"\n"):
        path.write_bytes(content[: content.rfind(b"\n") + 1])


def _is_same_loss(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=SAME_LOSS, abs_tol=SAME_LOSS)
