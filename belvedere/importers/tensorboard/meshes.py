"""Point clouds and meshes: three tensors of one event, joined to one object.

The mesh plug-in writes NAME_VERTEX (batch, n, 3), NAME_FACE (batch, m, 3) and NAME_COLOR (batch, n, 3) and says in the
metadata of each whose it is: 2 name · 3 kind (1 vertices, 2 faces, 3 colours). Points without faces become points of
ours, x y z r g b; with faces they become a mesh.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from belvedere.core.entries import Stored
from belvedere.core.errors import UnknownFormat
from belvedere.core.meshes import Mesh
from belvedere.core.solids import Object3D
from belvedere.core.values import Keep
from belvedere.importers.tensorboard import protobuf
from belvedere.importers.tensorboard.events import TENSOR, SummaryValue, tensor

VERTICES, FACES, COLOURS = 1, 2, 3
Numbers = NDArray[np.generic]


def meshes(values: Iterable[SummaryValue], keep: Keep) -> dict[str, Stored]:
    """The objects that the values of the mesh plug-in in one event make up, by name; of a batch the items are called
    NAME/0, NAME/1 … UnknownFormat when one has no vertices."""
    parts: dict[str, dict[int, Numbers]] = {}
    for value in values:
        about = protobuf.parsed(value.metadata.content)
        kind = protobuf.whole(about, 3)
        name = protobuf.text(about, 2) or value.tag.rpartition("_")[0] or value.tag
        found = tensor(protobuf.blob(value.fields, TENSOR))
        if isinstance(found, list) or found.ndim != 3 or found.shape[2] != 3 or kind not in (VERTICES, FACES, COLOURS):
            raise UnknownFormat(f"the mesh {value.tag!r} is no tensor (batch, n, 3)")
        parts.setdefault(name, {})[kind] = found
    return {key: stored for name, part in parts.items() for key, stored in _objects(name, part, keep)}


def _objects(name: str, part: dict[int, Numbers], keep: Keep) -> Iterable[tuple[str, Stored]]:
    if VERTICES not in part:
        raise UnknownFormat(f"the mesh {name!r} has no vertices")
    count = len(part[VERTICES])
    for i in range(count):
        vertices, colours, faces = (
            part[kind][i % len(part[kind])] if kind in part and len(part[kind]) else None
            for kind in (VERTICES, COLOURS, FACES)
        )
        assert vertices is not None
        if colours is not None and len(colours) != len(vertices):
            raise UnknownFormat(f"the mesh {name!r} has {len(vertices)} vertices and {len(colours)} colours")
        key = name if count == 1 else f"{name}/{i}"
        yield key, _object(vertices, colours, faces, keep)


def _object(vertices: Numbers, colours: Numbers | None, faces: Numbers | None, keep: Keep) -> Stored:
    if faces is None or not len(faces):
        columns = [vertices] if colours is None else [vertices, colours]
        return Object3D(np.concatenate([column.astype(np.float64) for column in columns], axis=1)).record(keep)
    return Mesh(vertices, faces, colours).record(keep)
