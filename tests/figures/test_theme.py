"""One set of colours: the figures' tokens are those of the page."""

import re
from dataclasses import asdict

import pytest

from belvedere.figures.theme import DARK, LIGHT, STAGES, Theme, faded, shortened
from tests.source_tree import REPOSITORY

STYLE_SHEET = REPOSITORY / "ui" / "src" / "theme.css"


def css_tokens(selector: str) -> dict[str, str]:
    """The custom properties that hold one colour, of the first block with that selector."""
    css = STYLE_SHEET.read_text(encoding="utf-8")
    block = css[css.index(selector + " {") :].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6});", block))


@pytest.mark.parametrize(("theme", "selector"), [(LIGHT, ":root"), (DARK, ':root[data-mantine-color-scheme="dark"]')])
def test_the_tokens_are_those_of_the_style_sheet(theme: Theme, selector: str) -> None:
    tokens = css_tokens(":root") | css_tokens(selector)
    ours = {name.replace("_", "-"): value for name, value in asdict(theme).items() if name not in ("name", "lines")}
    assert {name: tokens.get(name) for name in ours} == ours
    assert tuple(tokens[f"run-{index}"] for index in range(len(theme.lines))) == theme.lines


def test_the_colours_of_the_stages_are_those_of_the_style_sheet() -> None:
    tokens = css_tokens(":root")
    assert {name: tokens[f"stage-{name}"] for name in STAGES} == STAGES


def test_a_long_name_keeps_its_ends_and_cannot_carry_markup() -> None:
    assert shortened("h.0") == "h.0"
    assert shortened("a" * 50 + "z" * 50, characters=9) == "aaaa…zzzz"
    assert shortened("<b>") == "‹b›"


def test_a_colour_fades() -> None:
    assert faded("#FF8000", 0.14) == "rgba(255,128,0,0.14)"
