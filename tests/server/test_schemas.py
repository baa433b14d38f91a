"""The page's types are those of the server."""

from tools.generate_types import TARGET, generated, structs


def test_the_types_of_the_page_are_generated_and_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == generated(), "run `python tools/generate_types.py`"


def test_every_struct_says_what_it_is() -> None:
    assert all((struct.__doc__ or "").strip() for struct in structs())
