"""Any folder of pictures: three shapes of captions file, and every fault named with its file and entry."""

import json
from pathlib import Path

import pytest
from PIL import Image

import belvedere as bv
from belvedere.recipes.corpora.captions import CaptionedPictures
from belvedere.recipes.corpora.picture_folder import captioned_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, grey in (("a.png", 0), ("b.png", 255)):
        Image.new("L", (20, 12), grey).save(tmp_path / name)
    return tmp_path


def corpus(folder: Path, content: object, *, channels: int = 1) -> CaptionedPictures:
    path = folder / "captions.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return captioned_folder(folder, path, side=8, channels=channels)


def test_an_object_of_files_and_captions_is_read(folder: Path) -> None:
    found = corpus(folder, {"a.png": "all black", "b.png": ["all white", "no ink"]}, channels=3)
    assert found.captions == ("all black", "all white", "no ink")
    assert found.picture_of == (0, 1, 1)
    assert found.classes == ()
    pictures = found.pictures.read([1, 0])
    assert pictures.shape == (2, 3, 8, 8)
    assert (pictures[0].min().item(), pictures[1].max().item()) == (1, 0)


def test_a_list_of_records_may_hold_labels(folder: Path) -> None:
    found = corpus(
        folder, [{"file_name": "a.png", "caption": "x", "label": "Black"}, {"image": "b.png", "text": "y", "label": 3}]
    )
    assert found.labels == found.classes == ("black", "3")
    assert found.named_classes == ()
    assert found.pictures.title(1) == "b.png"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a.png":\n "x",}', r"captions.json, line 2: no JSON"),
        ([], "holds no caption"),
        (3, "is neither a JSON object"),
        (["x"], "entry 1 is str; a record has a file and a caption"),
        ([{"file": "a.png", "caption": "x"}, {"file": "b.png"}], "entry 2 has no text under caption or text"),
        ([{"caption": "x"}], "entry 1 has no text under file or file_name"),
        (
            [{"file": "a.png", "caption": "x", "label": "y"}, {"file": "b.png", "caption": "x"}],
            "entry 2 has no label and others have; label all or none",
        ),
        ({"a.png": "x", "b.png": " ?! "}, r"entry 2: the caption of 'b.png' has no word"),
        ({"a.png": "x", "c.png": "y"}, r"entry 2: there is no 'c.png' in"),
    ],
)
def test_a_fault_is_named_with_its_entry(folder: Path, content: object, said: str) -> None:
    with pytest.raises(bv.UsageError, match=said):
        corpus(folder, content)


def test_missing_folder_and_file_are_named(folder: Path) -> None:
    with pytest.raises(bv.UsageError, match="is not a folder"):
        captioned_folder(folder / "none", folder / "x.json", side=8, channels=1)
    with pytest.raises(bv.UsageError, match=r"there is no .*x.json; pass --captions"):
        captioned_folder(folder, folder / "x.json", side=8, channels=1)


def test_a_broken_picture_is_named_when_it_is_read(folder: Path) -> None:
    (folder / "a.png").write_bytes((folder / "b.png").read_bytes()[:40])
    found = corpus(folder, {"a.png": "x", "b.png": "y"})
    with pytest.raises(bv.UsageError, match=r"a.png is no picture that can be read \("):
        found.pictures.read([0])
