"""Values of W&B become ours, and come back as they were."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belvedere.core.entries import Stored
from belvedere.importers.wandb.values import KIND_OF, LISTS, ours, suffix_of, theirs

IMAGE: dict[str, Stored] = {
    "_type": "image-file", "sha256": "ab", "size": 9, "path": "media/images/x_0_ab.png", "format": "png",
    "width": 8, "height": 4, "caption": "c",
}  # fmt: skip
SEPARATED: dict[str, Stored] = {
    "_type": "images/separated", "width": 8, "height": 4, "format": "png", "count": 2,
    "filenames": ["media/images/a.png", "media/images/b.png"], "captions": ["one", None],
    "all_boxes": [{"pred": {"_type": "boxes2D", "path": "b.boxes2D.json", "sha256": "1", "size": 2}}, None],
}  # fmt: skip


def test_an_image_has_our_fields_and_keeps_the_rest_under_wandb() -> None:
    assert ours(IMAGE) == {
        "_type": "image", "sha256": "ab", "size": 9, "path": "media/images/x_0_ab.png", "suffix": ".png",
        "width": 8, "height": 4, "caption": "c", "wandb": {"_type": "image-file", "format": "png"},
    }  # fmt: skip


def test_boxes_and_masks_are_records_with_a_suffix() -> None:
    mask = {"_type": "mask", "sha256": "cd", "size": 3, "path": "media/images/mask/x.mask.png"}
    boxes = {"_type": "boxes2D", "sha256": "ef", "size": 5, "path": "media/metadata/boxes2D/x.boxes2D.json"}
    found = ours({**IMAGE, "masks": {"gt": mask}, "boxes": {"pred": boxes}})
    assert isinstance(found, dict)
    assert found["masks"] == {"gt": {**mask, "suffix": ".mask.png", "wandb": {"_type": "mask"}}}
    assert found["boxes"] == {"pred": {**boxes, "_type": "boxes", "suffix": ".json", "wandb": {"_type": "boxes2D"}}}


def test_images_named_by_their_paths_become_items_with_what_the_list_says_of_each() -> None:
    found = ours(SEPARATED)
    assert isinstance(found, dict)
    first, second = found["items"]  # type: ignore[misc]
    assert found["_type"] == "images"
    assert first["caption"] == "one" and first["boxes"]["pred"]["_type"] == "boxes"
    assert second == {"_type": "image", "path": "media/images/b.png", "suffix": ".png", "width": 8, "height": 4}


def test_a_histogram_of_packed_bins_has_its_edges() -> None:
    packed: Stored = {"_type": "histogram", "values": [1, 2], "packedBins": {"min": 0.0, "size": 0.5, "count": 2}}
    found = ours(packed)
    assert isinstance(found, dict)
    assert (found["counts"], found["edges"]) == ([1, 2], [0.0, 0.5, 1.0])
    assert theirs(found) == packed


def test_a_list_of_histograms_is_several_of_them() -> None:
    one: Stored = {"_type": "histogram", "values": [1], "bins": [0, 1]}
    found = ours([one, one])
    assert isinstance(found, dict)
    assert (found["_type"], found["items"]) == ("histograms", [ours(one), ours(one)])
    assert theirs(found) == [one, one]
    assert ours([one, 1]) == [ours(one), 1]


@pytest.mark.parametrize(
    ("theirs_type", "our_type"),
    [("molecule-file", "file"), ("object3D-file", "object3d"), ("table-file", "table"), ("plotly-file", "plotly")],
)
def test_each_file_type_has_a_type_of_ours(theirs_type: str, our_type: str) -> None:
    found = ours({"_type": theirs_type, "path": "media/x/cloud.pts.json", "sha256": "1", "size": 2})
    assert isinstance(found, dict)
    assert (found["_type"], found["suffix"]) == (our_type, ".pts.json")


def test_a_value_that_carries_our_own_words_comes_back_as_it_was() -> None:
    for value in (
        {"_type": "image", "wandb": {"_type": "x"}}, {"wandb": {"_type": "x"}, "a": 1}, {"_type": ["image-file"]},
        {"_type": "image-file", "items": [1], "suffix": 3, "name": {"_type": "mask"}, "masks": {"a": 1}},
        {"_type": "videos", "videos": [{"_type": []}], "count": 1}, {"_type": "histogram", "values": "x"},
        {"_type": "image-file", "path": 5},
    ):  # fmt: skip
        assert theirs(ours(value)) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("media/object3D/a_0_f.pts.json", ".pts.json"), ("x.PNG", ".png"), ("a.tar.gz", ".tar.gz"), ("notes", ""),
        (".gitignore", ""), ("loss=0.25.ckpt", ".ckpt"), ("a.b c", ""), ("model.tooverylongsuffix", ""),
        ("media/table/t.table.json", ".table.json"), ("dir.d/file", ""),
    ],
)  # fmt: skip
def test_a_path_tells_the_suffix_of_its_content(path: str, suffix: str) -> None:
    assert suffix_of(path) == suffix


leaf = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5)
words = st.sampled_from(
    ["_type", "wandb", "items", "path", "sha256", "caption", "boxes", "masks", "filenames", "videos", "values", "bins",
     "packedBins", "nrows", "rows", "suffix", "captions", "all_boxes", "count", "objects", "audio"]
)  # fmt: skip
kinds = st.sampled_from([*KIND_OF, *LISTS, "histogram", "image", "other", "bigint"])
json_values = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(words, inner, max_size=4)
        | st.builds(lambda kind, rest: {**rest, "_type": kind}, kinds, st.dictionaries(words, inner, max_size=4))
    ),
    max_leaves=12,
)


@settings(max_examples=80)
@given(json_values)
def test_whatever_is_logged_comes_back_equal(value: Stored) -> None:
    assert theirs(ours(value)) == value
