"""Each kind of value, as torch's SummaryWriter writes it, and in the other form that TensorBoard knows."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from belvedere.core.entries import Stored
from belvedere.core.errors import UnknownFormat
from belvedere.core.pictures import encode_png
from belvedere.importers.tensorboard.events import Metadata, SummaryValue, decoded
from belvedere.importers.tensorboard.hparams import session
from belvedere.importers.tensorboard.meshes import meshes
from belvedere.importers.tensorboard.summaries import key_of, stored
from belvedere.record.mirrors import event_values
from belvedere.record.mirrors.event_file import field_bytes, field_double, field_varint
from tests.importers.tensorboard.event_bytes import value_message


class Kept:
    """Large contents by their number."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    def __call__(self, content: bytes | Path, suffix: str) -> Mapping[str, Stored]:
        assert isinstance(content, bytes)
        self.contents.append(content)
        return {"sha256": f"#{len(self.contents) - 1}", "size": len(content), "suffix": suffix}


def values_in(*values: bytes) -> tuple[SummaryValue, ...]:
    return decoded(value_message(1, *values)).values


def stored_of(value: bytes) -> tuple[Stored, list[bytes]]:
    kept = Kept()
    (found,) = values_in(value)
    return stored(found, found.metadata.plugin, kept), kept.contents


def tensor_value(plugin: str, tensor: bytes) -> bytes:
    metadata = field_bytes(9, field_bytes(1, field_bytes(1, plugin.encode())))
    return field_bytes(1, b"it") + field_bytes(8, tensor) + metadata


def floats(array: np.ndarray, kind: int = 1, dtype: str = "<f4") -> bytes:
    shape = b"".join(field_bytes(2, field_varint(1, size)) for size in array.shape)
    return field_varint(1, kind) + field_bytes(2, shape) + field_bytes(4, array.astype(dtype).tobytes())


def strings(*items: bytes) -> bytes:
    shape = field_bytes(2, field_bytes(2, field_varint(1, len(items))))
    return field_varint(1, 7) + shape + b"".join(field_bytes(8, item) for item in items)


def old_histogram(low: float, high: float, limits: list[float], counts: list[float]) -> bytes:
    ends = field_double(1, low) + field_double(2, high)
    packed = [struct.pack(f"<{len(one)}d", *one) for one in (limits, counts)]
    return field_bytes(1, b"it") + field_bytes(5, ends + field_bytes(6, packed[0]) + field_bytes(7, packed[1]))


@pytest.mark.parametrize(
    ("limits", "counts", "edges", "kept"),
    [
        ([0.0, 1.0, 2.0], [0.0, 3.0, 4.0], [0.0, 1.0, 2.0], [3, 4]),  # as torch writes: the first bucket is empty
        ([1.0, 2.0], [3.0, 4.0], [0.0, 1.0, 2.0], [3, 4]),
        ([-1.8e308, 0.5, 1.0, 2.0, 1.79e308], [0, 0, 3.0, 4.0, 0], [0.5, 1.0, 2.0], [3, 4]),
        ([1.0, 1.79e308], [3.0, 4.0], [0.0, 1.0, 2.0], [3, 4]),  # the last bucket ends at the greatest value
        ([0.0, 1.0, 2.0, 3.0], [0.0, 2.5, 0.0, 1.0], [0.0, 1.0, 2.0, 2.0], [2.5, 0.0, 1.0]),
    ],
)
def test_an_old_histogram_has_the_edges_of_its_values(
    limits: list[float], counts: list[float], edges: list[float], kept: list[float]
) -> None:
    finite = [max(limit, -1.79e308) for limit in limits]
    found, _ = stored_of(old_histogram(0.0, 2.0, finite, counts))
    assert found == {"_type": "histogram", "counts": kept, "edges": edges, "nonfinite": 0}


def test_a_new_histogram_is_a_table_of_buckets() -> None:
    table = np.array([[0.0, 1.0, 5.0], [1.0, 3.0, 2.0]])
    found, _ = stored_of(tensor_value("histograms", floats(table, 2, "<f8")))
    assert found == {"_type": "histogram", "counts": [5, 2], "edges": [0.0, 1.0, 3.0], "nonfinite": 0}


def test_an_empty_histogram_stays_one() -> None:
    assert stored_of(old_histogram(0.0, 0.0, [1.0], [0.0]))[0] == {
        "_type": "histogram", "counts": [], "edges": [0.0], "nonfinite": 0,
    }  # fmt: skip


def test_pictures_are_kept_as_they_are() -> None:
    png = encode_png(np.zeros((2, 3, 1), np.uint8))
    record = {"_type": "image", "sha256": "#0", "size": len(png), "suffix": ".png", "width": 3, "height": 2}
    assert stored_of(event_values.image("it", png, 3, 2)) == (record, [png])
    assert stored_of(tensor_value("images", strings(b"3", b"2", png))) == (record, [png])
    several, contents = stored_of(tensor_value("images", strings(b"3", b"2", png, png)))
    assert several == {"_type": "images", "items": [record, {**record, "sha256": "#1"}]}
    assert contents == [png, png]


def test_a_gif_is_a_video() -> None:
    found, _ = stored_of(event_values.image("it", b"GIF89a...", 1, 1))
    assert found == {"_type": "video", "sha256": "#0", "size": 9, "suffix": ".gif", "caption": ""}


def test_a_sound_keeps_its_rate_and_length() -> None:
    record: dict[str, Stored] = {
        "_type": "audio", "size": 4, "suffix": ".wav", "caption": "", "sample_rate": 8000, "seconds": 0.5,
    }  # fmt: skip
    found, contents = stored_of(event_values.audio("it", b"RIFF", record))
    assert (found, contents) == ({**record, "sha256": "#0"}, [b"RIFF"])
    found, _ = stored_of(tensor_value("audio", strings(b"OggS", b"a word")))
    assert found == {"_type": "audio", "sha256": "#0", "size": 4, "suffix": ".ogg", "caption": "a word"}


def test_a_text_loses_what_writers_hang_on_to_its_tag() -> None:
    (value,) = values_in(event_values.text("note", "**hello**"))
    assert (value.tag, key_of(value, "text")) == ("note/text_summary", "note")
    assert stored(value, "text", Kept()) == {"_type": "text", "text": "**hello**"}


def test_several_texts_are_a_table() -> None:
    found, contents = stored_of(tensor_value("text", strings(b"a", b"b")))
    assert isinstance(found, Mapping)
    assert found["_type"] == "table"
    assert json.loads(contents[0]) == {"columns": ["text"], "data": [["a"], ["b"]]}


def test_a_precision_recall_curve_is_a_table_with_its_thresholds() -> None:
    curve = np.arange(18.0).reshape(6, 3)
    _, contents = stored_of(tensor_value("pr_curves", floats(curve)))
    told = json.loads(contents[0])
    assert told["columns"][:2] == ["threshold", "true_positives"]
    assert told["data"] == [[0.0, 0, 3, 6, 9, 12, 15], [0.5, 1, 4, 7, 10, 13, 16], [1.0, 2, 5, 8, 11, 14, 17]]


def test_a_tensor_of_an_unknown_plugin_is_an_array_or_a_number() -> None:
    found, contents = stored_of(tensor_value("mine", floats(np.array([[1.0, 2.0]]))))
    assert isinstance(found, Mapping)
    assert (found["_type"], found["shape"], found["about"]) == ("array", [1, 2], {"plugin": "mine"})
    assert contents == [np.array([1.0, 2.0], "<f4").tobytes()]
    assert stored_of(tensor_value("mine", floats(np.array(7.0))))[0] == 7.0


def test_a_value_of_no_known_kind_is_refused() -> None:
    with pytest.raises(UnknownFormat, match="'it' is of no known kind"):
        stored_of(field_bytes(1, b"it"))


def test_points_and_faces_of_one_name_are_one_object() -> None:
    vertices, faces = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]])
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]])
    kept = Kept()
    found = meshes(values_in(*event_values.mesh("shape", vertices, colours, faces)), kept)
    assert found == {
        "shape": {
            "_type": "object3d", "sha256": "#0", "size": len(kept.contents[0]), "suffix": ".obj", "vertices": 3,
            "faces": 1,
        }
    }  # fmt: skip
    assert kept.contents[0].decode().splitlines() == [
        "v 0 0 0 1 0 0", "v 1 0 0 0 1 0", "v 0 1 0 0 0 1", "f 1 2 3",
    ]  # fmt: skip


def test_points_alone_are_a_cloud_with_their_colours() -> None:
    points, colours = np.array([[0.5, 1, 2], [3, 4, 5]]), np.array([[1, 2, 3], [4, 5, 6]])
    kept = Kept()
    (record,) = meshes(values_in(*event_values.mesh("cloud", points, colours, None)), kept).values()
    assert isinstance(record, Mapping)
    assert (record["_type"], record["shape"]) == ("object3d", [2, 6])
    np.testing.assert_array_equal(np.frombuffer(kept.contents[0], "<f4"), [0.5, 1, 2, 1, 2, 3, 3, 4, 5, 4, 5, 6])


def test_faces_without_vertices_are_refused() -> None:
    whole = event_values.mesh("shape", np.zeros((3, 3)), None, np.array([[0, 1, 2]]))
    with pytest.raises(UnknownFormat, match="'shape' has no vertices"):
        meshes(values_in(whole[1]), Kept())


def test_hyperparameters_come_back_under_flat_names() -> None:
    config: dict[str, Stored] = {"lr": 0.1, "n": 3, "name": "adam", "amp": True, "model": {"d": 8}, "none": None}
    (value,) = values_in(event_values.hyperparameters({**config, "list": [1, 2]}))
    assert value.metadata.plugin == "hparams"
    found = session(value.metadata.content)
    assert found.config == {"lr": 0.1, "n": 3, "name": "adam", "amp": True, "model/d": 8, "list": "[1, 2]"}
    assert found.state == ""


@pytest.mark.parametrize(("is_success", "state"), [(True, "finished"), (False, "failed")])
def test_the_end_of_a_session_tells_the_state(is_success: bool, state: str) -> None:
    (value,) = values_in(event_values.session_end(is_success, 5.0))
    assert session(value.metadata.content).state == state


def test_metadata_is_what_the_first_value_of_a_tag_says() -> None:
    (value,) = values_in(tensor_value("histograms", floats(np.zeros((1, 3)))))
    assert value.metadata == Metadata("histograms", b"", "")
