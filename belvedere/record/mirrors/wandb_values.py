"""Our records as values of W&B's client: a picture as `wandb.Image`, a table as `wandb.Table` …

What the client has no class for, or cannot read, becomes a file of the run (`AsFile`). `wandb` is the imported module,
so nothing here imports it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import ModuleType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Stored
from belvedere.core.errors import NotFound, UsageError

BINS_MAX = 512  # the client refuses more
COMPONENTS_MAX = 64  # longer vectors become a histogram
TEXT_MAX = 10_000  # characters; longer ones become a page
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")
MOVING = (".mp4", ".webm", ".gif", ".ogg")
SOLIDS = (".obj", ".gltf", ".glb", ".babylon", ".stl", ".json")
MOLECULES = (".pdb", ".pqr", ".mmcif", ".mcif", ".cif", ".sdf", ".sd", ".gro", ".mol2", ".mmtf")

Record = Mapping[str, Stored]


@dataclass(frozen=True)
class AsFile:
    """A value that W&B takes only as a file: its bytes, or where they lie."""

    content: Path | bytes
    suffix: str


@dataclass(frozen=True)
class Values:
    """Makes values of the client; `content` finds the file of a record."""

    wandb: ModuleType
    content: Callable[[Record], Path]

    def of(self, value: Stored) -> object:
        """A value of the client, plain data as it is, or `AsFile`. NotFound when its file is missing."""
        if not isinstance(value, Mapping):
            return value
        kind = value.get("_type")
        if kind is None:
            return {key: self.of(item) for key, item in value.items()}
        if kind == "number":
            return float(str(value["value"]))
        if isinstance(value.get("items"), Sequence):
            return [self.of(item) for item in cast(Sequence[Stored], value["items"])]
        maker = getattr(self, f"_{kind}", None)
        return maker(value) if maker else self._file(value)

    # ---- without a file -----------------------------------------------------------------------------------------

    def _histogram(self, record: Record) -> object:
        counts, edges = _floats(record["counts"]), _floats(record["edges"])
        if len(counts) > BINS_MAX:
            wide = -(-len(counts) // BINS_MAX)
            starts = np.arange(0, len(counts), wide)
            counts, edges = np.add.reduceat(counts, starts), np.append(edges[:-1][starts], edges[-1])
        whole = counts.astype(np.int64)
        return self.wandb.Histogram(np_histogram=(whole if np.array_equal(whole, counts) else counts, edges))

    def _text(self, record: Record) -> object:
        text = self._read(record).decode("utf-8", "replace") if record.get("sha256") else str(record.get("text", ""))
        return text if len(text) <= TEXT_MAX else self.wandb.Html(f"<pre>{escape(text)}</pre>", inject=False)

    # ---- pictures, sounds, pages --------------------------------------------------------------------------------

    def _image(self, record: Record) -> object:
        path = self._path(record)
        if path.suffix not in PICTURES:
            return AsFile(path, path.suffix)
        more: dict[str, object] = {}
        if isinstance(boxes := record.get("boxes"), Mapping):
            more["boxes"] = {name: _with_labels(cast(Record, group)) for name, group in boxes.items()}
        if isinstance(masks := record.get("masks"), Mapping):
            more["masks"] = {name: self._mask(cast(Record, mask)) for name, mask in masks.items()}
        return self.wandb.Image(str(path), caption=record.get("caption") or None, **more)

    def _mask(self, record: Record) -> dict[str, object]:
        """Class numbers (H, W) and the names of the classes."""
        from PIL import Image as pillow

        with pillow.open(self._path(record)) as picture:
            numbers = np.array(picture.convert("L"))
        return _with_labels({"mask_data": numbers, "class_labels": record.get("class_labels")})

    def _video(self, record: Record) -> object:
        path = self._path(record)
        if path.suffix not in MOVING:
            return AsFile(path, path.suffix)
        return self.wandb.Video(str(path), caption=record.get("caption") or None, format=path.suffix[1:])

    def _audio(self, record: Record) -> object:
        return self.wandb.Audio(str(self._path(record)), caption=record.get("caption") or None)

    def _html(self, record: Record) -> object:
        return self.wandb.Html(self._read(record).decode("utf-8", "replace"), inject=False)

    def _plotly(self, record: Record) -> object:
        from plotly.io import from_json

        return self.wandb.Plotly(from_json(self._read(record).decode(), skip_invalid=True))

    def _molecule(self, record: Record) -> object:
        path = self._path(record)
        return self.wandb.Molecule(str(path)) if path.suffix in MOLECULES else AsFile(path, path.suffix)

    # ---- numbers ------------------------------------------------------------------------------------------------

    def _table(self, record: Record) -> object:
        told = json.loads(self._read(record))
        rows = [[self._cell(cell) for cell in row] for row in told["data"]]
        return self.wandb.Table(columns=[str(name) for name in told["columns"]], data=rows, allow_mixed_types=True)

    def _cell(self, cell: Stored) -> object:
        made = self.of(cell)
        return str(cell) if isinstance(made, AsFile) else made

    def _object3d(self, record: Record) -> object:
        path = self._path(record)
        if "shape" not in record:
            if path.suffix not in SOLIDS:
                return AsFile(path, path.suffix)
            return self.wandb.Object3D(str(path), caption=record.get("caption") or None)
        points = self._numbers(record).astype(np.float64)
        given = {"boxes": record.get("boxes"), "vectors": record.get("vectors")}
        scene = {key: np.array(items) for key, items in given.items() if items}
        data: object = {"type": "lidar/beta", "points": points, **scene} if scene else points
        return self.wandb.Object3D(data, caption=record.get("caption") or None)

    def _array(self, record: Record) -> AsFile:
        import io

        buffer = io.BytesIO()
        np.save(buffer, self._numbers(record), allow_pickle=False)
        return AsFile(buffer.getvalue(), ".npy")

    def _numbers(self, record: Record) -> NDArray[np.generic]:
        shape = [int(str(size)) for size in cast(Sequence[Stored], record["shape"])]
        return np.frombuffer(self._read(record), dtype=str(record["dtype"])).reshape(shape)

    # ---- files --------------------------------------------------------------------------------------------------

    def _file(self, record: Record) -> AsFile:
        path = self._path(record)
        return AsFile(path, path.suffix)

    def _path(self, record: Record) -> Path:
        if not record.get("sha256"):
            raise UsageError(f"a value of type {record.get('_type')!r} has no content that could be sent")
        path = self.content(record)
        if not path.is_file():
            raise NotFound(
                f"the file of a value of type {record.get('_type')!r} is missing, so it was left out: {path}"
            )
        return path

    def _read(self, record: Record) -> bytes:
        return self._path(record).read_bytes()


def _with_labels(told: Mapping[str, object]) -> dict[str, object]:
    """Names of classes by number: the client insists on it, and JSON has made text of the numbers."""
    labels = told.get("class_labels")
    rest = {key: value for key, value in told.items() if key != "class_labels"}
    if not isinstance(labels, Mapping) or not labels:
        return rest
    return {**rest, "class_labels": {int(str(number)): str(name) for number, name in labels.items()}}


def _floats(numbers: Stored) -> NDArray[np.float64]:
    return np.array([float(str(number)) for number in cast(Sequence[Stored], numbers)], np.float64)
