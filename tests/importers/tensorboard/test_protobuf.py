import numpy as np
import pytest

from belvedere.core.errors import UnknownFormat
from belvedere.importers.tensorboard import protobuf
from belvedere.record.mirrors.event_file import field_bytes, field_double, field_float, field_varint


def test_every_wire_type_comes_back() -> None:
    message = protobuf.parsed(
        field_varint(1, 300)
        + field_varint(2, -5)
        + field_double(3, 2.5)
        + field_float(4, 0.5)
        + field_bytes(16, b"text")
    )
    assert (protobuf.whole(message, 1), protobuf.whole(message, 2)) == (300, -5)
    assert (protobuf.double(message, 3), protobuf.single(message, 4)) == (2.5, 0.5)
    assert protobuf.text(message, 16) == "text"


def test_what_is_absent_has_the_default_of_its_type() -> None:
    assert protobuf.whole({}, 1) == 0
    assert (protobuf.double({}, 1), protobuf.single({}, 1), protobuf.text({}, 1)) == (0.0, 0.0, "")


def test_repeated_numbers_are_read_packed_and_not() -> None:
    packed = field_bytes(5, np.array([1.0, 2.0], "<f4").tobytes())
    single = field_float(5, 3.0)
    assert protobuf.fixed_array(protobuf.parsed(packed + single), 5, "<f4").tolist() == [1.0, 2.0, 3.0]
    integers = field_bytes(7, b"\x01\xac\x02") + field_varint(7, -1)
    assert protobuf.varint_array(protobuf.parsed(integers), 7).tolist() == [1, 300, -1]


def test_a_span_is_where_a_nested_field_lies() -> None:
    message = field_varint(1, 9) + field_bytes(2, field_bytes(3, b"here") + field_bytes(4, b"not"))
    start, end = protobuf.span(message, (0, len(message)), 2, 3)
    assert message[start:end] == b"here"
    assert protobuf.span(message, (0, len(message)), 2, 9) == (0, 0)


@pytest.mark.parametrize("broken", [b"\x0a\x05ab", b"\x08", b"\x0b\x01", b"\xff" * 12, b"\x09\x00"])
def test_what_is_no_message_is_refused(broken: bytes) -> None:
    with pytest.raises(UnknownFormat, match="no protobuf message"):
        protobuf.parsed(broken)
