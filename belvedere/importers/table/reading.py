"""Tables as rows, from where the last reading ended: CSV, JSON lines, JSON, parquet.

`rows_from(path, place)` gives pieces of rows, each with the place behind it: {"rows": rows read, "bytes": offset (text
that only grows), "header": column names (CSV)}. A row is a mapping without the cells that are empty. A text file is
read up to its last whole line; a last line without an end counts as whole when the file was still for a while.
"""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from belvedere.core.entries import Stored
from belvedere.core.errors import UnknownFormat, UsageError
from belvedere.core.plain import plain_data
from belvedere.importers.telling import spoken
from belvedere.importers.wandb import jsons

PIECE_BYTES = 4 << 20
ROWS_AT_ONCE = 10_000
STILL_SECONDS = 2.0
DELIMITERS = ",;\t|"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
EXCELS_MARK = b"sep="  # a line that tells the delimiter, which the next one does too
NOTHING = frozenset(("", "na", "n/a", "#n/a", "<na>", "null", "none"))  # how programs write an empty cell
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")

Row = dict[str, Stored]
Place = Mapping[str, Stored]
Piece = tuple[list[Row], dict[str, Stored]]


def rows_from(path: Path, place: Place, *, piece_bytes: int = PIECE_BYTES) -> Iterator[Piece]:
    """Rows behind a place, {} being the start; of a text file about `piece_bytes` at once. UnknownFormat for a file
    that is no such table; UsageError for one that holds less than was read from it before."""
    return READERS[path.suffix.lower()](path, place, piece_bytes)


def is_still(path: Path) -> bool:
    """Whether nobody is writing the file now, so that its last line is whole without an end."""
    return time.time() - path.stat().st_mtime > STILL_SECONDS


def csv_rows(path: Path, place: Place, piece_bytes: int) -> Iterator[Piece]:
    """Rows of a CSV file with a header. When the header changed (a logger that met a new series writes its file anew)
    as many rows are passed over as were read before."""
    with path.open("rb") as file:
        head = file.readline()
        if not head.endswith(b"\n") and not is_still(path):
            return
        if head.startswith(UTF16_MARKS) or b"\r" in head.rstrip(b"\r\n"):
            raise UnknownFormat(
                f"the file is in UTF-16, or its lines end in CR alone; save it as UTF-8 with LF: {path}"
            )
        before = b""
        if head.startswith(EXCELS_MARK):
            before, head = head, file.readline()
        text = head.decode("utf-8-sig", "replace")
        delimiter = max(DELIMITERS, key=text.count)
        header, is_data = header_of(next(csv.reader([text], delimiter=delimiter), []))
        if not any(header):
            raise UnknownFormat(f"the first line names no columns; write a header such as 'step,loss': {path}")
        begin = len(before) + (0 if is_data else len(head))
        is_same = place.get("header") == header
        count, passed = (_whole(place, "rows"), 0) if is_same else (0, _whole(place, "rows"))
        _seek(file, _whole(place, "bytes") if is_same else begin, path)
        while piece := _whole_lines(file, piece_bytes, is_still(path), quoted=True):
            cells = csv.reader(io.StringIO(piece.decode("utf-8", "replace"), newline=""), delimiter=delimiter)
            found = _read_cells(cells, header, path, has_decimal_comma=delimiter != ",")
            count += len(found)
            new = found[max(0, len(found) - max(0, count - passed)) :]
            yield new, {"rows": max(count, passed), "bytes": file.tell(), "header": list(header)}


def json_lines(path: Path, place: Place, piece_bytes: int) -> Iterator[Piece]:
    """Rows of a file with one JSON object on each line; a line that is none is passed over, as if it were not there."""
    with path.open("rb") as file:
        count = _whole(place, "rows")
        _seek(file, _whole(place, "bytes"), path)
        while piece := _whole_lines(file, piece_bytes, is_still(path)):
            found = [row for line in piece.splitlines() if (row := _object(line)) is not None]
            if not found and not count:
                raise UnknownFormat(
                    f"no line is a JSON object, so there are no rows; pass a file of another kind: {path}"
                )
            count += len(found)
            yield found, {"rows": count, "bytes": file.tell()}


def json_rows(path: Path, place: Place, _: int) -> Iterator[Piece]:
    """Rows of a JSON file: a list of objects, or an object that has them as "log_history" (Hugging Face's trainer)."""
    told = jsons.loads(path.read_bytes())
    rows = told.get("log_history", _of_columns(told)) if isinstance(told, dict) else told
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnknownFormat(f"neither a list of rows, nor columns, nor a trainer's state with a log_history: {path}")
    before = _whole(place, "rows")
    _check_rows(len(rows), before, path)
    for start in range(before, len(rows), ROWS_AT_ONCE):
        new: list[Row] = [dict(row) for row in rows[start : start + ROWS_AT_ONCE] if isinstance(row, dict)]
        yield new, {"rows": start + len(new)}


def _of_columns(told: Mapping[str, Stored]) -> Stored:
    """The rows of {"loss": [1, 0.5]}, a history of Keras, or {"loss": {"0": 1, "1": 0.5}}, or {"columns": ["loss"],
    "data": [[1], [0.5]]}, as pandas writes them; None when it is none of these."""
    names, rows = told.get("columns"), told.get("data")
    if isinstance(names, list) and isinstance(rows, list):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows if isinstance(row, list)]
    columns = {
        name: list(found.values()) if isinstance(found, dict) and all(map(str.isdigit, found)) else found
        for name, found in told.items()
    }
    if not columns or not all(isinstance(found, list | tuple) for found in columns.values()):
        return None
    count = max(len(found) for found in columns.values() if isinstance(found, list | tuple))
    return [
        {name: found[i] for name, found in columns.items() if isinstance(found, list | tuple) and i < len(found)}
        for i in range(count)
    ]


def parquet_rows(path: Path, place: Place, _: int) -> Iterator[Piece]:
    """Rows of a parquet file, which is written once; needs pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            f"parquet files are read with pyarrow, which is missing; pip install pyarrow: {path}"
        ) from error
    before, count = _whole(place, "rows"), 0
    try:
        with parquet.ParquetFile(path) as file:
            _check_rows(file.metadata.num_rows, before, path)
            for batch in file.iter_batches(ROWS_AT_ONCE):
                rows = batch.slice(max(0, before - count)).to_pylist() if count + len(batch) > before else []
                count += len(batch)
                if rows:
                    yield [_filled(row) for row in rows], {"rows": count}
    except (pyarrow.ArrowException, OSError) as error:
        raise UnknownFormat(f"the parquet file cannot be read ({str(error).splitlines()[0]}): {path}") from error


READERS: Mapping[str, Callable[[Path, Place, int], Iterator[Piece]]] = {
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".json": json_rows,
    ".parquet": parquet_rows,
}


def header_of(cells: list[str]) -> tuple[list[str], bool]:
    """The names of the columns, "" for one without, and whether the line they came from is data: nothing but numbers,
    other than those that pandas counts columns by."""
    names = [name.strip() for name in cells]
    if names and all(map(_is_number, names)) and names != [str(place) for place in range(len(names))]:
        return [f"column {place}" for place in range(1, len(names) + 1)], True
    if names and names[0].startswith("#"):  # as numpy.savetxt writes it
        names[0] = names[0].lstrip("# ")
    return [f"{name}.{count}" if (count := names[:i].count(name)) and name else name for i, name in enumerate(names)], (
        False
    )


def _read_cells(
    lines: Iterator[list[str]], header: list[str], path: Path, *, has_decimal_comma: bool
) -> list[Row]:  # fmt: skip
    read = _cell_with_comma if has_decimal_comma else _cell
    try:
        return [
            {name: read(cell) for name, cell in zip(header, cells, strict=False) if name and not _is_nothing(cell)}
            for cells in lines
            if cells
        ]
    except csv.Error as error:
        raise UnknownFormat(f"a line is no CSV ({error}); repair it, or pass a file of another kind: {path}") from error


def _is_nothing(cell: str) -> bool:
    return cell.strip().lower() in NOTHING


def _is_number(cell: str) -> bool:
    return isinstance(_cell(cell), int | float) and not isinstance(_cell(cell), bool)


def _cell_with_comma(text: str) -> Stored:
    """A cell of a table whose columns are not separated by commas, so that 0,5 is a number."""
    return _cell(text.replace(",", ".")) if DECIMAL_COMMA.fullmatch(text.strip()) else _cell(text)


def _cell(text: str) -> Stored:
    """What a cell says; most are numbers, and float() knows "nan" and "inf" too."""
    try:
        number = float(text)
    except ValueError:
        return spoken(text.strip())
    if "_" in text:
        return text.strip()
    return int(text) if number.is_integer() and text.strip().lstrip("+-").isdigit() else number


def _filled(row: Mapping[str, object]) -> Row:
    return {str(key): _plain(value) for key, value in row.items() if value is not None}


def _plain(value: object) -> Stored:
    if isinstance(value, Decimal):
        return float(value)
    return value.total_seconds() if isinstance(value, timedelta) else plain_data(value)


def _object(line: bytes) -> Row | None:
    try:
        found = jsons.loads(line) if line.strip() else None
    except UsageError:
        return None
    return dict(found) if isinstance(found, dict) else None


def _whole_lines(file: io.BufferedReader, size: int, is_last_whole: bool, *, quoted: bool = False) -> bytes:
    """The next lines up to about `size` bytes, the last one whole; b"" when there is none. With `quoted`, a line break
    between quotes ends no line."""
    start = file.tell()
    while True:
        file.seek(start)
        piece = file.read(size)
        end = piece.rfind(b"\n") + 1
        while quoted and end and piece.count(b'"', 0, end) % 2:
            end = piece.rfind(b"\n", 0, end - 1) + 1
        if not end and len(piece) < size and is_last_whole:
            return piece
        if end or len(piece) < size:
            file.seek(start + end)
            return piece[:end]
        size *= 2  # one line is longer than that


def _seek(file: io.BufferedReader, offset: int, path: Path) -> None:
    if file.seek(0, io.SEEK_END) < offset:
        raise _shrunk(path)
    file.seek(offset)


def _check_rows(count: int, before: int, path: Path) -> None:
    if count < before:
        raise _shrunk(path)


def _shrunk(path: Path) -> UsageError:
    return UsageError(f"the file holds less than was imported from it; remove its run and import it again: {path}")


def _whole(place: Place, name: str) -> int:
    value = place.get(name, 0)
    return value if isinstance(value, int) else 0
