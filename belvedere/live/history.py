"""The history files of a training: every row at once in a journal of lines, and from time to time all of it in columns.

metrics_history.jsonl  a line for each block of rows: {"step": [1, 2], "loss": [2.1, 2.0], …}; append-only
metrics_history.json   {"format", "rows", "timestamp_start", "columns": {"step": […], "loss": […], "seconds": […]}}

Columns are numbers of seven significant digits; a value that was not measured or was NaN is null, infinities are
"Infinity" and "-Infinity", so that any JSON parser reads them. `seconds` counts from `timestamp_start`. The columns are
written anew whenever the journal has doubled, so all the writing of a run is a small multiple of its size; `read`
takes both files together.
"""

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from belvedere.core.series import Floats
from belvedere.figures.dashboard_files import replace

FORMAT = "belvedere metrics history 1"
JOURNAL, COLUMNS = "metrics_history.jsonl", "metrics_history.json"
BLOCK_ROWS = 100
FIRST_COMPACTION_ROWS = 1000
DIGITS = 7
Cell = float | int | str | None


class History:
    """The rows of one training, in a folder of its own. Files of an earlier training there are kept as *.before;
    with `resume_from` they are this training's, and it goes on behind that step: rows of later steps are dropped."""

    def __init__(self, folder: Path, columns: Sequence[str], *, resume_from: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._columns = folder, tuple(columns)
        self._block: list[tuple[float, ...]] = []
        self._rows = self._compacted_rows = 0
        self._start: float | None = None
        self._seconds_before = 0.0  # of the last row of an earlier attempt
        if resume_from is not None:
            self._go_on(resume_from)
            return
        for name in (JOURNAL, COLUMNS):
            with suppress(FileNotFoundError):
                (folder / name).replace(folder / f"{name}.before")

    def rows(self) -> list[tuple[float, ...]]:
        """Every row written so far, in the order of the columns, without its seconds."""
        columns = read(self._folder) if self._rows else {}
        return list(zip(*(columns[name].tolist() for name in self._columns), strict=True)) if columns else []

    def _go_on(self, resume_from: int) -> None:
        """Take over the rows up to a step. What cannot be read as a history of these columns is left as *.before."""
        journal, told = self._folder / JOURNAL, self._folder / COLUMNS
        try:
            columns = read(self._folder)
            chosen = columns["step"] <= resume_from
            kept = [columns[name][chosen].tolist() for name in self._names]
            self._start = None if not told.exists() else json.loads(told.read_bytes())["timestamp_start"]
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError):
            for path in (journal, told):
                with suppress(FileNotFoundError):
                    path.replace(path.with_name(f"{path.name}.before"))
            return
        self._block = list(zip(*kept, strict=True))
        self._rows = len(self._block)
        self._seconds_before = self._block[-1][-1] if self._block else 0.0
        journal.unlink(missing_ok=True)
        self.compact()

    def add(self, row: Sequence[float], timestamp: float) -> None:
        """One more row, its values in the order of the columns; `timestamp` is seconds since 1970."""
        self._start = timestamp - self._seconds_before if self._start is None else self._start
        self._block.append((*row, timestamp - self._start))
        self._rows += 1
        if len(self._block) >= BLOCK_ROWS:
            self.flush()
        if self._rows >= max(FIRST_COMPACTION_ROWS, 2 * self._compacted_rows):
            self.compact()

    def flush(self) -> None:
        """Append the rows that are only in memory."""
        if not self._block:
            return
        columns = zip(*self._block, strict=True)
        block = {name: [_cell(value) for value in column] for name, column in zip(self._names, columns, strict=True)}
        with (self._folder / JOURNAL).open("a", encoding="ascii") as journal:
            journal.write(_text(block) + "\n")
        self._block = []

    def compact(self) -> None:
        """Write all rows in columns. The journal stays until `close`, so nothing is lost in between."""
        self.flush()
        if self._rows == self._compacted_rows:
            return
        columns: dict[str, list[Cell]] = {name: [] for name in self._names}
        with (self._folder / JOURNAL).open(encoding="ascii") as journal:
            for line in journal:
                for name, cells in json.loads(line).items():
                    columns[name].extend(cells)
        told = {"format": FORMAT, "rows": self._rows, "timestamp_start": self._start, "columns": columns}
        replace(self._folder / COLUMNS, _text(told).encode())
        self._compacted_rows = self._rows

    def close(self) -> None:
        """Leave the columns alone."""
        self.compact()
        (self._folder / JOURNAL).unlink(missing_ok=True)

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self._columns, "seconds")


def read(folder: Path) -> dict[str, Floats]:
    """The columns of a history as arrays (n,) float64, NaN for null; also while it is being written."""
    journal = folder / JOURNAL
    if journal.exists():
        lines = journal.read_text(encoding="ascii").split("\n")[:-1]  # what has no end was cut off while it was written
        blocks = [json.loads(line) for line in lines]
        columns = {name: [cell for block in blocks for cell in block[name]] for name in (blocks[0] if blocks else {})}
    else:
        columns = json.loads((folder / COLUMNS).read_bytes())["columns"]
    return {
        name: np.array([np.nan if cell is None else float(cell) for cell in cells]) for name, cells in columns.items()
    }


def _cell(value: float) -> Cell:
    """A number that every JSON parser takes, as short as seven digits allow."""
    if not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    whole = int(value)
    return whole if whole == value else float(f"{value:.{DIGITS}g}")


def _text(value: Mapping[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
