"""The framing of `.wandb` files: whole records only, whatever was cut or damaged."""

from pathlib import Path

import pytest

from belvedere.core.errors import UnknownFormat
from belvedere.importers.wandb.framing import BLOCK_BYTES, read_stretch
from tests.importers.wandb.wandb_file import framed

RECORDS = [b"a" * 10, b"b" * (BLOCK_BYTES - 40), b"c" * (3 * BLOCK_BYTES), b"", b"d" * 5]


def test_records_over_several_blocks_come_back(tmp_path: Path) -> None:
    path = tmp_path / "run.wandb"
    path.write_bytes(framed(RECORDS))
    found = read_stretch(path, 0)
    assert found.records == RECORDS
    assert found.is_whole and found.end == path.stat().st_size and found.troubles == []


def test_a_small_stretch_grows_until_a_record_fits(tmp_path: Path) -> None:
    path = tmp_path / "run.wandb"
    path.write_bytes(framed(RECORDS))
    found, end = [], 0
    while not (stretch := read_stretch(path, end, 100)).is_whole:
        found, end = found + stretch.records, stretch.end
    assert found + stretch.records == RECORDS


@pytest.mark.parametrize("missing", [1, 5, 11, 12, 13, 30, BLOCK_BYTES, 3 * BLOCK_BYTES + 20])
def test_a_torn_tail_reads_as_what_is_whole_and_goes_on_later(tmp_path: Path, missing: int) -> None:
    path = tmp_path / "run.wandb"
    content = framed(RECORDS)
    path.write_bytes(content[:-missing])
    first = read_stretch(path, 0)
    assert first.records == RECORDS[: len(first.records)] and first.troubles == []
    path.write_bytes(content)
    assert first.records + read_stretch(path, first.end).records == RECORDS


def test_a_damaged_block_is_passed_over_and_told_with_its_place(tmp_path: Path) -> None:
    records = [bytes([65 + i]) * 9000 for i in range(12)]
    content = bytearray(framed(records))
    content[BLOCK_BYTES + 100] ^= 1
    path = tmp_path / "run.wandb"
    path.write_bytes(content)
    found = read_stretch(path, 0)
    assert found.troubles == [f"bytes {BLOCK_BYTES} to {2 * BLOCK_BYTES} are damaged and were passed over"]
    assert found.records == [one for one in records if one in found.records]
    assert found.records[:3] == records[:3] and found.records[-1] == records[-1] and len(found.records) == 7


def test_a_size_that_leaves_the_block_is_damage(tmp_path: Path) -> None:
    content = bytearray(framed([b"a" * 40_000, b"b"]))
    content[7 + 4 : 7 + 6] = b"\xff\xff"
    path = tmp_path / "run.wandb"
    path.write_bytes(content)
    found = read_stretch(path, 0)
    assert found.records == [b"b"]
    assert found.troubles == [f"bytes 7 to {BLOCK_BYTES} are damaged and were passed over"]


def test_damage_in_the_last_block_ends_the_reading(tmp_path: Path) -> None:
    content = bytearray(framed([b"first", b"second"]))
    content[-1] ^= 1
    path = tmp_path / "run.wandb"
    path.write_bytes(content)
    found = read_stretch(path, 0)
    assert (found.records, found.troubles, found.is_whole) == ([b"first"], [], False)
    assert found.end == 7 + 7 + 5


@pytest.mark.parametrize("size", [0, 1, 3, 6, 7])
def test_a_file_without_a_record_yet_holds_none(tmp_path: Path, size: int) -> None:
    path = tmp_path / "run.wandb"
    path.write_bytes(framed([])[:size])
    assert read_stretch(path, 0).records == []


@pytest.mark.parametrize("start", [b"PK\x03\x04 no log", b":W&C\xe1\xbe\x00", b":W&B\xe1\xbe\x01", b":W&B\x00\x00\x00"])
def test_another_file_is_refused(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "run.wandb"
    path.write_bytes(start + b"more")
    with pytest.raises(UnknownFormat, match="W&B log"):
        read_stretch(path, 0)
