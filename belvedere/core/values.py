"""What can be logged beside plain numbers and text: one class per kind of rich value.

Each turns itself into a record, a mapping with "_type". What is large goes through `keep(content, suffix)`, which
stores bytes or a file and answers the record's fields "sha256", "size" and "suffix". Nothing here imports PIL,
matplotlib, plotly or torch unless the value came from there.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of, json_data, plain_data

if TYPE_CHECKING:
    import pandas

Keep = Callable[[bytes | Path, str], Mapping[str, Stored]]
Record = dict[str, Stored]
HISTOGRAM_BINS = 64
PLAIN_CELLS = (str, int, float, type(None))


@runtime_checkable
class Value(Protocol):
    """A rich value."""

    def record(self, keep: Keep) -> Record:
        """The mapping that stands in the log; large content goes through `keep` first."""
        ...


class Vector:
    """Labelled components of one family at one step: `Vector([0.1, 0.2], names=["h.0", "h.1"])` or `Vector({"h.0":
    0.1})`.

    values (k,) float32 when given as float16 or float32, else float64 · names (k,), by default "0" … "k-1"
    """

    def __init__(self, values: object, names: Sequence[str] | None = None) -> None:
        if isinstance(values, Mapping):
            names, values = [str(name) for name in values], list(values.values())
        array = array_of(values)
        if array.ndim != 1:
            raise UsageError(
                f"a Vector has one dimension, got shape {array.shape}; use Histogram or Table for the rest"
            )
        if array.dtype.kind not in "fiub":
            raise UsageError(f"a Vector holds numbers, got {array.dtype}; log text with Text")
        is_narrow = array.dtype.kind == "f" and array.dtype.itemsize <= 4
        self.values: NDArray[np.floating] = array.astype(np.float32 if is_narrow else np.float64, copy=False)
        self.names = tuple(map(str, range(len(array)))) if names is None else tuple(map(str, names))
        if len(self.names) != len(array):
            raise UsageError(f"{len(self.names)} names for {len(array)} components; give one name for each")
        if len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise UsageError(f"several components are called {twice!r}; give each a name of its own")


class Histogram:
    """Counts between edges: of data (64 bins over the finite ones), or counted already with `counts=` and `edges=`."""

    def __init__(
        self, data: object = None, bins: int = HISTOGRAM_BINS, *, counts: object = None, edges: object = None,
        np_histogram: tuple[object, object] | None = None, sequence: object = None, num_bins: int | None = None,
    ) -> None:  # fmt: skip
        """`sequence`, `num_bins` and `np_histogram` (counts, edges) are W&B's words for the same."""
        data, bins = (sequence if data is None else data), num_bins or bins
        if np_histogram is not None:
            counts, edges = np_histogram
        self.nonfinite = 0
        if data is not None:
            values = array_of(data).astype(np.float64).ravel()
            finite = values[np.isfinite(values)]
            self.nonfinite = len(values) - len(finite)
            found = np.histogram(finite, bins=max(1, bins))
        elif counts is not None and edges is not None:
            found = array_of(counts), array_of(edges).astype(np.float64)
        else:
            raise UsageError("a Histogram needs data, or counts= and edges=")
        self.counts, self.edges = found
        if self.counts.ndim != 1 or self.edges.shape != (len(self.counts) + 1,):
            raise UsageError(
                f"{self.counts.shape} counts and {self.edges.shape} edges; there is one edge more than counts"
            )

    def record(self, keep: Keep) -> Record:
        counts, edges = plain_data(self.counts), plain_data(self.edges)
        return {"_type": "histogram", "counts": counts, "edges": edges, "nonfinite": self.nonfinite}


class Text:
    """A text; long ones are no trouble."""

    def __init__(self, text: object) -> None:
        self.text = str(text)

    def record(self, keep: Keep) -> Record:
        return {"_type": "text", "text": self.text}


class Html:
    """A page: HTML text, a path to a file, or an open text file. It is shown in a sandbox without network.

    `data_is_not_path` and `inject` are W&B's: text that ends in .html is a path unless that is denied; nothing is
    injected."""

    def __init__(
        self, data: object, caption: str = "", inject: bool = True, data_is_not_path: bool = False
    ) -> None:  # fmt: skip
        self.caption = caption if isinstance(caption, str) else ""
        read = getattr(data, "read", None)
        is_path = isinstance(data, Path) or (
            isinstance(data, str) and data.endswith(".html") and not data_is_not_path and Path(data).is_file()
        )
        self.content = existing_file(data) if is_path else str(read() if read else data).encode()

    def record(self, keep: Keep) -> Record:
        return {"_type": "html", **keep(self.content, ".html"), "caption": self.caption}


class Plotly:
    """A Plotly figure, or its JSON text."""

    def __init__(self, figure: object) -> None:
        to_json = getattr(figure, "to_json", None)
        self.text = figure if isinstance(figure, str) else str(to_json()) if to_json else json.dumps(figure)

    def record(self, keep: Keep) -> Record:
        return {"_type": "plotly", **keep(self.text.encode(), ".json")}


class File:
    """Any file, kept with the run under the name it has."""

    def __init__(self, path: str | Path, name: str = "") -> None:
        self.path = existing_file(path)
        self.name = name or self.path.name

    def record(self, keep: Keep) -> Record:
        return {"_type": "file", **keep(self.path, safe_suffix(self.path)), "name": self.name}


class Table:
    """Rows under named columns; a cell may be a number, text, or a rich value such as an Image.

    Built from `columns` and `data` (a list of rows), from a list of dicts, or from a DataFrame. Kept as one JSON file
    {"columns": [...], "data": [[...]]}.
    """

    def __init__(
        self, columns: object = None, data: object = None, *, dataframe: object = None, rows: object = None,
        dtype: object = None, optional: object = True, allow_mixed_types: bool = True, log_mode: str | None = None,
    ) -> None:  # fmt: skip
        """`rows` is an old word for `data`; W&B's other arguments say how cells are checked, and nothing is checked."""
        data = rows if data is None else data
        frame = (
            dataframe if dataframe is not None else next((x for x in (columns, data) if hasattr(x, "itertuples")), None)
        )
        lines = data if data is not None else []
        if frame is not None:
            columns, lines = list(frame.columns), list(frame.itertuples(index=False, name=None))  # type: ignore[attr-defined]
        elif data is None and _is_list_of_mappings(columns):
            columns, lines = None, columns
        if _is_list_of_mappings(lines):
            names = list(dict.fromkeys(name for row in lines for name in row))  # type: ignore[attr-defined]
            columns, lines = names, [[row.get(name) for name in names] for row in lines]  # type: ignore[attr-defined]
        self.columns = [str(name) for name in columns] if columns is not None else []  # type: ignore[attr-defined]
        self.data: list[list[object]] = []
        for row in lines:  # type: ignore[attr-defined]
            self.add_data(*row)

    def add_data(self, *cells: object) -> None:
        """Append one row."""
        if not self.columns:
            self.columns = [str(i) for i in range(len(cells))]
        if len(cells) != len(self.columns):
            raise UsageError(
                f"a row of {len(cells)} cells for {len(self.columns)} columns {self.columns}; give one for each"
            )
        self.data.append(list(cells))

    def add_row(self, *cells: object) -> None:
        """`add_data`; also of one list."""
        self.add_data(*(cells[0] if len(cells) == 1 and isinstance(cells[0], list | tuple) else cells))

    def add_column(self, name: str, data: Sequence[object], optional: bool = False) -> None:
        """Append a column, with one cell for each row."""
        cells = list(data)
        if self.data and len(cells) != len(self.data):
            raise UsageError(f"{len(cells)} cells for {len(self.data)} rows in column {name!r}; give one for each")
        self.data = self.data or [[] for _ in cells]
        self.columns.append(str(name))
        for row, cell in zip(self.data, cells, strict=True):
            row.append(cell)

    def add_computed_columns(self, fn: Callable[[int, dict[str, object]], Mapping[str, object]]) -> None:
        """Append the columns that `fn(place, row)` answers for each row."""
        rows = (dict(zip(self.columns, row, strict=True)) for row in self.data)
        found = [dict(fn(place, row)) for place, row in enumerate(rows)]
        for name in dict.fromkeys(name for one in found for name in one):
            self.add_column(name, [one.get(name) for one in found])

    def get_column(self, name: str, convert_to: str | None = None) -> list[object] | NDArray[np.generic]:
        """The cells of a column, as an array (n,) with convert_to="numpy"; UsageError names the columns there are."""
        if name not in self.columns:
            raise UsageError(f"no column {name!r} in the table; it has: {', '.join(self.columns)}")
        cells = [row[self.columns.index(name)] for row in self.data]
        return np.array(cells) if convert_to == "numpy" else cells

    def iterrows(self) -> Iterator[tuple[int, list[object]]]:
        """Place and cells, row by row."""
        yield from enumerate(self.data)

    def get_dataframe(self) -> "pandas.DataFrame":
        """The same as a data frame; needs pandas."""
        import pandas

        return pandas.DataFrame(self.data, columns=self.columns)

    def record(self, keep: Keep) -> Record:
        data = [[self._cell(cell, keep) for cell in row] for row in self.data]
        content = json.dumps({"columns": self.columns, "data": data}, allow_nan=False).encode()
        columns: list[Stored] = list(self.columns)
        return {"_type": "table", **keep(content, ".json"), "columns": columns, "rows": len(data)}

    @staticmethod
    def _cell(cell: object, keep: Keep) -> Stored:
        # Asking a runtime protocol takes microseconds, and nearly every cell is plain.
        if not isinstance(cell, PLAIN_CELLS) and isinstance(cell, Value):
            return json_data(cell.record(keep))
        return json_data(plain_data(cell))


def matplotlib_png(figure: object) -> bytes:
    """A matplotlib figure (or the pyplot module: its current figure) as PNG bytes."""
    buffer = io.BytesIO()
    chosen: Any = figure.gcf() if hasattr(figure, "gcf") else figure
    chosen.savefig(buffer, format="png")
    return buffer.getvalue()


def existing_file(path: object) -> Path:
    """The path when a file is there; else UsageError."""
    found = Path(str(path)).expanduser()
    if not found.is_file():
        raise UsageError(f"no such file, so it cannot be logged; check the path: {found}")
    return found


def safe_suffix(path: Path) -> str:
    """The last suffix of a path when it is a plain one, else ""."""
    suffix = path.suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 13 else ""


def _is_list_of_mappings(rows: object) -> bool:
    return isinstance(rows, list | tuple) and len(rows) > 0 and all(isinstance(row, Mapping) for row in rows)
