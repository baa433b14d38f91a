"""Bodies as clients send them, and as others do."""

import gzip
import math
import zlib

import pytest

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.bodies import mapping_of
from belvedere.wandb_protocol.limits import INFLATED_BYTES_MAX, TooLarge, inflated


def test_a_body_is_an_object_also_when_it_is_packed() -> None:
    assert mapping_of(b'{"a": [1, 2.5, "x"]}') == {"a": [1, 2.5, "x"]}
    assert mapping_of(gzip.compress(b'{"a": 1}'), "gzip") == {"a": 1}
    assert mapping_of(b"") == mapping_of(b"null") == {}


def test_numbers_that_are_none_and_halves_of_characters_pass() -> None:
    found = mapping_of(b'{"a": NaN, "b": -Infinity, "c": "\\ud800"}')
    assert math.isnan(float(str(found["a"])))
    assert (found["b"], found["c"]) == (-math.inf, "\ud800")


@pytest.mark.parametrize(
    ("raw", "encoding", "why"),
    [
        (b"{", "", "no JSON"),
        (b"[1]", "", "a JSON list"),
        (b"\xff\xfe", "", "no JSON"),
        (b"[" * 100_000, "", "no JSON"),
        (b'{"a": 1}', "gzip", "no gzip"),
        (gzip.compress(b'{"a": 1}')[:-4], "gzip", "cut short"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(raw: bytes, encoding: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        mapping_of(raw, encoding)


def test_a_gzip_bomb_is_never_unpacked_whole() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range((INFLATED_BYTES_MAX >> 20) + 1)) + packer.flush()
    assert len(bomb) < 100_000
    with pytest.raises(TooLarge, match="67108864 bytes unpacked"):
        inflated(bomb)
