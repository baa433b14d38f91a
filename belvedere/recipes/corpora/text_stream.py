"""A stream of texts of any length: the standard library's source, files, or a Hugging Face data set; with places to go
on from.

    for text in texts(): …                      the *.py files of Python's standard library
    for text in texts("folder"): …              *.txt, *.md, *.py, *.jsonl, *.json, each also .gz and .zst
    for text in texts("owner/name"): …          a data set of Hugging Face, streamed (package datasets)

Nothing is held but the text at hand. `pieces` says of each text where it begins, and a later stream begins there.
"""

import hashlib
import os
import re
import sysconfig
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import belvedere as bv
from belvedere.recipes.corpora import hugging_face
from belvedere.recipes.corpora.stdlib_code import LEFT_OUT
from belvedere.recipes.corpora.text_files import ENDINGS, KINDS, Place, pieces_of

Position = Mapping[str, object]  # plain values, so that it can stand in a checkpoint; what is in it is the source's own
DIGITS = 16  # of a digest
TOKEN_FOLDER = re.compile(r"tokens-[0-9a-f]{12}(\.\d+\.tmp)?")  # token_file.py, whole and half-written
DASHBOARD = "training_latest.png"  # beside which the histories lie
DATA_SET_NAME = re.compile(r"(hf:)?[\w.-]+(/[\w.-]+)?(:[\w.-]+)?")


@dataclass(frozen=True)
class StreamPiece:
    """A text, or a part of a long one (then only the first `is_start`); a stream that begins at `position` begins with
    this piece."""

    text: str
    is_start: bool
    position: Position


def texts(source: str | None = None) -> Iterator[str]:
    """The texts of a source once; long plain files in parts that end with a line."""
    return (piece.text for piece in pieces(source))


def pieces(source: str | None = None, start: Position | None = None) -> Iterator[StreamPiece]:
    """The texts of a source from a position on. UsageError when there is no such source, and for a damaged file."""
    if source is not None and not Path(source).exists():
        return _data_set(source, start)
    return _of_files(files_of(source), source, start)


def described(source: str | None) -> str:
    """What the stream is made of, in words; UsageError for what can be no stream here."""
    if source is not None and not Path(source).exists():
        name, config = _data_set_name(source)
        hugging_face.package(name)
        return f"Hugging Face data set {name}{f' ({config})' if config else ''}, streamed"
    files = files_of(source)
    size = sum(path.stat().st_size for _, path in files) / 1e6
    return f"{len(files):,} file{'s' * (len(files) > 1)}, {size:,.2f} MB: {source or 'the standard library of Python'}"


# ---------------------------------------------------------------------------------------------------------------------
# Files


def files_of(source: str | None) -> list[tuple[str, Path]]:
    """Names and paths in the order of the stream; it is the same on every machine with the same files. What a training
    writes is left out: a folder of texts may hold --out-dir or the recorded runs."""
    if source is None:
        folder = Path(sysconfig.get_paths()["stdlib"])
        found = [path for path in (*folder.glob("*.py"), *folder.glob("*/*.py")) if path.parent.name not in LEFT_OUT]
        named = [(path.relative_to(folder).as_posix(), path) for path in found]
        return sorted(named, key=lambda one: hashlib.sha256(one[0].encode()).digest())  # shuffled, always the same way
    path = Path(source)
    if path.is_file():
        if not path.name.endswith(ENDINGS):
            raise bv.UsageError(f"{source} is no text that can be read; give one of {KINDS}")
        return [(path.name, path)]
    if not path.is_dir():
        raise bv.UsageError(f"{source} is neither a file nor a folder; give one of {KINDS}, or a folder of them")
    below = sorted((one.relative_to(path).as_posix(), one) for one in _texts_below(path))
    if not below:
        raise bv.UsageError(f"the folder {source} holds no text; it takes {KINDS}")
    return below


def _texts_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        if is_written_by_training(Path(place), names):
            folders.clear()
            continue
        yield from (Path(place, name) for name in names if name.endswith(ENDINGS) and Path(place, name).is_file())


def is_written_by_training(folder: Path, names: Collection[str]) -> bool:
    """Whether a folder that holds files of these `names` is one of tokens, one of dashboards, or a recorded run."""
    is_run = "run.json" in names and (folder / "log").is_dir()
    return is_run or TOKEN_FOLDER.fullmatch(folder.name) is not None or DASHBOARD in names


def _of_files(files: list[tuple[str, Path]], source: str | None, start: Position | None) -> Iterator[StreamPiece]:
    first, place = _place(start, source) if start else (0, Place())
    seen = hashlib.sha256()  # of names and sizes up to the file at hand: files that are added behind it change nothing
    for number, (name, path) in enumerate(files):
        seen.update(f"{name}\n{path.stat().st_size}\n".encode())
        known = seen.hexdigest()[:DIGITS]
        if number < first:
            continue
        if start and number == first and known != start.get("known"):
            raise _lost(source)
        for piece in pieces_of(path, place):
            position = {"file": number, "offset": piece.place.offset, "line": piece.place.line, "known": known}
            yield StreamPiece(piece.text, piece.is_start, position)
        place = Place()
    if first >= len(files):
        raise _lost(source)


def _place(start: Position, source: str | None) -> tuple[int, Place]:
    """Where in which file."""
    try:
        number, offset, line = (int(str(start[name])) for name in ("file", "offset", "line"))
    except KeyError:
        raise bv.UsageError(f"the checkpoint's place is in a data set, not in {source or 'files'}; "
                            "leave --data as it was") from None  # fmt: skip
    return number, Place(offset, line)


def _lost(source: str | None) -> bv.UsageError:
    return bv.UsageError(f"the files of {source or 'the standard library'} are not those that the checkpoint has read, "
                         "so the place to go on from is lost; put them back, or train anew")  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Data sets


def _data_set(source: str, start: Position | None) -> Iterator[StreamPiece]:
    name, config = _data_set_name(source)
    if start is not None and "data_set" not in start:
        raise bv.UsageError(f"the checkpoint's place is in files, not in the data set {name}; leave --data as it was")
    for text, state in hugging_face.rows(name, config, start["data_set"] if start else None):
        yield StreamPiece(text, True, {"data_set": state})


def _data_set_name(source: str) -> tuple[str, str | None]:
    """ "hf:owner/name:configuration" in its parts."""
    if not DATA_SET_NAME.fullmatch(source) or source.endswith(ENDINGS):
        raise bv.UsageError(f"there is no file or folder {source}; give texts ({KINDS}) or the name of a data set")
    name, _, config = source.removeprefix("hf:").partition(":")
    return name, config or None
