"""Takes the log of a run from another machine, by byte offset: what arrives is, byte for byte, what the writer wrote.

A piece that begins where our copy ends is appended; one that begins earlier must agree with what is here, as a repeat
does; one that begins later is refused with our size. So any mixture of repeats, lost replies and restarts on either
side ends in the same file.
"""

import os
from pathlib import Path

from belvedere.core.errors import BelvedereError, NotFound, UsageError
from belvedere.runlog.frame import HEADER_BYTES, crc32c, run_digest, unpack_header, writer_digest
from belvedere.runlog.layout import SEGMENT_NAME, WRITER_NAME, RunFolder
from belvedere.runlog.media import checked_suffix
from belvedere.runlog.spool import write_all

PIECE_BYTES_MAX = 64 << 20
SHA256_DIGITS = 64


class WrongOffset(BelvedereError):
    """The piece does not fit to what is here; `committed` says where to go on."""

    def __init__(self, committed: int, why: str) -> None:
        super().__init__(f"{why}; go on from byte {committed}")
        self.committed = committed


def committed(folder: RunFolder) -> dict[str, int]:
    """Bytes that are here of each segment: "writer/000001.rlog" -> size."""
    return {
        f"{writer}/{segment.name}": segment.stat().st_size
        for writer in folder.writers()
        for segment in folder.segments(writer)
    }


def append(folder: RunFolder, writer: str, segment: str, *, offset: int, piece: bytes, crc: int | None) -> int:
    """Put a piece where it belongs; the new size. One caller at a time for one segment."""
    path = segment_path(folder, writer, segment)
    if crc is not None and crc32c(piece) != crc:
        raise UsageError("the bytes do not have the checksum that X-Crc32c says; send them again")
    size = path.stat().st_size if path.is_file() else 0
    if offset > size:
        raise WrongOffset(size, f"the piece begins at byte {offset}, behind the {size} bytes that are here")
    overlap = min(size - offset, len(piece))
    if overlap and _read(path, offset, overlap) != piece[:overlap]:
        raise WrongOffset(size, f"the piece differs from what is here between bytes {offset} and {offset + overlap}")
    rest = piece[overlap:]
    if not rest:
        return size
    _check_header(folder, writer, path, size, rest)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _write(path, size, rest)


def segment_path(folder: RunFolder, writer: str, segment: str) -> Path:
    """Where a segment lies; UsageError for a name that is no writer's or no segment's."""
    found = SEGMENT_NAME.fullmatch(segment)
    if not WRITER_NAME.fullmatch(writer) or not found:
        raise UsageError(f"{writer[:60]}/{segment[:40]} is no log segment; names are r0-<ns>-<hex>/000001.rlog")
    return folder.segment(writer, int(found[1]))


def keep_file(folder: RunFolder, sha256: str, suffix: str, content: Path) -> None:
    """Move a received file, already hashed by a Spool, to its place among the media."""
    final = folder.medium(sha256, checked_suffix(suffix))
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(content, final)


def checked_sha256(text: str) -> str:
    """64 hexadecimal digits, or UsageError."""
    if len(text) != SHA256_DIGITS or set(text) - set("0123456789abcdef"):
        raise UsageError(f"{text[:70]!r} is no SHA-256; use its 64 lower-case hexadecimal digits")
    return text


def split_name(name: str) -> tuple[str, str]:
    """ "<sha256>.png" as ("<sha256>", ".png"), both checked."""
    digits, dot, rest = name.partition(".")
    return checked_sha256(digits), checked_suffix(dot + rest)


def _check_header(folder: RunFolder, writer: str, path: Path, size: int, rest: bytes) -> None:
    """The first 64 bytes must be those of a segment of this very run and writer; they arrive in one piece."""
    if size >= HEADER_BYTES:
        return
    head = (_read(path, 0, size) if size else b"") + rest
    if len(head) < HEADER_BYTES:
        raise UsageError(f"a segment begins with a header of {HEADER_BYTES} bytes, {len(head)} came; send more at once")
    header = unpack_header(head[:HEADER_BYTES], path=f"{writer}/{path.name}")
    if header.run_digest != run_digest(folder.project, folder.run_id) or header.writer_digest != writer_digest(writer):
        raise UsageError(f"the log belongs to another run or writer than {folder.project}/{folder.run_id}, {writer}")


def _write(path: Path, size: int, rest: bytes) -> int:
    """Append; a disk that fills up leaves the old size, so that the sender goes on from there later."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.lseek(fd, size, os.SEEK_SET)
        try:
            write_all(fd, rest)
        except OSError:
            os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)
    return size + len(rest)


def _read(path: Path, offset: int, count: int) -> bytes:
    with path.open("rb") as source:
        source.seek(offset)
        return source.read(count)


def existing_file(folder: RunFolder, name: str) -> Path:
    """A kept file by its name; NotFound when it is not here."""
    path = folder.medium(*split_name(name))
    if not path.is_file():
        raise NotFound(f"no file {name}; it was not copied or uploaded with the run {folder.run_id}")
    return path
