"""Framing: what a cut or a flipped bit costs."""

import pytest

from belvedere.core.errors import UnknownFormat
from belvedere.runlog.frame import SegmentHeader, frame, pack_header, run_digest, scan, unpack_header, writer_digest

PAYLOADS = [bytes([6]) + bytes([n]) * (1 + n * 7 % 40) for n in range(60)]
LOG = b"".join(frame(payload) for payload in PAYLOADS)
HEADER = SegmentHeader(3, 2, 1_800_000_000_000_000_000, 5, run_digest("p", "r"), writer_digest("w"))


def test_whole_records_come_back_in_order():
    assert scan(LOG).payloads == PAYLOADS


def test_cut_anywhere_reads_a_prefix_and_reports_no_trouble():
    for cut in range(len(LOG)):
        found = scan(LOG[:cut])
        assert found.payloads == PAYLOADS[: len(found.payloads)]
        assert found.used <= cut
        assert found.trouble == ""


def test_any_flipped_bit_stops_in_front_of_its_record():
    ends = [len(b"".join(frame(payload) for payload in PAYLOADS[: i + 1])) for i in range(len(PAYLOADS))]
    for position in range(0, len(LOG), 3):
        damaged = bytearray(LOG)
        damaged[position] ^= 1 << position % 8
        found = scan(bytes(damaged))
        hit = next(i for i, end in enumerate(ends) if position < end)
        assert found.payloads == PAYLOADS[:hit]


def test_records_of_one_size_take_the_array_path_and_damage_there_is_found():
    same = [bytes([6]) + n.to_bytes(4, "little") for n in range(500)]
    log = b"".join(frame(payload) for payload in same)
    assert scan(log).payloads == same
    assert scan(log).runs
    for hit in (17, 18, 255, 499):
        damaged = bytearray(log)
        damaged[hit * 13 + 10] ^= 4
        assert scan(bytes(damaged)).payloads == same[:hit]
        assert scan(bytes(damaged)).trouble == "a wrong checksum"


def test_zeros_behind_the_last_record_are_not_records():
    assert scan(LOG + bytes(100)).payloads == PAYLOADS


def test_header_round_trip():
    assert unpack_header(pack_header(HEADER), path="x") == HEADER


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04" + bytes(60), "not a Belvedere log"),
        (pack_header(HEADER)[:40], "not a Belvedere log"),
        (pack_header(HEADER)[:8] + b"\x02\x00" + pack_header(HEADER)[10:], "install a newer one"),
        (pack_header(HEADER)[:30] + b"\xff" + pack_header(HEADER)[31:], "checksum is wrong"),
    ],
)
def test_a_foreign_newer_or_damaged_header_is_refused_with_its_reason(data: bytes, words: str):
    with pytest.raises(UnknownFormat, match=words):
        unpack_header(data, path="x")
