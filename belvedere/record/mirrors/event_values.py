"""Values of ours as values of TensorBoard's Summary message, by the kind of record.

| ours | in the event file |
|---|---|
| number, truth value | simple_value, a float32 |
| text | a string tensor of the text plug-in, tag KEY/text_summary |
| table | the same, as Markdown of its first rows; a precision-recall curve is one of the pr_curves plug-in |
| histogram | histo |
| image, images | image; several are one tensor of the images plug-in |
| video that is a GIF | image |
| audio | audio |
| object3d: points, .obj | tensors KEY_VERTEX, KEY_FACE, KEY_COLOR of the mesh plug-in |

Anything else (html, plotly, files, arrays, other videos) has no place in TensorBoard.
"""

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Stored
from belvedere.core.errors import DamagedLog
from belvedere.record.mirrors.event_file import field_bytes, field_double, field_float, field_varint

Content = Callable[[Mapping[str, Stored]], bytes]
FLOAT, INT32, STRING = 1, 3, 7  # TensorFlow's DataType
TEXT_SUFFIX = "/text_summary"
CURVE_COLUMNS = (
    "threshold", "true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall"
)  # fmt: skip
TABLE_ROWS_MAX = 200
RGB = 3
AUDIO_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".flac": "audio/flac"}
VERTICES, FACES, COLOURS = 1, 2, 3  # kinds of the mesh plug-in
MESH_TAGS = {VERTICES: "VERTEX", FACES: "FACE", COLOURS: "COLOR"}


def values_of(key: str, value: Stored, content: Content) -> list[bytes]:
    """The Summary values of one value under a key, each one serialised; [] when TensorBoard has no place for it.

    `content` reads the file of a record. Raises OSError when it is not there, DamagedLog when it is not what the record
    says."""
    if isinstance(value, bool | int | float):
        return [scalar(key, float(value))]
    if isinstance(value, str):
        return [text(key, value)]
    if not isinstance(value, Mapping):
        return []
    kind = value.get("_type")
    if kind in ("bigint", "number"):
        return [scalar(key, float(str(value["value"])))]
    if kind == "text":
        whole = content(value).decode("utf-8", "replace") if value.get("sha256") else str(value.get("text", ""))
        return [text(key, whole)]
    if kind == "string":
        return [text(key, str(value.get("value", "")))]
    if kind == "histogram":
        return [histogram(key, _numbers(value["counts"]), _numbers(value["edges"]))]
    if kind == "table":
        return [table(key, content(value))]
    if kind in ("image", "video", "audio", "object3d"):
        return _from_file(key, str(kind), value, content)
    if kind == "images":
        return _images(key, value, content)
    return []


def _from_file(key: str, kind: str, record: Mapping[str, Stored], content: Content) -> list[bytes]:
    if not record.get("sha256") or (kind == "video" and record.get("suffix") != ".gif"):
        return []
    if kind == "audio":
        return [audio(key, content(record), record)]
    if kind == "object3d":
        return _solid(key, content(record), record)
    width, height = (int(str(record.get(name) or 0)) for name in ("width", "height"))
    return [image(key, content(record), width, height)]


def _images(key: str, record: Mapping[str, Stored], content: Content) -> list[bytes]:
    items = [item for item in _list(record.get("items")) if isinstance(item, Mapping) and item.get("sha256")]
    if not items:
        return []
    sizes = [str(items[0].get(name) or 0).encode() for name in ("width", "height")]
    files = [content(item) for item in items]
    return [_tensor_value(key, _strings([*sizes, *files]), "images", b"")]


# ---- messages -------------------------------------------------------------------------------------------------------


def scalar(tag: str, value: float) -> bytes:
    return _tag(tag) + field_float(2, value)


def text(tag: str, content: str) -> bytes:
    return _tensor_value(tag + TEXT_SUFFIX, _strings([content.encode("utf-8", "replace")]), "text", b"")


def table(tag: str, content: bytes) -> bytes:
    """The JSON of a table as Markdown, or as the curve that its columns say it is."""
    try:
        told = json.loads(content)
        columns, rows = [str(name) for name in told["columns"]], list(told["data"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedLog(f"the file of a table is none ({error})") from error
    if tuple(columns) != CURVE_COLUMNS:
        return text(tag, markdown(columns, rows))
    curve = np.array(rows, np.float64).reshape(-1, len(columns)).T[1:].astype("<f4")
    about = field_varint(2, curve.shape[1])
    return _tensor_value(tag, _array(FLOAT, curve, curve.shape), "pr_curves", about)


def image(tag: str, content: bytes, width: int, height: int) -> bytes:
    """1 height · 2 width · 3 colour space · 4 the file."""
    parts = field_varint(1, height), field_varint(2, width), field_varint(3, RGB), field_bytes(4, content)
    return _tag(tag) + field_bytes(4, b"".join(parts))


def audio(tag: str, content: bytes, record: Mapping[str, Stored]) -> bytes:
    """1 rate in Hz · 2 channels · 3 frames · 4 the file · 5 its MIME type."""
    rate, seconds = (float(str(record.get(name) or 0)) for name in ("sample_rate", "seconds"))
    kind = AUDIO_TYPES.get(str(record.get("suffix", "")), "application/octet-stream")
    parts = (
        field_float(1, rate), field_varint(2, 1), field_varint(3, round(rate * seconds)), field_bytes(4, content),
        field_bytes(5, kind.encode()),
    )  # fmt: skip
    return _tag(tag) + field_bytes(6, b"".join(parts))


def histogram(tag: str, counts: NDArray[np.float64], edges: NDArray[np.float64]) -> bytes:
    """1 min · 2 max · 3 num · 4 sum · 5 sum of squares · 6 upper limit of each bucket · 7 counts.

    counts (k,), edges (k + 1,). The first bucket is empty and ends where the first real one begins. Sums are those of
    the middles of the buckets, since the values themselves are not there any more."""
    middles = (edges[:-1] + edges[1:]) / 2
    low, high = (float(edges[0]), float(edges[-1])) if len(edges) else (0.0, 0.0)
    numbers = low, high, counts.sum(), (counts * middles).sum(), (counts * middles**2).sum()
    limits, filled = edges.astype("<f8"), np.concatenate([[0.0], counts]).astype("<f8")
    parts = [field_double(number, float(value)) for number, value in enumerate(numbers, start=1)]
    parts += [field_bytes(6, limits.tobytes()), field_bytes(7, filled[: len(limits)].tobytes())]
    return _tag(tag) + field_bytes(5, b"".join(parts))


def mesh(
    name: str, vertices: NDArray[np.floating], colours: NDArray[np.number] | None, faces: NDArray[np.integer] | None
) -> list[bytes]:
    """vertices (n, 3), colours (n, 3) in 0…255, faces (m, 3): up to three values that belong in one event."""
    parts = {VERTICES: (FLOAT, vertices.astype("<f4"))}
    if faces is not None:
        parts[FACES] = INT32, faces.astype("<i4")
    if colours is not None:
        parts[COLOURS] = INT32, np.rint(colours).astype("<i4")
    components = sum(1 << kind for kind in parts)
    out = []
    for kind, (dtype, array) in parts.items():
        shape = 1, *array.shape
        about = field_bytes(2, name.encode()) + field_varint(3, kind) + field_bytes(5, b"{}")
        about += b"".join(field_varint(6, size) for size in shape) + field_varint(7, components)
        out.append(_tensor_value(f"{name}_{MESH_TAGS[kind]}", _array(dtype, array, shape), "mesh", about))
    return out


def hyperparameters(config: Mapping[str, Stored]) -> bytes:
    """What a session begins with: 1 hparams, a map of names to values. Nested ones are named with "/"; what is neither
    number, text nor truth value is text."""
    entries = b"".join(
        field_bytes(1, field_bytes(1, name.encode()) + field_bytes(2, _parameter(value)))
        for name, value in flattened(config)
    )
    return _session("session_start_info", field_bytes(3, entries))


def session_end(is_success: bool, wall_time: float) -> bytes:
    """How a session ended: 1 status (1 success, 2 failure) · 2 seconds."""
    end = field_varint(1, 1 if is_success else 2) + field_double(2, wall_time)
    return _session("session_end_info", field_bytes(4, end))


def _session(name: str, message: bytes) -> bytes:
    return _tag(f"_hparams_/{name}") + _metadata("hparams", message)


def _parameter(value: Stored) -> bytes:
    if isinstance(value, bool):
        return field_varint(4, value)
    if isinstance(value, int | float):
        return field_double(2, float(value))
    return field_bytes(3, (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "replace"))


def flattened(config: Mapping[str, Stored], prefix: str = "") -> list[tuple[str, Stored]]:
    """Names and values, those of mappings joined with "/"; values that are null are left out."""
    found: list[tuple[str, Stored]] = []
    for name, value in config.items():
        if isinstance(value, Mapping) and value and "_type" not in value:
            found += flattened(value, f"{prefix}{name}/")
        elif value is not None:
            found.append((f"{prefix}{name}", value))
    return found


def _tag(tag: str) -> bytes:
    return field_bytes(1, tag.encode("utf-8", "replace"))


def _tensor_value(tag: str, tensor: bytes, plugin: str, about: bytes) -> bytes:
    return _tag(tag) + field_bytes(8, tensor) + _metadata(plugin, about)


def _metadata(plugin: str, about: bytes) -> bytes:
    return field_bytes(9, field_bytes(1, field_bytes(1, plugin.encode()) + field_bytes(2, about)))


def _shape(sizes: Sequence[int]) -> bytes:
    return field_bytes(2, b"".join(field_bytes(2, field_varint(1, size)) for size in sizes))


def _strings(items: Sequence[bytes]) -> bytes:
    """A string tensor (n,)."""
    parts = [field_varint(1, STRING), _shape([len(items)]), *(field_bytes(8, item) for item in items)]
    return b"".join(parts)


def _array(dtype: int, array: NDArray[np.generic], shape: Sequence[int]) -> bytes:
    return field_varint(1, dtype) + _shape(shape) + field_bytes(4, array.tobytes())


# ---- contents -------------------------------------------------------------------------------------------------------


def markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The first rows of a table in Markdown."""
    lines = ["| " + " | ".join(map(_cell, cells)) + " |" for cells in (columns, *rows[:TABLE_ROWS_MAX])]
    lines.insert(1, "|" + "---|" * len(columns))
    if len(rows) > TABLE_ROWS_MAX:
        lines.append(f"\n{len(rows) - TABLE_ROWS_MAX} more rows")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("value", value.get("caption") or value.get("_type"))
    return str(value).replace("|", "\\|").replace("\n", " ")


def _solid(key: str, content: bytes, record: Mapping[str, Stored]) -> list[bytes]:
    """Points as raw float32 of the record's shape or as W&B's JSON, or the vertices and faces of an .obj file."""
    suffix = record.get("suffix")
    if suffix == ".obj":
        return _wavefront(key, content.decode("utf-8", "replace"))
    if suffix == ".pts.json":
        told = json.loads(content)
        points = np.asarray(told.get("points", []) if isinstance(told, Mapping) else told, np.float64)
    else:
        shape = [int(str(size)) for size in _list(record.get("shape"))]
        points = np.frombuffer(content, "<f4") if len(shape) == 2 else np.zeros(0)
        if len(shape) == 2 and points.size != shape[0] * shape[1]:
            raise DamagedLog(f"the file of {key!r} holds {points.size} numbers, not {shape[0]} times {shape[1]}")
        points = points.reshape(shape) if len(shape) == 2 else points
    if points.ndim != 2 or points.shape[1] < 3:
        return []
    return mesh(key, points[:, :3], points[:, 3:6] if points.shape[1] == 6 else None, None)


def _wavefront(key: str, content: str) -> list[bytes]:
    lines = [line.split() for line in content.splitlines()]
    vertices = np.array([list(map(float, words[1:])) for words in lines if words[:1] == ["v"]])
    corners = [[int(word.partition("/")[0]) for word in words[1:]] for words in lines if words[:1] == ["f"]]
    faces = [(face[0], face[i], face[i + 1]) for face in corners for i in range(1, len(face) - 1)]
    if vertices.ndim != 2:
        return []
    numbered = np.array([[number - 1 if number > 0 else len(vertices) + number for number in face] for face in faces])
    colours = vertices[:, 3:6] * 255 if vertices.shape[1] >= 6 else None
    return mesh(key, vertices[:, :3], colours, numbered if len(numbered) else None)


def _numbers(value: Stored) -> NDArray[np.float64]:
    return np.asarray(_list(value), dtype=np.float64)


def _list(value: Stored) -> list[Stored]:
    return list(value) if isinstance(value, list | tuple) else []
