"""Meshes from their numbers, kept as a Wavefront .obj file, which holds a colour behind each vertex."""

import numpy as np
from numpy.typing import NDArray

from belvedere.core.errors import UsageError
from belvedere.core.plain import array_of
from belvedere.core.values import Keep, Record

CORNERS = 3


class Mesh:
    """vertices (n, 3) · faces (m, 3), three vertex numbers from 0 on each · colours (n, 3) in 0…255, or None."""

    def __init__(self, vertices: object, faces: object, colours: object = None, caption: str = "") -> None:
        self.caption = caption
        self.vertices = _table(vertices, "vertices")
        self.faces = _table(faces, "faces").astype(np.int64)
        self.colours = None if colours is None else _table(colours, "colours")
        count = len(self.vertices)
        if self.faces.size and not 0 <= self.faces.min() <= self.faces.max() < count:
            raise UsageError(f"a face names vertex {int(self.faces.max())} of {count}; they count from 0")
        if self.colours is not None and len(self.colours) != count:
            raise UsageError(f"{len(self.colours)} colours for {count} vertices; give one for each")

    def record(self, keep: Keep) -> Record:
        kept = keep(self.wavefront(), ".obj")
        caption: Record = {"caption": self.caption} if self.caption else {}
        return {"_type": "object3d", **kept, "vertices": len(self.vertices), "faces": len(self.faces), **caption}

    def wavefront(self) -> bytes:
        """The file: "v x y z [r g b]" with colours in 0…1, "f a b c" with numbers from 1 on."""
        columns = self.vertices
        if self.colours is not None:
            columns = np.concatenate([columns, self.colours / 255], axis=1)
        lines = ["v " + " ".join(f"{number:.9g}" for number in row) for row in columns.tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (self.faces + 1).tolist()]
        return ("\n".join(lines) + "\n").encode()


def _table(given: object, what: str) -> NDArray[np.float64]:
    array = array_of(given)
    if array.ndim != 2 or array.shape[1] != CORNERS or array.dtype.kind not in "fiub":
        raise UsageError(f"{what} of a mesh are (n, 3) numbers, got {array.dtype} of shape {array.shape}")
    return array.astype(np.float64)
