from belvedere.importers.tensorboard.framing import HEAD_BYTES, Framer, Records, masked_crc
from tests.importers.tensorboard.event_bytes import record_of

MESSAGES = [b"one", b"two two", b"", b"four"]
FILE = b"".join(map(record_of, MESSAGES))


def found_in(data: bytes) -> tuple[list[bytes], Records]:
    records = Framer().records(data)
    bounds = zip(records.starts.tolist(), records.sizes.tolist(), strict=True)
    return [data[start : start + size] for start, size in bounds], records


def test_a_checksum_is_masked_as_tfrecord_says() -> None:
    # CRC-32C of "123456789" is e3069283 in every text on it; turned right by 15 bits and moved by a282ead8:
    assert (
        masked_crc(b"123456789") == (((0xE3069283 >> 15) | (0xE3069283 << 17) & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF
    )


def test_all_records_are_found() -> None:
    messages, records = found_in(FILE)
    assert (messages, records.used, records.troubles, records.is_stuck) == (MESSAGES, len(FILE), (), False)


def test_a_cut_anywhere_gives_the_whole_records_in_front_of_it() -> None:
    ends = [sum(len(record_of(message)) for message in MESSAGES[: i + 1]) for i in range(len(MESSAGES))]
    for cut in range(len(FILE)):
        messages, records = found_in(FILE[:cut])
        count = sum(end <= cut for end in ends)
        assert (messages, records.used) == (MESSAGES[:count], ([0, *ends])[count])
        assert (records.troubles, records.is_stuck) == ((), False)


def test_a_record_with_a_wrong_checksum_is_passed_over() -> None:
    data = record_of(b"one") + record_of(b"bad", masked_crc=1) + record_of(b"two")
    messages, records = found_in(data)
    assert messages == [b"one", b"two"]
    assert records.troubles == ((len(record_of(b"one")), "a record with a wrong checksum was passed over"),)
    assert not records.is_stuck


def test_bytes_that_are_no_record_are_passed_over_up_to_the_next_head() -> None:
    data = record_of(b"one") + b"\xff" * 50 + record_of(b"two")
    messages, records = found_in(data)
    assert messages == [b"one", b"two"]
    assert records.troubles == ((len(record_of(b"one")), "bytes that are no record were passed over"),)


def test_zeros_behind_the_last_record_stop_the_reading_there() -> None:
    messages, records = found_in(FILE + bytes(64))
    assert (messages, records.used, records.is_stuck) == (MESSAGES, len(FILE), True)


def test_a_huge_length_with_a_right_checksum_is_damage_and_not_waited_for() -> None:
    size = (1 << 40).to_bytes(8, "little")
    data = size + masked_crc(size).to_bytes(4, "little") + bytes(HEAD_BYTES)
    messages, records = found_in(data)
    assert (messages, records.is_stuck) == ([], True)
