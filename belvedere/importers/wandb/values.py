"""Rich values of W&B, `{"_type": "image-file", "path": …}`, as our records, and back without a difference.

Our record says in our words what a page needs, and keeps under "wandb" the type that W&B gave it with every field that
has no word of ours; `theirs` puts both together again. A run file lies in the media folder under "sha256" and "suffix";
"path" is its name among the run's files (`FileSaved.path`).

| W&B's `_type` | ours | fields beside sha256, size, suffix, path, caption |
|---|---|---|
| image-file | image | width, height, boxes {name: record "boxes"}, masks {name: record "mask"} |
| boxes2D | boxes | content is JSON: {"box_data": […], "class_labels"?} |
| mask | mask | content is a grey PNG: the value of a pixel is its class |
| images/separated | images | items: records "image" that have "path" and no "sha256" |
| histogram | histogram | counts (n,), edges (n + 1,), nonfinite; also from `packedBins` |
| table-file, incremental-table-file | table | rows; content is JSON: {"columns": […], "data": [[…], …]} |
| object3D-file | object3d | suffix ".pts.json": [[x, y, z], …] with 3, 4 or 6 columns, or {"type": "lidar/beta", "points", "boxes", "vectors"}; other suffixes: the mesh file |
| audio-file, video-file, html-file, plotly-file | audio, video, html, plotly | the file as it is; Plotly's JSON |
| bokeh-file, molecule-file, graph-file, saved-model, media | file | name: the last part of "path" |
| videos, audio, html, object3D, molecule (lists) | videos, audios, htmls, object3ds, files | items: records of one each |
| a bare list of any of these | histograms, images, … or mixed | items: records of one each |
| any other | the same | nothing is changed |

In a record "wandb"."_type" is W&B's type. Class labels of masks and boxes may stand in the run's facts:
`foreign["wandb"]["config"]["mask/class_labels"]`, under `<key>_wandb_delimeter_<name>`.
"""  # noqa: E501

from collections.abc import Callable, Mapping, Sequence

from belvedere.core.entries import Stored
from belvedere.runlog.media import SUFFIX

NESTING_MAX = 32
FOREIGN = "foreign"  # a value that would pass for a record of ours: kept whole under "wandb"

BARE_LIST = "[]"  # stands for W&B's type where a list of rich values was logged as it is
BIG_INTEGER = "bigint"  # how a log holds a whole number beyond 64 bits inside a value

KIND_OF: Mapping[str, str] = {
    "image-file": "image", "boxes2D": "boxes", "mask": "mask", "table-file": "table",
    "incremental-table-file": "table", "object3D-file": "object3d", "audio-file": "audio", "video-file": "video",
    "html-file": "html", "plotly-file": "plotly", "bokeh-file": "file", "molecule-file": "file",
    "graph-file": "file", "saved-model": "file", "media": "file",
}  # fmt: skip
# List types: W&B's type -> ours, the field that holds the list, the type of an item that is a mere file name.
LISTS: Mapping[str, tuple[str, str, str]] = {
    "images/separated": ("images", "filenames", "image-file"),
    "images": ("images", "filenames", "image-file"),
    "videos": ("videos", "videos", "video-file"),
    "audio": ("audios", "audio", "audio-file"),
    "html": ("htmls", "html", "html-file"),
    "object3D": ("object3ds", "objects", "object3D-file"),
    "molecule": ("files", "filenames", "molecule-file"),
}
OURS_OF: Mapping[str, str] = {"nrows": "rows"}  # fields that have another name with us
THEIRS_OF: Mapping[str, str] = {ours: theirs for theirs, ours in OURS_OF.items()}
SAME = frozenset(("sha256", "size", "path", "caption", "width", "height"))
OVERLAYS = frozenset(("boxes", "masks"))
LIST_OVERLAYS: Mapping[str, str] = {"boxes": "all_boxes", "masks": "all_masks", "caption": "captions"}

Record = dict[str, Stored]


def ours(value: Stored, depth: int = 0) -> Stored:
    """A value of W&B's JSON as it stands in our log."""
    if isinstance(value, Mapping):
        kind = value.get("_type")
        translate = _TRANSLATIONS.get(kind) if isinstance(kind, str) else None
        found = translate(value) if translate is not None else None
        return found if found is not None else _unknown(value, depth)
    if isinstance(value, list | tuple) and depth < NESTING_MAX:
        items = [ours(item, depth + 1) for item in value]
        kinds = {_kind(item) for item in items}
        if depth or not items or "" in kinds:
            return items
        return {
            "_type": f"{kinds.pop()}s" if len(kinds) == 1 else "mixed",
            "items": items,
            "wandb": {"_type": BARE_LIST},
        }
    return value


def theirs(record: Stored, depth: int = 0) -> Stored:
    """The exact inverse of `ours`. A record of our own recorder, without "wandb", stays as it is."""
    if isinstance(record, Mapping):
        told = record.get("wandb")
        if isinstance(told, Mapping) and "_type" in record and "_type" in told:
            return _restored(record, told)
        if record.get("_type") == BIG_INTEGER:
            return int(str(record["value"]))
        return {key: theirs(item, depth + 1) for key, item in record.items()} if depth < NESTING_MAX else record
    if isinstance(record, list | tuple) and depth < NESTING_MAX:
        return [theirs(item, depth + 1) for item in record]
    return record


def _kind(record: Stored) -> str:
    """Our type of a rich value of W&B that was translated; "" for anything else."""
    told = record.get("wandb") if isinstance(record, Mapping) else None
    is_rich = isinstance(told, Mapping) and isinstance(record, Mapping) and record.get("_type") != FOREIGN
    return str(record["_type"]) if is_rich and isinstance(record, Mapping) and "_type" in record else ""


def suffix_of(path: str) -> str:
    """The suffix under which the content of a run file is kept: ".pts.json", ".png", ".tar.gz", or "" for odd ones."""
    name = path.rpartition("/")[2]
    stem, _, last = name.rpartition(".")
    _, dot, before = stem.rpartition(".")
    is_double = bool(dot) and before.isalpha() and len(before) <= 8
    double = f".{before}.{last}" if is_double else f".{last}"
    return double.lower() if stem and SUFFIX.fullmatch(double) and last else ""


def _unknown(value: Mapping[str, Stored], depth: int) -> Stored:
    if "_type" in value and ("wandb" in value or value["_type"] == BIG_INTEGER):
        return {"_type": FOREIGN, "wandb": dict(value)}
    if depth >= NESTING_MAX:
        return value
    return {key: ours(item, depth + 1) for key, item in value.items()}


def _file(value: Mapping[str, Stored]) -> Record:
    """A value whose content is one run file."""
    theirs_type = str(value["_type"])
    record: Record = {"_type": KIND_OF[theirs_type]}
    told: Record = {"_type": theirs_type}
    for name, item in value.items():
        if name in SAME:
            record[name] = item
        elif name in OURS_OF:
            record[OURS_OF[name]] = item
        elif name in OVERLAYS and _is_overlay(item):
            record[name] = ours(item)
        elif name != "_type":
            told[name] = item
    path = value.get("path")
    if isinstance(path, str):
        record["suffix"] = suffix_of(path)
        if record["_type"] == "file":
            record["name"] = path.rpartition("/")[2]
    return {**record, "wandb": told}


def _is_overlay(value: Stored) -> bool:
    return isinstance(value, Mapping) and all(map(_is_file, value.values()))


def _is_file(value: Stored) -> bool:
    kind = value.get("_type") if isinstance(value, Mapping) else None
    return isinstance(kind, str) and kind in KIND_OF


def _histogram(value: Mapping[str, Stored]) -> Record | None:
    counts = value.get("values")
    edges = value.get("bins") if "packedBins" not in value else _unpacked(value["packedBins"])
    if not _is_numbers(counts) or not _is_numbers(edges) or {"bins", "packedBins"} <= value.keys():
        return None
    told = {name: item for name, item in value.items() if name not in ("values", "bins")}
    return {"_type": "histogram", "counts": counts, "edges": edges, "nonfinite": 0, "wandb": told}


def _is_numbers(value: Stored) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, float | int) for item in value)


def _unpacked(packed: Stored) -> Stored:
    """Edges (count + 1,) of {"min", "size", "count"}: bins of one width."""
    if not isinstance(packed, Mapping):
        return None
    start, width, count = (packed.get(name) for name in ("min", "size", "count"))
    if not isinstance(start, float | int) or not isinstance(width, float | int) or not isinstance(count, int):
        return None
    return [start + width * i for i in range(min(count, 1 << 16) + 1)]


def _list(value: Mapping[str, Stored]) -> Record | None:
    """A list of values of one kind; with W&B's type, the record keeps everything but the list itself under "wandb"."""
    theirs_type = str(value["_type"])
    plural, field, item_type = LISTS[theirs_type]
    members = value.get(field)
    if not isinstance(members, list) or not members:
        return None
    if all(isinstance(member, str) for member in members):
        items: list[Stored] = [_named(str(member), item_type, value, i) for i, member in enumerate(members)]
    elif all(map(_is_file, members)):
        items = [ours(member) for member in members]
    else:
        return None
    told = {name: item for name, item in value.items() if name != field}
    return {"_type": plural, "items": items, "wandb": told}


def _named(path: str, item_type: str, whole: Mapping[str, Stored], i: int) -> Record:
    """An item that W&B names by its path only; what the list says of it comes along."""
    found = {name: whole[name] for name in ("width", "height") if name in whole}
    for name, field in LIST_OVERLAYS.items():
        told = whole.get(field)
        if isinstance(told, Sequence) and not isinstance(told, str) and i < len(told) and told[i] is not None:
            found[name] = told[i]
    record = _file({"_type": item_type, "path": path, **found})
    del record["wandb"]
    return record


def _restored(record: Mapping[str, Stored], told: Mapping[str, Stored]) -> Stored:
    kind = record["_type"]
    if kind == FOREIGN:
        return told
    if kind == "histogram":
        edges = {} if "packedBins" in told else {"bins": record["edges"]}
        return {**told, "values": record["counts"], **edges}
    if told["_type"] == BARE_LIST:
        return theirs(record["items"], 1)
    if "items" in record:
        _, field, _ = LISTS[str(told["_type"])]
        items = record["items"]
        assert isinstance(items, list | tuple)
        return {**told, field: [_member(item) for item in items]}
    found: Record = dict(told)
    for name, item in record.items():
        if name in SAME:
            found.setdefault(name, item)  # of a table that is shown whole, "wandb" has hash and size of the client's
        elif name in THEIRS_OF:
            found[THEIRS_OF[name]] = item
        elif name in OVERLAYS:
            found[name] = theirs(item)
    return found


def _member(item: Stored) -> Stored:
    return item["path"] if isinstance(item, Mapping) and "wandb" not in item else theirs(item)


_TRANSLATIONS: Mapping[str, Callable[[Mapping[str, Stored]], Record | None]] = {
    **dict.fromkeys(KIND_OF, _file),
    **dict.fromkeys(LISTS, _list),
    "histogram": _histogram,
}
