"""Colours of the PNG dashboard: blue, red, green, orange and purple by what they mean, light and dark.

A line and its average differ in their dashes too, so that nobody needs to tell red from green.
"""

from dataclasses import dataclass

from belvedere.figures.theme import DARK, LIGHT

TABLE_HEAD = "#4CAF50"
TABLE_HEAD_INK = "#FFFFFF"


@dataclass(frozen=True)
class Colours:
    """The tokens of one appearance, each a #RRGGBB colour."""

    ground: str
    raised: str
    sunken: str
    ink: str
    second: str
    line: str
    critical: str
    warning: str
    warned: str  # the ground behind a warning
    blue: str
    red: str
    green: str
    orange: str
    purple: str
    right: str  # behind a token that is as it should be
    wrong: str  # behind one that is not; it is underlined too


COLOURS = {
    "light": Colours(
        ground=LIGHT.ground, raised=LIGHT.raised, sunken=LIGHT.sunken, ink=LIGHT.ink, second=LIGHT.second,
        line=LIGHT.line, critical=LIGHT.critical, warning="#7A4B00", warned="#FBE8BF", blue="#1F77C9", red="#D62728",
        green="#2E9E4F", orange="#E07B00", purple="#7E3FB2", right="#CFEBDD", wrong="#F7D3BF",
    ),
    "dark": Colours(
        ground=DARK.ground, raised=DARK.raised, sunken=DARK.sunken, ink=DARK.ink, second=DARK.second, line=DARK.line,
        critical=DARK.critical, warning="#F3D27A", warned="#3A2D0B", blue="#5BA4F0", red="#FF6B63", green="#4CC97A",
        orange="#FFA63D", purple="#B98AF0", right="#1E4A37", wrong="#5E2F1A",
    ),
}  # fmt: skip
