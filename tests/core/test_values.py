"""Rich values: the record each leaves in the log, and the content it keeps."""

import io
import json
import math
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import belvedere as bv
from belvedere.core.entries import Stored
from belvedere.core.pictures import as_pixels, encode_png
from belvedere.core.plain import json_data, plain_data


class Kept:
    """Takes contents instead of a media folder."""

    def __init__(self) -> None:
        self.contents: list[tuple[bytes, str]] = []

    def __call__(self, content: bytes | Path, suffix: str) -> dict[str, Stored]:
        body = content.read_bytes() if isinstance(content, Path) else content
        self.contents.append((body, suffix))
        return {"sha256": str(len(self.contents)), "size": len(body), "suffix": suffix}


@pytest.fixture
def keep() -> Kept:
    return Kept()


def test_vector_keeps_its_precision_and_names() -> None:
    narrow, wide = bv.Vector(np.array([1, 2], np.float16)), bv.Vector([1, 2], names=["a", "b"])
    assert (narrow.values.dtype, narrow.names) == (np.float32, ("0", "1"))
    assert (wide.values.dtype, wide.names) == (np.float64, ("a", "b"))


@pytest.mark.parametrize("values", [[[1.0]], 1.0, ["a"]])
def test_vector_refuses_what_is_none(values: object) -> None:
    with pytest.raises(bv.UsageError):
        bv.Vector(values)


def test_components_of_a_vector_have_names_of_their_own() -> None:
    with pytest.raises(bv.UsageError, match="several components are called 'a'"):
        bv.Vector([1, 2, 3], names=["a", "b", "a"])


def test_histogram_counts_finite_values_and_says_how_many_were_not(keep: Kept) -> None:
    record = bv.Histogram([0.0, 1.0, 1.0, math.nan, math.inf], bins=2).record(keep)
    assert record == {"_type": "histogram", "counts": [1, 2], "edges": [0.0, 0.5, 1.0], "nonfinite": 2}
    assert len(bv.Histogram(np.arange(10)).counts) == 64
    assert bv.Histogram(counts=[1, 2], edges=[0, 1, 2]).record(keep)["counts"] == [1, 2]


def test_histogram_refuses_edges_that_do_not_fit() -> None:
    with pytest.raises(bv.UsageError, match="one edge more"):
        bv.Histogram(counts=[1, 2], edges=[0, 1])


def decoded(png: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 1), (3, 5, 2), (3, 5, 3), (3, 5, 4)])
def test_png_reads_back_exactly(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = decoded(encode_png(as_pixels(pixels)[0]))
    np.testing.assert_array_equal(found.reshape(pixels.shape), pixels)


def test_images_of_floats_and_wide_ranges(keep: Kept) -> None:
    unit = bv.Image(np.array([[0.0, 0.5, 1.0]]), caption="c", boxes=[{"at": np.int64(3)}]).record(keep)
    assert unit == {
        "_type": "image", "sha256": "1", "size": len(keep.contents[0][0]), "suffix": ".png", "width": 3, "height": 1,
        "caption": "c", "boxes": [{"at": 3}],
    }  # fmt: skip
    np.testing.assert_array_equal(decoded(keep.contents[0][0]), [[0, 128, 255]])
    wide = bv.Image(np.array([[-1.0, 3.0, math.nan]])).record(keep)
    assert wide["scaled"] == [-1.0, 3.0]
    np.testing.assert_array_equal(decoded(keep.contents[1][0]), [[0, 255, 0]])


def test_image_from_channels_first_pil_matplotlib_and_file(keep: Kept, tmp_path: Path) -> None:
    import matplotlib
    from PIL import Image

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=20)
    figure.subplots().plot([1, 2])
    (tmp_path / "a.jpg").write_bytes(b"jpeg")
    first = bv.Image(np.zeros((3, 20, 30))).record(keep)
    assert (first["width"], first["height"]) == (30, 20)
    assert bv.Image(Image.new("L", (4, 2))).record(keep)["width"] == 4
    assert bv.Image(figure).record(keep)["width"] == 20
    assert bv.Image(tmp_path / "a.jpg").record(keep)["suffix"] == ".jpg"
    assert keep.contents[-1] == (b"jpeg", ".jpg")


def test_masks_are_kept_as_pictures_of_class_numbers(keep: Kept) -> None:
    mask = {"mask_data": np.array([[0, 7]]), "class_labels": {7: "cat"}}
    record = bv.Image(np.zeros((1, 2)), masks={"truth": mask}).record(keep)
    assert record["masks"] == {"truth": {"sha256": "2", "size": len(keep.contents[1][0]), "suffix": ".png",
                                         "class_labels": {"7": "cat"}}}  # fmt: skip
    np.testing.assert_array_equal(decoded(keep.contents[1][0]), [[0, 7]])


@pytest.mark.parametrize(
    "make",
    [
        lambda: bv.Image("no-such.png"),
        lambda: bv.Image(np.zeros((2, 2, 7))).record(Kept()),
        lambda: bv.Object3D(np.zeros((5, 2))),
        lambda: bv.Audio([0.0]),
        lambda: bv.Audio(np.zeros((20, 20)), sample_rate=8000),
        lambda: bv.Video(np.zeros((4, 4))).record(Kept()),
        lambda: bv.Table(columns=["a"], data=[[1, 2]]),
        bv.Histogram,
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(make: Callable[[], object]) -> None:
    with pytest.raises(bv.UsageError, match=r".{20}"):
        make()


def test_tables_from_rows_dicts_and_frames_hold_the_same(keep: Kept) -> None:
    import pandas

    rows = [[1, "x"], [2, "y"]]
    dicts = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    for table in (bv.Table(["a", "b"], rows), bv.Table(data=dicts), bv.Table(dicts), bv.Table(pandas.DataFrame(dicts))):
        record = table.record(keep)
        assert (record["columns"], record["rows"], record["suffix"]) == (["a", "b"], 2, ".json")
        assert json.loads(keep.contents[-1][0]) == {"columns": ["a", "b"], "data": rows}


def test_table_cells_may_be_media_and_numbers_json_does_not_know(keep: Kept) -> None:
    table = bv.Table(columns=["picture", "value"])
    table.add_data(bv.Image(np.zeros((1, 1))), math.nan)
    table.add_data(None, 2**60)
    table.record(keep)
    ((first, second),) = [json.loads(keep.contents[-1][0])["data"]]
    assert (first[0]["_type"], first[0]["sha256"]) == ("image", "1")
    assert first[1] == {"_type": "number", "value": "nan"}
    assert second == [None, {"_type": "number", "value": str(2**60)}]


def test_points_are_raw_float32(keep: Kept) -> None:
    points = np.arange(12.0).reshape(2, 6)
    record = bv.Object3D({"points": points, "boxes": [{"corners": [[0, 0, 0]]}]}, caption="c").record(keep)
    assert record == {
        "_type": "object3d", "sha256": "1", "size": 48, "suffix": ".f32", "shape": [2, 6], "dtype": "<f4",
        "boxes": [{"corners": [[0, 0, 0]]}], "caption": "c",
    }  # fmt: skip
    np.testing.assert_array_equal(np.frombuffer(keep.contents[0][0], "<f4").reshape(2, 6), points)


def test_meshes_are_kept_as_they_are(keep: Kept, tmp_path: Path) -> None:
    (tmp_path / "m.GLB").write_bytes(b"glTF")
    assert bv.Object3D(tmp_path / "m.GLB").record(keep) == {
        "_type": "object3d",
        "sha256": "1",
        "size": 4,
        "suffix": ".glb",
    }


def test_samples_become_a_wav(keep: Kept) -> None:
    record = bv.Audio(np.array([[0.0, 1.0], [-1.0, 2.0]]), sample_rate=8000).record(keep)
    assert (record["sample_rate"], record["seconds"]) == (8000, 2 / 8000)
    with wave.open(io.BytesIO(keep.contents[0][0])) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (2, 2, 8000)
        assert np.frombuffer(sound.readframes(2), "<i2").tolist() == [0, 32767, -32767, 32767]


def test_frames_become_a_gif(keep: Kept) -> None:
    from PIL import Image

    frames = np.zeros((3, 8, 8, 3), np.uint8)
    frames[1], frames[2] = 120, 250
    record = bv.Video(frames, fps=10).record(keep)
    assert (record["_type"], record["suffix"], record["frames"]) == ("video", ".gif", 3)
    assert Image.open(io.BytesIO(keep.contents[0][0])).n_frames == 3  # type: ignore[attr-defined]


def test_text_html_plotly_file(keep: Kept, tmp_path: Path) -> None:
    import plotly.graph_objects as go

    (tmp_path / "w.bin").write_bytes(b"123")
    assert bv.Text("hi").record(keep) == {"_type": "text", "text": "hi"}
    assert bv.Html("<p>").record(keep)["suffix"] == ".html"
    assert bv.Plotly(go.Figure(go.Scatter(y=[1]))).record(keep)["_type"] == "plotly"
    assert json.loads(keep.contents[-1][0])["data"][0]["type"] == "scatter"
    record = bv.File(tmp_path / "w.bin").record(keep)
    assert (record["name"], record["size"], record["suffix"]) == ("w.bin", 3, ".bin")


def test_torch_tensors_are_taken_without_being_asked_for(keep: Kept) -> None:
    torch = pytest.importorskip("torch")
    assert bv.Vector(torch.ones(2, dtype=torch.bfloat16, requires_grad=True)).values.tolist() == [1.0, 1.0]
    assert bv.Image(torch.zeros(3, 20, 20)).record(keep)["width"] == 20


def test_plain_data_reaches_every_corner() -> None:
    given = {1: (np.float32(0.5), {2}), "a": np.arange(2), "n": None, "p": Path("/x")}
    assert plain_data(given) == {"1": [0.5, [2]], "a": [0, 1], "n": None, "p": "/x"}
    assert json_data([1.0, -math.inf]) == [1.0, {"_type": "number", "value": "-inf"}]
