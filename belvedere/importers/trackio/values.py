"""Values of Trackio's JSON rows as ours.

Numbers that are not finite are texts: "NaN", "Infinity", "-Infinity". A rich value is a mapping:

| `_type` | fields | ours |
|---|---|---|
| trackio.image, .video, .audio, .html, .object3d, .file | file_path (below the media folder), caption | image … file |
| trackio.table | _value: a list of rows, each a mapping | table |
| trackio.histogram | values (n,), bins (n + 1,) | histogram |
| trackio.markdown | _value: text | text |
"""

from collections.abc import Mapping
from pathlib import Path

from belvedere.core.entries import Stored
from belvedere.core.values import Histogram, Keep, Record, Table, Text
from belvedere.importers.wandb.values import suffix_of

PREFIX = "trackio."
FILES = frozenset(("image", "video", "audio", "html", "object3d", "file"))
NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def our_value(value: Stored, media: Path, keep: Keep) -> Stored:
    """A value of one row; files lie below `media`."""
    if isinstance(value, str):
        return NOT_FINITE.get(value, value)
    if isinstance(value, list | tuple):
        items = [our_value(item, media, keep) for item in value]
        return {"_type": f"{_type(items[0])}s", "items": items} if items and all(map(_type, items)) else items
    if not isinstance(value, Mapping):
        return value
    kind = _type(value)
    if not kind.startswith(PREFIX):
        return {key: our_value(item, media, keep) for key, item in value.items()}
    return _rich(kind.removeprefix(PREFIX), value, media, keep)


def _rich(kind: str, value: Mapping[str, Stored], media: Path, keep: Keep) -> Stored:
    told = value.get("_value")
    if kind in FILES:
        return _file(kind, value, media, keep)
    if kind == "table" and isinstance(told, list):
        return _table([row for row in told if isinstance(row, Mapping)], media, keep)
    if kind == "histogram" and _is_counted(value.get("values"), value.get("bins")):
        return Histogram(counts=value["values"], edges=value["bins"]).record(keep)
    if kind == "markdown" and isinstance(told, str):
        return Text(told).record(keep)
    return value


def _file(kind: str, value: Mapping[str, Stored], media: Path, keep: Keep) -> Stored:
    name = str(value.get("file_path") or "")
    record: Record = {"_type": kind, "path": name, "suffix": suffix_of(name), "name": name.rpartition("/")[2]}
    if value.get("caption"):
        record["caption"] = value["caption"]
    path = (media / name).resolve()
    if name and path.is_relative_to(media.resolve()) and path.is_file():
        record.update(keep(path, suffix_of(name)))
    return record


def _table(rows: list[Mapping[str, Stored]], media: Path, keep: Keep) -> Stored:
    cells = [{key: our_value(cell, media, keep) for key, cell in row.items()} for row in rows]
    return Table(cells).record(keep)


def _is_counted(counts: Stored, edges: Stored) -> bool:
    return isinstance(counts, list) and isinstance(edges, list) and len(edges) == len(counts) + 1


def _type(value: Stored) -> str:
    return str(value.get("_type", "")) if isinstance(value, Mapping) else ""
