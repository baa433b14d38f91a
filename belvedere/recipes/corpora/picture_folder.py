"""Any folder of pictures and a JSON file of captions.

The JSON is {"file": "caption", …}, {"file": ["caption", …], …} or a list of records, each with a file ("file",
"file_name", "filename" or "image"), a caption ("caption" or "text") and, if it is known for all, a "label". Files are
named from the folder on. Whatever is missing or empty is refused with its file and the number of its entry.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

import belvedere as bv
from belvedere.recipes.corpora.captions import CaptionedPictures, words_of

FILES = ("file", "file_name", "filename", "image")
CAPTIONS = ("caption", "text")
MODES = {1: "L", 3: "RGB"}  # Pillow's names of grey and coloured pixels


@dataclass(frozen=True)
class Entry:
    """One caption: which of the JSON's entries it is (from 1), what file it is about, what it says, its label or ""."""

    number: int
    file: str
    caption: str
    label: str


@dataclass(frozen=True)
class PictureFiles:
    """Read when they are needed: cut to a square around the middle, brought to `side` pixels."""

    files: tuple[Path, ...]
    side: int
    channels: int

    def __len__(self) -> int:
        return len(self.files)

    def read(self, rows: Sequence[int]) -> Tensor:
        """(len(rows), C, S, S) float32 in 0 … 1."""
        return torch.stack([self._picture(self.files[row]) for row in rows])

    def title(self, row: int) -> str:
        """The file without its folder."""
        return self.files[row].name

    def _picture(self, file: Path) -> Tensor:
        """(C, S, S)."""
        try:
            with Image.open(file) as opened:
                square = ImageOps.fit(opened.convert(MODES[self.channels]), (self.side, self.side))
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
            reason = str(fault).replace(f" {str(file)!r}", "")
            raise bv.UsageError(f"{file} is no picture that can be read ({reason}); mend it, or take its "
                                "caption out") from fault  # fmt: skip
        pixels = np.asarray(square, dtype=np.float32).reshape(self.side, self.side, self.channels) / 255
        return torch.from_numpy(pixels).permute(2, 0, 1)


def captioned_folder(folder: Path, captions: Path, *, side: int, channels: int) -> CaptionedPictures:
    """Every caption of the JSON with its picture; UsageError for the first that has none."""
    if not folder.is_dir():
        raise bv.UsageError(f"--images {str(folder)!r} is not a folder; give the folder that holds the pictures")
    entries = list(entries_of(captions))
    if not entries:
        raise bv.UsageError(
            f"{captions} holds no caption; give a JSON object of file and caption, or a list of records"
        )
    for entry in entries:
        _check(entry, folder, captions)
    unlabelled = next((entry for entry in entries if not entry.label), None)
    if unlabelled and any(entry.label for entry in entries):
        raise bv.UsageError(f"{captions}, entry {unlabelled.number} has no label and others have; label all or none")
    files = tuple(dict.fromkeys(entry.file for entry in entries))
    number = {file: at for at, file in enumerate(files)}
    pictures = PictureFiles(tuple(folder / file for file in files), side, channels)
    return CaptionedPictures(
        folder.name, pictures, tuple(entry.caption for entry in entries),
        tuple(number[entry.file] for entry in entries), tuple(entry.label for entry in entries),
    )  # fmt: skip


def _check(entry: Entry, folder: Path, captions: Path) -> None:
    """Before any time is spent on training: a caption that says something, about a file that is there."""
    if not words_of(entry.caption):
        raise bv.UsageError(f"{captions}, entry {entry.number}: the caption of {entry.file!r} has no word; "
                            "write one, or take the entry out")  # fmt: skip
    if not (folder / entry.file).is_file():
        raise bv.UsageError(f"{captions}, entry {entry.number}: there is no {entry.file!r} in {folder}; "
                            "add the picture, or take the entry out")  # fmt: skip


def entries_of(captions: Path) -> Iterator[Entry]:
    """The entries in the order of the file."""
    content = _parsed(captions)
    if isinstance(content, dict):
        for number, (file, said) in enumerate(content.items(), start=1):
            for caption in said if isinstance(said, list) else [said]:
                yield _entry({FILES[0]: file, CAPTIONS[0]: caption}, number, captions)
    elif isinstance(content, list):
        for number, record in enumerate(content, start=1):
            yield _entry(record, number, captions)
    else:
        raise bv.UsageError(f"{captions} is neither a JSON object of file and caption nor a list of records; "
                            "give one of the two")  # fmt: skip


def _parsed(captions: Path) -> object:
    try:
        return cast(object, json.loads(captions.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise bv.UsageError(f"there is no {captions}; pass --captions FILE.json") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise bv.UsageError(f"{captions} cannot be read as UTF-8 text ({fault}); pass a JSON file") from fault
    except json.JSONDecodeError as fault:
        raise bv.UsageError(f"{captions}, line {fault.lineno}: no JSON ({fault.msg}); mend that line") from fault


def _entry(record: object, number: int, captions: Path) -> Entry:
    if not isinstance(record, dict):
        raise bv.UsageError(f"{captions}, entry {number} is {type(record).__name__}; a record has a file and a caption")
    file = next((record[key] for key in FILES if key in record), None)
    caption = next((record[key] for key in CAPTIONS if key in record), None)
    if not isinstance(file, str) or not isinstance(caption, str):
        raise bv.UsageError(f"{captions}, entry {number} has no text under "
                            f"{' or '.join(FILES if not isinstance(file, str) else CAPTIONS)}; add it")  # fmt: skip
    label = record.get("label", "")
    return Entry(number, file, caption, str(label).lower())
