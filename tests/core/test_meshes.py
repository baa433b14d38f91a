import numpy as np
import pytest

from belvedere.core.errors import UsageError
from belvedere.core.meshes import Mesh

TRIANGLE = [[0, 0, 0], [1, 0, 0], [0, 1, 0.5]]


def test_a_mesh_is_an_obj_file() -> None:
    mesh = Mesh(TRIANGLE, [[0, 1, 2]], caption="a triangle")
    assert mesh.wavefront() == b"v 0 0 0\nv 1 0 0\nv 0 1 0.5\nf 1 2 3\n"
    record = mesh.record(lambda content, suffix: {"sha256": "#", "size": len(bytes(content)), "suffix": suffix})
    assert record == {
        "_type": "object3d", "sha256": "#", "size": 34, "suffix": ".obj", "vertices": 3, "faces": 1,
        "caption": "a triangle",
    }  # fmt: skip


def test_colours_stand_behind_their_vertices() -> None:
    mesh = Mesh(TRIANGLE, np.zeros((0, 3)), [[255, 0, 0], [0, 255, 0], [0, 0, 51]])
    assert mesh.wavefront() == b"v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0.5 0 0 0.2\n"


@pytest.mark.parametrize(
    ("vertices", "faces", "colours", "words"),
    [
        (TRIANGLE, [[0, 1, 3]], None, "a face names vertex 3 of 3; they count from 0"),
        ([[0, 0]], [[0, 0, 0]], None, "vertices of a mesh are"),
        (TRIANGLE, [[0, 1]], None, "faces of a mesh are"),
        (TRIANGLE, [[0, 1, 2]], [[1, 2, 3]], "1 colours for 3 vertices; give one for each"),
    ],
)
def test_what_makes_no_mesh_is_refused(vertices: object, faces: object, colours: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Mesh(vertices, faces, colours)
