import numpy as np
import pytest

from belvedere.core.errors import UnknownFormat
from belvedere.importers.tensorboard.events import decoded, tensor
from belvedere.record.mirrors.event_file import field_bytes, field_double, field_float, field_varint

CONTENT, FLOATS, INTEGERS, STRINGS, HALVES = 4, 5, 7, 8, 13


def tensor_of(kind: int, shape: tuple[int, ...], *fields: bytes) -> bytes:
    sizes = b"".join(field_bytes(2, field_varint(1, size)) for size in shape)
    return field_varint(1, kind) + field_bytes(2, sizes) + b"".join(fields)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [(1, "<f4"), (2, "<f8"), (3, "<i4"), (4, "|u1"), (5, "<i2"), (6, "|i1"), (9, "<i8"), (10, "|b1"), (17, "<u2"),
     (19, "<f2"), (22, "<u4"), (23, "<u8")],
)  # fmt: skip
def test_a_tensor_of_each_type_comes_back_from_its_bytes(kind: int, dtype: str) -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]], dtype)
    found = tensor(tensor_of(kind, (2, 3), field_bytes(CONTENT, values.tobytes())))
    assert isinstance(found, np.ndarray)
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


def test_values_that_are_all_the_same_are_written_once() -> None:
    found = tensor(tensor_of(1, (2, 2), field_float(FLOATS, 2.5)))
    np.testing.assert_array_equal(found, [[2.5, 2.5], [2.5, 2.5]])


def test_halves_stand_as_the_bits_of_integers() -> None:
    bits = np.array([1.5, -2.0], np.float16).view(np.uint16).tolist()
    found = tensor(tensor_of(19, (2,), *(field_varint(HALVES, one) for one in bits)))
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [1.5, -2.0]


def test_bfloat16_is_widened() -> None:
    bits = (np.array([1.5, -0.25], np.float32).view(np.uint32) >> 16).astype("<u2")
    found = tensor(tensor_of(14, (2,), field_bytes(CONTENT, bits.tobytes())))
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [1.5, -0.25]


def test_integers_come_one_by_one_too() -> None:
    found = tensor(tensor_of(3, (2,), field_varint(INTEGERS, -7), field_varint(INTEGERS, 7)))
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [-7, 7]


def test_strings_are_a_list() -> None:
    assert tensor(tensor_of(7, (2,), field_bytes(STRINGS, b"a"), field_bytes(STRINGS, b""))) == [b"a", b""]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (tensor_of(20, (1,)), "of type 20"),
        (tensor_of(1, (2,), field_bytes(CONTENT, bytes(6))), "6 bytes of float32"),
        (tensor_of(1, (1,), field_bytes(CONTENT, bytes(8))), r"shape \(1,\) with 2 values"),
        (tensor_of(1, (1 << 40, 1 << 40)), "shape"),
    ],
)
def test_a_tensor_that_cannot_be_is_refused(broken: bytes, words: str) -> None:
    with pytest.raises(UnknownFormat, match=words):
        tensor(broken)


def test_an_event_tells_its_step_time_and_restart() -> None:
    event = decoded(field_double(1, 12.5) + field_varint(2, 70) + field_bytes(7, field_varint(1, 1)))
    assert (event.time_us, event.step, event.is_restart, event.values) == (12_500_000, 70, True, ())
