"""The page's types are those of the server."""

from tools.generate_types import TARGETS, generated, structs


def test_the_types_of_the_page_are_generated_and_current() -> None:
    for target, module in TARGETS.items():
        assert target.read_text(encoding="utf-8") == generated(module), "run `python tools/generate_types.py`"


def test_every_struct_says_what_it_is() -> None:
    assert all((struct.__doc__ or "").strip() for module in TARGETS.values() for struct in structs(module))
