"""Upload by byte offset ends in the same file, whatever happens on the way."""

import random
from pathlib import Path

import pytest

from belvedere.core.entries import RunStarted
from belvedere.core.errors import BelvedereError, NameRefused, UsageError
from belvedere.runlog.frame import crc32c
from belvedere.runlog.layout import RunFolder, run_folder
from belvedere.runlog.spool import Spool
from belvedere.runlog.writer import LogWriter
from belvedere.server.receive import WrongOffset, append, committed, keep_file, split_name

WRITER = "r0-1700000000000000000-abcdef01"
SEGMENT = "000001.rlog"


@pytest.fixture
def log(tmp_path: Path) -> bytes:
    """A real log of some kilobytes."""
    folder = run_folder(tmp_path / "there", "p", "run1")
    writer = LogWriter(folder, RunStarted(1.7e9, "p", "run1", WRITER))
    for step in range(200):
        writer.row(step, {"train/loss": step / 7, "lr": 0.1})
    writer.close()
    return folder.segment(WRITER, 1).read_bytes()


@pytest.fixture
def here(tmp_path: Path) -> RunFolder:
    return run_folder(tmp_path / "here", "p", "run1")


def put(folder: RunFolder, offset: int, piece: bytes) -> int:
    return append(folder, WRITER, SEGMENT, offset=offset, piece=piece, crc=crc32c(piece))


def content(folder: RunFolder) -> bytes:
    return folder.segment(WRITER, 1).read_bytes()


def test_two_hundred_troubled_uploads_end_byte_identical(log: bytes, tmp_path: Path) -> None:
    for seed in range(200):
        dice = random.Random(seed)
        folder = run_folder(tmp_path / f"here-{seed}", "p", "run1")
        old: list[tuple[int, bytes]] = []
        believed = 0  # what the sender thinks is there
        while believed < len(log):
            piece = log[believed : believed + dice.randrange(64, 900)]
            if old and dice.random() < 0.3:
                put(folder, *dice.choice(old))  # an old request arrives again
            try:
                size = put(folder, believed, piece)
            except WrongOffset as wrong:
                believed = wrong.committed
                continue
            old.append((believed, piece))
            if dice.random() < 0.7:  # else the reply is lost and the sender repeats itself
                believed = size
            if dice.random() < 0.1:  # the server dies in mid-write: only a prefix of the piece reached the disk
                path = folder.segment(WRITER, 1)
                with path.open("r+b") as file:
                    file.truncate(max(64, path.stat().st_size - dice.randrange(0, 200)))
            if dice.random() < 0.1:  # the sender starts anew and asks
                believed = committed(folder).get(f"{WRITER}/{SEGMENT}", 0)
        while content(folder) != log:  # cut short by the last death
            size = len(content(folder))
            assert log.startswith(content(folder))
            put(folder, size, log[size:])
        assert content(folder) == log


def test_a_piece_behind_the_end_is_refused_with_our_size(here: RunFolder, log: bytes) -> None:
    put(here, 0, log[:100])
    with pytest.raises(WrongOffset) as refused:
        put(here, 200, log[200:300])
    assert refused.value.committed == 100
    assert content(here) == log[:100]


def test_a_piece_that_differs_from_what_is_here_changes_nothing(here: RunFolder, log: bytes) -> None:
    put(here, 0, log[:200])
    with pytest.raises(WrongOffset, match="differs"):
        put(here, 100, b"x" * 200)
    assert content(here) == log[:200]


def test_a_wrong_checksum_writes_nothing(here: RunFolder, log: bytes) -> None:
    with pytest.raises(UsageError, match="checksum"):
        append(here, WRITER, SEGMENT, offset=0, piece=log, crc=1)
    assert not here.path.exists()


def test_only_a_log_of_this_run_and_writer_is_taken(here: RunFolder, log: bytes) -> None:
    with pytest.raises(BelvedereError, match="not a Belvedere log"):
        put(here, 0, b"<html>" * 20)
    other = run_folder(here.root, "p", "another")
    with pytest.raises(UsageError, match="another run"):
        append(other, WRITER, SEGMENT, offset=0, piece=log, crc=None)
    with pytest.raises(UsageError, match="64 bytes"):
        put(here, 0, log[:10])
    assert not here.segment(WRITER, 1).exists()


@pytest.mark.parametrize("writer", ["..", "../../x", "r0-1-zz", "", "r0-1-ab/..", "r0-1-ab\0"])
def test_a_writer_name_cannot_leave_the_folder(here: RunFolder, writer: str) -> None:
    with pytest.raises(UsageError):
        append(here, writer, SEGMENT, offset=0, piece=b"x" * 64, crc=None)


@pytest.mark.parametrize("segment", ["../run.json", "1.rlog", "000001.rlog/..", "000001.rcol", "000001.rlog\n"])
def test_a_segment_name_cannot_leave_the_folder(here: RunFolder, segment: str) -> None:
    with pytest.raises(UsageError):
        append(here, WRITER, segment, offset=0, piece=b"x" * 64, crc=None)


def test_a_run_name_cannot_leave_the_root(tmp_path: Path) -> None:
    for name in ("..", ".", "a/b", "/etc", "", "a\0b"):
        with pytest.raises(NameRefused):
            run_folder(tmp_path, "p", name)


@pytest.mark.parametrize("name", ["abc", "A" * 64, "../" + "a" * 61, "a" * 64 + "/../x", "a" * 64 + ".p/g", "a" * 65])
def test_a_file_name_must_be_a_hash(name: str) -> None:
    with pytest.raises(UsageError):
        split_name(name)


def test_a_spooled_file_arrives_whole_or_not_at_all(here: RunFolder) -> None:
    whole = Spool(here)
    whole.write(b"picture")
    sha256 = whole.close()
    keep_file(here, sha256, ".png", whole.path)
    whole.discard()
    assert here.medium(sha256, ".png").read_bytes() == b"picture"
    torn = Spool(here)
    torn.write(b"half")
    torn.discard()
    assert [path.name for path in here.media.rglob("*") if path.is_file()] == [f"{sha256}.png"]
