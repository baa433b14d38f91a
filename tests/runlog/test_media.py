"""Media by the hash of their content."""

import hashlib
from pathlib import Path

import pytest

from belvedere.core.errors import UsageError
from belvedere.runlog.layout import run_folder
from belvedere.runlog.media import keep, locate


def test_the_same_content_is_kept_once_under_its_hash(tmp_path: Path):
    folder = run_folder(tmp_path, "p", "r")
    first, second = keep(folder, b"pixels", ".PNG"), keep(folder, b"pixels", ".png")
    assert first == second
    assert first.sha256 == hashlib.sha256(b"pixels").hexdigest()
    assert locate(folder, first.sha256, first.suffix).read_bytes() == b"pixels"
    assert sum(path.is_file() for path in folder.media.rglob("*")) == 1


def test_a_file_is_copied_and_a_missing_one_leaves_nothing_behind(tmp_path: Path):
    folder = run_folder(tmp_path, "p", "r")
    source = tmp_path / "clip.mp4"
    source.write_bytes(bytes(3 << 20))
    ref = keep(folder, source, ".mp4")
    assert ref.size_bytes == 3 << 20
    with pytest.raises(FileNotFoundError):
        keep(folder, tmp_path / "gone.mp4", ".mp4")
    assert sum(path.is_file() for path in folder.media.rglob("*")) == 1


@pytest.mark.parametrize("suffix", ["../x", "png", ".a/b", ".tar.gz.x"])
def test_a_suffix_cannot_lead_out_of_the_folder(tmp_path: Path, suffix: str):
    with pytest.raises(UsageError, match="file suffix"):
        keep(run_folder(tmp_path, "p", "r"), b"x", suffix)
