"""What was logged comes back as it was."""

from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.analysis import contents
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.query import Needs
from belvedere.core.series import Media, RunData
from belvedere.store.store import open_store


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    folder: Path = tmp_path_factory.mktemp("runs")
    with bv.init(project="p", dir=str(folder)) as run:
        for step in range(3):
            run.log({"map": bv.Array(np.full((2, 3), step, np.float32), {"layer": 1, "scale": float("inf")})}, step)
        run.log({"rows": bv.Table(["a", "b"], [[1, float("nan")], ["x", None]]), "bins": bv.Histogram([1, 1, 3], 2)})
        run.log({"words": bv.Text("good morning"), "cloud": bv.Object3D([[1.0, 2.0, 3.0]])})
    needs = Needs(media=("array:map", "table:rows", "histogram:bins", "text:words", "object3d:*"))
    return open_store(folder).runs()[0].data(needs)


def test_an_array_has_its_shape_and_dtype_again(data: RunData) -> None:
    values = [contents.array(media) for media in data.media["map"]]
    assert [value.shape for value in values] == [(2, 3)] * 3 and values[2].dtype == np.float32
    assert [float(value[0, 0]) for value in values] == [0.0, 1.0, 2.0]
    assert [media.step for media in data.media["map"]] == [0, 1, 2]
    assert contents.about(data.media["map"][0]) == {"layer": 1, "scale": float("inf")}


def test_a_table_has_its_cells_again(data: RunData) -> None:
    found = contents.table(data.media["rows"][0])
    assert found.columns == ("a", "b")
    assert found.column("a") == [1, "x"]
    assert np.isnan(found.rows[0][1]) and found.rows[1][1] is None  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="no column 'c' in the table; it has: a, b"):
        found.column("c")


def test_counts_texts_and_points_too(data: RunData) -> None:
    counts, edges = contents.histogram(data.media["bins"][0])
    assert counts.tolist() == [2.0, 1.0] and edges.tolist() == [1.0, 2.0, 3.0]
    assert contents.text(data.media["words"][0]) == "good morning"
    assert contents.array(data.media["cloud"][0]).tolist() == [[1.0, 2.0, 3.0]]


def test_a_missing_file_and_a_wrong_type_are_said() -> None:
    lost = Media(7, 0.0, "array", {"shape": [1], "dtype": "<f4"})
    with pytest.raises(NotFound, match="the file of the array at step 7 is missing; copy the run's media folder"):
        contents.array(lost)
    with pytest.raises(UsageError, match="the value at step 7 is of type array, not table"):
        contents.table(lost)


def cloud(content: str) -> Media:
    return Media(0, 0.0, "object3d", {"sha256": "x", "suffix": ".pts.json"}, content.encode())


def test_points_in_the_json_of_wandb_are_points_too() -> None:
    assert contents.array(cloud("[[1, 2, 3], [4, 5, 6.5]]")).tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]]
    scene = '{"type": "lidar/beta", "points": [[1, 2, 3, 4]], "boxes": [], "vectors": []}'
    assert contents.array(cloud(scene)).tolist() == [[1.0, 2.0, 3.0, 4.0]]
    assert contents.array(cloud('{"type": "lidar/beta", "boxes": []}')).shape == (0, 3)
    with pytest.raises(UsageError, match="the object3d at step 0 is no point cloud; open its file as what it is"):
        contents.array(cloud("v 0 0 0"))


def test_a_table_file_of_wandb_may_hold_bare_nan() -> None:
    told = b'{"columns": ["a", 7], "data": [[NaN, Infinity]]}'
    found = contents.table(Media(0, 0.0, "table", {}, told))
    assert found.columns == ("a", "7") and np.isnan(found.rows[0][0]) and found.rows[0][1] == float("inf")  # type: ignore[call-overload]
