"""Signatures over what an address is good for."""

from pathlib import Path

from belvedere.wandb_protocol.signing import is_signed, kept_key, signature

KEY = b"k" * 32


def test_a_signature_is_of_its_parts_and_its_key() -> None:
    signed = signature(KEY, "p", "run1", "a/b.png")
    assert is_signed(KEY, signed, "p", "run1", "a/b.png")
    assert not is_signed(KEY, signed, "p", "run2", "a/b.png")
    assert not is_signed(KEY, signed, "p", "run1a", "/b.png")
    assert not is_signed(b"l" * 32, signed, "p", "run1", "a/b.png")
    assert not is_signed(KEY, signed[:-1], "p", "run1", "a/b.png")
    assert not is_signed(KEY, "é" * 40, "p", "run1", "a/b.png")


def test_the_key_outlives_the_server_and_is_nobody_elses(tmp_path: Path) -> None:
    first = kept_key(tmp_path)
    (path,) = (tmp_path / ".belvedere").iterdir()
    assert (kept_key(tmp_path), len(first), path.stat().st_mode & 0o777) == (first, 32, 0o600)
    assert kept_key(tmp_path / "other") != first


def test_a_torn_key_is_made_anew(tmp_path: Path) -> None:
    kept_key(tmp_path)
    (path,) = (tmp_path / ".belvedere").iterdir()
    path.write_bytes(b"short")
    assert kept_key(tmp_path) == path.read_bytes()
    assert len(path.read_bytes()) == 32


def test_where_nothing_can_be_written_a_key_lasts_as_long_as_the_server(tmp_path: Path) -> None:
    (tmp_path / ".belvedere").write_text("in the way")
    assert len(kept_key(tmp_path)) == 32
