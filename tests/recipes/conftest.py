"""A small corpus and the options that make a training last a second."""

import sysconfig
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 files of real code, 160 kB."""
    folder = tmp_path_factory.mktemp("corpus")
    modules = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    for source in modules[:40]:
        (folder / source.name).write_bytes(source.read_bytes()[:4000])
    return folder


@pytest.fixture
def tiny(corpus_folder: Path, tmp_path: Path) -> list[str]:
    """The tiny preset on the small corpus, everything kept below tmp_path."""
    return [
        *("--preset", "tiny", "--data", str(corpus_folder), "--device", "cpu", "--threads", "1"),
        *("--dir", str(tmp_path / "runs"), "--out-dir", str(tmp_path / "checkpoints"), "--sample-tokens", "8"),
    ]
