"""Our records as values of W&B's client."""

import io
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.core.entries import Stored
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.values import Value
from belvedere.record.mirrors.wandb_values import AsFile, Values
from belvedere.runlog import media
from belvedere.runlog.layout import RunFolder
from tests.record.mirrors import fake_wandb


class Shelf:
    """A run's media, and what the client makes of a value that lies there."""

    def __init__(self, root: Path) -> None:
        self.folder = RunFolder(root, "p", "r")
        self.values = Values(fake_wandb, self.content)  # type: ignore[arg-type]

    def content(self, record: Mapping[str, Stored]) -> Path:
        return media.locate(self.folder, str(record["sha256"]), str(record["suffix"]))

    def keep(self, content: bytes | Path, suffix: str) -> dict[str, Stored]:
        ref = media.keep(self.folder, content, suffix)
        return {"sha256": ref.sha256, "size": ref.size_bytes, "suffix": ref.suffix}

    def record(self, value: Value) -> dict[str, Stored]:
        return value.record(self.keep)

    def made(self, value: Value) -> object:
        return self.values.of(self.record(value))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def told(made: object) -> list[object]:
    assert isinstance(made, fake_wandb.Rich), made
    return list(made.told)


def test_plain_values_stay_as_they_are(shelf: Shelf) -> None:
    assert shelf.values.of({"a": 1, "b": {"c": None}}) == {"a": 1, "b": {"c": None}}
    assert shelf.values.of([1, "x"]) == [1, "x"]
    assert math.isinf(float(str(shelf.values.of({"_type": "number", "value": "inf"}))))


def test_a_histogram_of_many_bins_is_joined_until_the_client_takes_it(shelf: Shelf) -> None:
    made = shelf.made(bv.Histogram(counts=np.ones(1024), edges=np.arange(1025.0)))
    told_as = told(made)[1]
    assert isinstance(told_as, dict)
    assert told_as["np_histogram"].count("2,") + told_as["np_histogram"].count("2]") >= 100


def test_pictures_keep_their_boxes_masks_and_caption(shelf: Shelf) -> None:
    boxes = {"found": {"box_data": [{"class_id": 1}], "class_labels": {1: "cat"}}}
    masks = {"truth": {"mask_data": np.full((2, 3), 1, np.uint8), "class_labels": {1: "cat"}}}
    name, path, options = told(shelf.made(bv.Image(np.zeros((2, 3, 3), np.uint8), "c", boxes=boxes, masks=masks)))
    assert isinstance(options, dict) and isinstance(path, str)
    assert (name, Path(path).suffix, options["caption"]) == ("Image", ".png", "'c'")
    assert options["boxes"] == repr(boxes)
    assert "'class_labels': {1: 'cat'}" in options["masks"]


def test_a_list_of_pictures_is_a_list(shelf: Shelf) -> None:
    one = shelf.record(bv.Image(np.zeros((2, 2), np.uint8)))
    made = shelf.values.of({"_type": "images", "items": [one, one]})
    assert isinstance(made, list)
    assert [told(item)[0] for item in made] == ["Image", "Image"]


def test_sounds_films_pages_and_texts(shelf: Shelf) -> None:
    audio = told(shelf.made(bv.Audio(np.zeros(8), 8000, "quiet")))
    video = told(shelf.made(bv.Video(np.zeros((2, 4, 4, 3), np.uint8))))
    assert (audio[0], audio[2]) == ("Audio", {"caption": "'quiet'"})
    assert (video[0], video[2]) == ("Video", {"format": "'gif'"})
    assert told(shelf.made(bv.Html("<b>x</b>"))) == ["Html", "<b>x</b>", {"inject": "False"}]
    assert shelf.made(bv.Text("short")) == "short"
    assert told(shelf.made(bv.Text("<" * 10_001)))[1] == f"<pre>{'&lt;' * 10_001}</pre>"


def test_a_table_has_its_cells_as_values(shelf: Shelf) -> None:
    table = bv.Table(["n", "picture"], [[math.nan, bv.Image(np.zeros((2, 2), np.uint8))], [2, "x"]])
    options = told(shelf.made(table))[1]
    assert isinstance(options, dict)
    assert options["columns"] == "['n', 'picture']"
    assert options["data"].startswith("[[nan, <") and options["data"].endswith("[2, 'x']]")


def test_points_and_scenes(shelf: Shelf) -> None:
    points = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert told(shelf.made(bv.Object3D(points)))[:2] == ["Object3D", points.tolist()]
    scene = told(shelf.made(bv.Object3D({"points": points, "boxes": [{"label": "b"}]})))[1]
    assert isinstance(scene, str) and scene.startswith("{'type': 'lidar/beta'") and "'boxes'" in scene


def test_a_plotly_figure_is_one_again(shelf: Shelf) -> None:
    figure = {"data": [{"type": "scatter", "x": [1], "y": [2]}], "layout": {"title": {"text": "T"}}}
    assert "'text': 'T'" in str(told(shelf.made(bv.Plotly(json.dumps(figure))))[1])


def test_what_the_client_has_no_class_for_becomes_a_file(shelf: Shelf, tmp_path: Path) -> None:
    array = shelf.made(bv.Array(np.eye(2)))
    assert isinstance(array, AsFile) and isinstance(array.content, bytes) and array.suffix == ".npy"
    np.testing.assert_array_equal(np.load(io.BytesIO(array.content)), np.eye(2))
    (tmp_path / "mesh.ply").write_text("ply")
    mesh = shelf.made(bv.Object3D(tmp_path / "mesh.ply"))
    assert isinstance(mesh, AsFile) and isinstance(mesh.content, Path) and mesh.content.read_text() == "ply"


def test_a_content_that_is_missing_is_named(shelf: Shelf) -> None:
    with pytest.raises(NotFound, match="the file of a value of type 'html' is missing"):
        shelf.values.of({"_type": "html", "sha256": "0" * 64, "suffix": ".html", "size": 1})
    with pytest.raises(UsageError, match="'image' has no content that could be sent"):
        shelf.values.of({"_type": "image", "path": "media/images/x.png"})
