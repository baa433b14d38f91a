"""What rich values hold, from the bytes that were logged: arrays, tables, histograms, texts, point clouds.

All raise NotFound when the file of a value is missing, and UsageError when the value is of another type.
"""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import NotFound, UsageError
from belvedere.core.series import Floats, Media


@dataclass(frozen=True)
class TableContent:
    """A table as it was logged: every row has one cell for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def column(self, name: str) -> list[object]:
        """All cells of a column; UsageError names the columns there are."""
        if name not in self.columns:
            raise UsageError(f"no column {name!r} in the table; it has: {', '.join(self.columns)}")
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def array(media: Media) -> NDArray[np.generic]:
    """The numbers of an Array or a point cloud, in the shape and dtype they were logged in."""
    _expect(media, "array", "object3d")
    if "shape" not in media.record:
        return _json_points(media)
    shape = tuple(int(size) for size in _list(media.record.get("shape")))
    return np.frombuffer(_bytes(media), dtype=str(media.record["dtype"])).reshape(shape)


def _json_points(media: Media) -> Floats:
    """points (n, 3 | 4 | 6) of a cloud in W&B's JSON: the rows themselves, or a scene that has them as "points"."""
    try:
        told = json.loads(_bytes(media))
    except ValueError as error:
        raise UsageError(f"the object3d at step {media.step} is no point cloud; open its file as what it is") from error
    rows = told.get("points", []) if isinstance(told, dict) else told
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), -1 if len(rows) else 3)


def about(media: Media) -> dict[str, object]:
    """What was said about an Array; numbers that JSON cannot hold are numbers again."""
    told = media.record.get("about")
    return {str(key): _restored(value) for key, value in told.items()} if isinstance(told, dict) else {}


def table(media: Media) -> TableContent:
    """The columns and rows of a Table; numbers that JSON cannot hold are numbers again."""
    _expect(media, "table")
    told = json.loads(_bytes(media))
    rows = tuple(tuple(_restored(cell) for cell in row) for row in told["data"])
    return TableContent(tuple(str(name) for name in told["columns"]), rows)


def histogram(media: Media) -> tuple[Floats, Floats]:
    """counts (bins,) and edges (bins + 1,) of a Histogram."""
    _expect(media, "histogram")
    counts, edges = (np.asarray(_list(media.record[name]), dtype=np.float64) for name in ("counts", "edges"))
    return counts, edges


def text(media: Media) -> str:
    """The text of a Text, or of plain text that was logged."""
    _expect(media, "text", "string")
    return str(media.record.get("text", media.record.get("value", "")))


def _expect(media: Media, *kinds: str) -> None:
    if media.type not in kinds:
        raise UsageError(f"the value at step {media.step} is of type {media.type}, not {' or '.join(kinds)}")


def _bytes(media: Media) -> bytes:
    if media.content is None:
        raise NotFound(
            f"the file of the {media.type} at step {media.step} is missing; "
            "copy the run's media folder too, or read it from where it was recorded"
        )
    return media.content


def _list(value: object) -> list[float]:
    return list(value) if isinstance(value, list | tuple) else []


def _restored(value: object) -> object:
    if isinstance(value, dict):
        if value.get("_type") == "number":
            return float(str(value["value"]))
        return {str(key): _restored(item) for key, item in value.items()}
    return [_restored(item) for item in value] if isinstance(value, list) else value
