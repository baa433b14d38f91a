"""Which keys may pass, and what is said to those that may not."""

import base64

import pytest

from belvedere.wandb_protocol.keys import is_well_formed, key_in, key_of, why_refused
from tests.wandb_protocol.speaking import basic


@pytest.mark.parametrize(
    ("key", "may_pass"),
    [
        ("a" * 40, True),
        ("A_z9" * 21 + "xx", True),
        ("local-" + "b" * 40, True),
        ("wandb_v1_" + "c" * 60, True),
        ("eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", True),
        ("a" * 39, False),
        ("local-" + "b" * 39, False),
        ("a" * 39 + "!", False),
        ("a" * 40 + "\n", False),
        ("", False),
        ("é" * 40, False),
        ("a" * 9000, False),
    ],
)
def test_a_key_is_well_formed_as_the_client_has_it(key: str, may_pass: bool) -> None:
    assert is_well_formed(key) is may_pass


def test_the_key_of_a_token_is_well_formed_and_its_own() -> None:
    assert is_well_formed(key_of("secret"))
    assert len({key_of("secret"), key_of("Secret"), key_of(None), key_of("secret ")}) == 4
    assert key_of("") == key_of(None)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (basic("k" * 40)["Authorization"], "k" * 40),
        ("bearer  tok ", "tok"),
        ("Basic " + base64.b64encode(b"admin:k").decode(), None),
        ("Basic " + base64.b64encode(b"api").decode(), None),
        ("Basic " + base64.b64encode(b"api:\xff").decode(), None),
        ("Basic ***", None),
        ("Digest api", None),
        ("", None),
    ],
)
def test_a_key_is_found_in_its_header(header: str, key: str | None) -> None:
    assert key_in(header) == key


def test_what_is_wrong_is_said() -> None:
    assert why_refused(basic("a" * 40)["Authorization"], None) is None
    assert why_refused("", None) == (
        "this Belvedere server got no API key; set WANDB_API_KEY to what `belvedere key` prints"
    )
    assert str(why_refused(basic("a" * 39)["Authorization"], None)).startswith(
        "an API key of 39 characters is not well"
    )
    assert why_refused(basic(key_of("t"))["Authorization"], "t") is None
    assert why_refused(basic("a" * 40)["Authorization"], "t") == (
        "the API key is not this Belvedere server's; set WANDB_API_KEY to what `belvedere key --token TOKEN` prints"
    )
