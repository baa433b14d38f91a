"""Python's own standard library as a corpus: *.py one level deep, every 20th file held out for validation.

A corpus is two byte strings. Files are joined by a NUL byte, which source code never holds: it means "a file begins".
"""

import sysconfig
from dataclasses import dataclass
from pathlib import Path

FILE_BEGINS = b"\0"
HELD_OUT_EVERY = 20
# Tests and an editor; what pip put there; and two folders that hold tables and help texts rather than code.
LEFT_OUT = frozenset({"test", "tests", "idlelib", "site-packages", "dist-packages", "encodings", "pydoc_data"})


@dataclass(frozen=True)
class Corpus:
    """Text to train on and text that training never sees, with the number of files in each."""

    train: bytes
    held_out: bytes
    train_files: int
    held_out_files: int


def stdlib_corpus() -> Corpus:
    """The source of the Python that runs this: about 10 MB, no download."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in (*folder.glob("*.py"), *folder.glob("*/*.py")) if path.parent.name not in LEFT_OUT]
    return _corpus(files)


def _corpus(files: list[Path]) -> Corpus:
    """Read and split; the order is by path, so that the split is the same on every machine with the same files."""
    texts = [FILE_BEGINS + path.read_bytes() for path in sorted(files)]
    held_out = texts[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    train = [text for number, text in enumerate(texts, start=1) if number % HELD_OUT_EVERY]
    return Corpus(b"".join(train), b"".join(held_out), len(train), len(held_out))
