"""The texts of one file from any place on: *.txt, *.md and *.py whole, *.jsonl and *.json by line, each also packed.

Memory is bounded: a plain text comes in pieces of at most PIECE_BYTES, a JSON line is one text. A place is a number of
uncompressed bytes, so that reading goes on exactly where it was; only compressed files must be unpacked up to it.
"""

import importlib
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import belvedere as bv
from belvedere.recipes.corpora.json_lines import Line

PLAIN = (".txt", ".md", ".py")
JSON = (".jsonl", ".json")
PACKED = ("", ".gz", ".zst")
ENDINGS = tuple(kind + packing for kind in (*PLAIN, *JSON) for packing in PACKED)
KINDS = f"{', '.join((*PLAIN, *JSON))}, each also .gz and .zst"  # the same in words
PIECE_BYTES = 65_536
BLOCK_BYTES = 65_536  # read at once
FIELD = "text"  # of a JSON line


@dataclass(frozen=True)
class Place:
    """Where a text begins: `offset` uncompressed bytes and `line` whole lines lie before it."""

    offset: int = 0
    line: int = 0


@dataclass(frozen=True)
class Piece:
    """A text, or a part of a long one (then only the first `is_start`), and where it begins in its file."""

    text: str
    is_start: bool
    place: Place


def pieces_of(path: Path, start: Place | None = None) -> Iterator[Piece]:
    """The texts of a file from a place on; UsageError names file and line of what cannot be read."""
    start = start or Place()
    is_json = path.name.removesuffix(".gz").removesuffix(".zst").endswith(JSON)
    blocks = _from(_blocks(path), start.offset)
    return _json_texts(path, blocks, start) if is_json else _plain_pieces(path, blocks, start)


# ---------------------------------------------------------------------------------------------------------------------
# Bytes to texts


def _json_texts(path: Path, blocks: Iterator[bytes], place: Place) -> Iterator[Piece]:
    """The field "text" of each line. A last line without a line break counts when it is whole."""
    rest, behind = b"", _Behind(path, place.line)
    for block in behind.counted(blocks):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield from _json_text(path, line, place)
            place = Place(place.offset + len(line) + 1, place.line + 1)
            behind.line = place.line
    yield from _json_text(path, rest, place)


def _json_text(path: Path, content: bytes, place: Place) -> Iterator[Piece]:
    """Nothing for an empty line or an empty text."""
    if not content.strip():
        return
    line = Line(path, place.line + 1, {})
    try:
        fields = json.loads(_decoded(path, content, place).lstrip("\ufeff"))
    except (json.JSONDecodeError, RecursionError) as fault:
        said = f"{fault.msg}, column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else "nested too deeply"
        raise line.refusal(f"no JSON ({said})") from fault
    if not isinstance(fields, dict):
        raise line.refusal(f"{type(fields).__name__} instead of an object with the field {FIELD!r}")
    text = Line(path, place.line + 1, fields).text(FIELD)
    if text:
        yield Piece(text, True, place)


def _plain_pieces(path: Path, blocks: Iterator[bytes], place: Place) -> Iterator[Piece]:
    """Each piece ends behind a line where there is one: where depends on its own bytes only, not on how they came."""
    rest, is_over, behind = b"", False, _Behind(path, place.line)
    blocks = behind.counted(blocks)
    while not is_over or rest:
        while len(rest) <= PIECE_BYTES and not is_over:  # one byte more shows whether a character ends
            block = next(blocks, None)
            is_over, rest = block is None, rest + (block or b"")
        size = _cut(rest)
        piece, rest = rest[:size], rest[size:]
        if piece:
            yield Piece(_decoded(path, piece, place), place.offset == 0, place)
            place = Place(place.offset + len(piece), place.line + piece.count(b"\n"))
            behind.line = place.line


def _cut(content: bytes) -> int:
    """Bytes of the next piece: up to the last line break within PIECE_BYTES, or to the last whole character."""
    if len(content) <= PIECE_BYTES:
        return len(content)
    size = content.rfind(b"\n", 0, PIECE_BYTES) + 1
    if size:
        return size
    size = PIECE_BYTES
    while size > PIECE_BYTES - 4 and content[size] & 0xC0 == 0x80:  # inside a UTF-8 character
        size -= 1
    return size


def _decoded(path: Path, content: bytes, place: Place) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        number = place.line + 1 + content.count(b"\n", 0, fault.start)
        raise Line(path, number, {}).refusal(f"no UTF-8 text ({fault.reason})") from fault


# ---------------------------------------------------------------------------------------------------------------------
# Files to bytes


class _Damaged(Exception):
    """What is wrong with the bytes of a file."""


class _Behind:
    """Says behind which line of a file its bytes are damaged."""

    def __init__(self, path: Path, line: int) -> None:
        self._path, self.line = path, line

    def counted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks; a fault becomes one sentence."""
        try:
            yield from blocks
        except _Damaged as fault:
            raise bv.UsageError(
                f"{self._path} {fault}; its last whole line is {self.line:,}; fetch the file again or leave it out"
            ) from fault


class _Unpacking(Protocol):
    """What zlib and zstd have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of a packed stream was reached."""

    @property
    def unused_data(self) -> bytes:
        """Bytes behind that end: the next stream of the file."""

    def decompress(self, content: bytes, /) -> bytes:
        """As many bytes as these make."""


def _blocks(path: Path) -> Iterator[bytes]:
    """The uncompressed bytes of a file."""
    try:
        with path.open("rb") as file:
            packed = iter(lambda: file.read(BLOCK_BYTES), b"")
            if path.suffix == ".gz":
                yield from _unpacked(packed, lambda: zlib.decompressobj(wbits=31), zlib.error)  # 31: gzip's own frame
            elif path.suffix == ".zst":
                yield from _unpacked(packed, *zstd(path))
            else:
                yield from packed
    except OSError as fault:
        raise bv.UsageError(f"{path} cannot be read ({(fault.strerror or str(fault)).lower()})") from fault


def _unpacked(packed: Iterator[bytes], fresh: Callable[[], _Unpacking], error: type[Exception]) -> Iterator[bytes]:
    """A file is one stream or several, one behind the other; it must not end inside of one."""
    stream = fresh()
    is_inside = True  # an empty file is no packed file
    for block in packed:
        rest = block
        while rest:
            if not is_inside:
                stream, is_inside = fresh(), True
            try:
                content = stream.decompress(rest)
            except error as fault:
                raise _Damaged(f"is damaged ({str(fault).splitlines()[0]})") from fault
            if content:
                yield content
            rest, is_inside = stream.unused_data if stream.eof else b"", not stream.eof
    if is_inside:
        raise _Damaged("ends too early")


def zstd(path: Path) -> tuple[Callable[[], _Unpacking], type[Exception]]:
    """How to unpack Zstandard, and its error: the standard library from Python 3.14 on, before that a package."""
    if sys.version_info >= (3, 14):
        standard = importlib.import_module("compression.zstd")
        return standard.ZstdDecompressor, standard.ZstdError
    try:
        package = importlib.import_module("zstandard")
    except ImportError:
        raise bv.UsageError(
            f"{path.name} is packed with Zstandard, which Python unpacks by itself from 3.14 on; "
            "pip install 'belvedere[zstd]'"
        ) from None
    return lambda: package.ZstdDecompressor().decompressobj(), package.ZstdError


def _from(blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    """The blocks without their first `offset` bytes."""
    for block in blocks:
        if offset >= len(block):
            offset -= len(block)
            continue
        yield block[offset:]
        offset = 0
