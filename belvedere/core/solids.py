"""Point clouds and meshes. Points are raw little-endian float32, which a browser maps as it is."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of, plain_data
from belvedere.core.values import Keep, Record, existing_file, safe_suffix

MESH_SUFFIXES = (".glb", ".gltf", ".obj", ".ply", ".stl")
POINT_COLUMNS = (3, 4, 6)  # x y z · x y z class · x y z r g b


class Object3D:
    """Points (n, 3 | 4 | 6): x y z, then a class or r g b; or {"points": …, "boxes": …, "vectors": …}; or a path to a
    mesh."""

    def __init__(self, data: object, caption: str | None = None, file_type: str | None = None) -> None:
        """`file_type` is W&B's; what kind of mesh it is, its suffix says."""
        self.caption = caption or ""
        self._file: Path | None = None
        self._points: NDArray[np.float32] | None = None
        self._scene: Record = {}
        if isinstance(data, str | Path):
            self._file = existing_file(data)
            if safe_suffix(self._file) not in MESH_SUFFIXES:
                raise UsageError(
                    f"suffix {self._file.suffix!r} is no 3-D object; use one of {', '.join(MESH_SUFFIXES)}"
                )
            return
        scene = data if isinstance(data, Mapping) else {"points": data}
        self._scene = {key: plain_data(scene[key]) for key in ("boxes", "vectors") if key in scene}
        self._points = _checked_points(scene.get("points", np.zeros((0, 3))))

    @classmethod
    def from_numpy(cls, data: object, caption: str | None = None) -> "Object3D":
        """Points, under W&B's name."""
        return cls(data, caption)

    @classmethod
    def from_file(cls, data_or_path: str | Path, file_type: str | None = None) -> "Object3D":
        """A mesh, under W&B's name."""
        return cls(data_or_path)

    @classmethod
    def from_point_cloud(
        cls, points: object, boxes: object = (), vectors: object = (), point_cloud_type: str = "lidar/beta"
    ) -> "Object3D":  # fmt: skip
        """Points with boxes and vectors, under W&B's name."""
        given = {"boxes": boxes, "vectors": vectors}
        return cls({"points": points, **{name: items for name, items in given.items() if items}})

    def record(self, keep: Keep) -> Record:
        caption: Record = {"caption": self.caption} if self.caption else {}
        if self._file is not None:
            return {"_type": "object3d", **keep(self._file, safe_suffix(self._file)), **caption}
        assert self._points is not None
        shape = [int(size) for size in self._points.shape]
        kept = keep(self._points.astype("<f4", copy=False).tobytes(), ".f32")
        return {"_type": "object3d", **kept, "shape": list(shape), "dtype": "<f4", **self._scene, **caption}


def _checked_points(points: object) -> NDArray[np.float32]:
    array = array_of(points)
    if array.ndim != 2 or array.shape[1] not in POINT_COLUMNS or array.dtype.kind not in "fiub":
        raise UsageError(f"points are (n, 3), (n, 4) or (n, 6) numbers, got {array.dtype} of shape {array.shape}")
    return array.astype(np.float32)
