import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from belvedere.importers.tensorboard.events import SIMPLE_VALUE, TENSOR, decoded, tensor
from belvedere.importers.tensorboard.framing import Framer
from belvedere.importers.tensorboard.protobuf import blob, single
from belvedere.importers.tensorboard.scalars import ScalarBlock, scalar_blocks
from tests.importers.tensorboard.event_bytes import new_style_message, record_of, scalar_message, value_message

POINTS = st.tuples(
    st.sampled_from(["loss", "val/loss", "ä", "x" * 200, "a" * 130]),
    st.integers(0, 1 << 62) | st.integers(0, 300),
    st.floats(width=32),
    st.floats(0, 1e10),
    st.booleans(),
)


def blocks_of(*messages: bytes) -> tuple[list[ScalarBlock], list[int]]:
    data = b"".join(map(record_of, messages))
    records = Framer().records(data)
    blocks, rest = scalar_blocks(data, records.starts, records.sizes)
    return blocks, rest.tolist()


@settings(deadline=None, max_examples=30)
@given(st.lists(POINTS, max_size=40))
def test_many_at_once_are_what_each_is_by_itself(points: list[tuple[str, int, float, float, bool]]) -> None:
    messages = [
        (new_style_message if is_new else scalar_message)(tag, step, value, wall)
        for tag, step, value, wall, is_new in points
    ]
    blocks, rest = blocks_of(*messages)
    assert rest == []
    expected: dict[str, list[tuple[int, int, bytes]]] = {}
    for message in messages:
        event = decoded(message)
        value = event.values[0]
        number = single(value.fields, SIMPLE_VALUE)
        if value.has(TENSOR):
            found = tensor(blob(value.fields, TENSOR))
            assert isinstance(found, np.ndarray)
            number = float(found.astype(np.float64))
        expected.setdefault(value.tag, []).append((event.step, event.time_us, struct.pack("<d", number)))
    got = {
        block.tag: [
            (step, time_us, struct.pack("<d", value))
            for step, time_us, value in zip(
                block.steps.tolist(), block.times_us.tolist(), block.values.tolist(), strict=True
            )
        ]
        for block in blocks
    }
    assert {tag: [(s, t) for s, t, _ in found] for tag, found in got.items()} == {
        tag: [(s, t) for s, t, _ in found] for tag, found in expected.items()
    }
    assert {tag: [np.frombuffer(v)[0] for *_, v in found] for tag, found in got.items() if not _has_nan(found)} == {
        tag: [np.frombuffer(v)[0] for *_, v in found] for tag, found in expected.items() if not _has_nan(found)
    }


def _has_nan(found: list[tuple[int, int, bytes]]) -> bool:
    return any(np.isnan(np.frombuffer(value)[0]) for *_, value in found)


def test_what_is_no_single_scalar_is_left_to_the_slow_way() -> None:
    two = value_message(1, b"\x0a\x01a\x15" + bytes(4), b"\x0a\x01b\x15" + bytes(4))
    negative = scalar_message("loss", -3, 1.0)
    version = b"\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2"
    blocks, rest = blocks_of(version, scalar_message("loss", 3, 1.0), two, negative)
    assert rest == [0, 2, 3]
    assert [(block.tag, block.steps.tolist()) for block in blocks] == [("loss", [3])]


def test_nan_and_infinity_are_values() -> None:
    values = [float("nan"), float("inf"), float("-inf")]
    (block,), _ = blocks_of(*(scalar_message("loss", step, value) for step, value in enumerate(values)))
    np.testing.assert_array_equal(block.values, values)


def test_a_time_that_is_none_becomes_the_beginning_of_time() -> None:
    (block,), _ = blocks_of(*(scalar_message("a", 1, 1.0, wall) for wall in (float("nan"), -1.0, 1e300, 2.0)))
    assert block.times_us.tolist() == [0, 0, 0, 2_000_000]
