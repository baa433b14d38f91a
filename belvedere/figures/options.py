"""What the reader of a figure may choose: one of several words, a number, a series, or free words.

Choices arrive as text from a command line or an address, or as Python values from a notebook; `parsed` turns either
into what the figure's function takes, and refuses what cannot be in one sentence.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from belvedere.core.errors import UsageError

Chosen: TypeAlias = str | float | int | None


@dataclass(frozen=True)
class Choice:
    """One of several words; the first is the default."""

    choices: tuple[str, ...]
    what: str = ""

    @property
    def default(self) -> str:
        return self.choices[0]

    def parsed(self, name: str, value: object) -> str:
        if str(value) not in self.choices:
            raise UsageError(f"{name}={value!r}; choose one of: {', '.join(self.choices)}")
        return str(value)


@dataclass(frozen=True)
class Number:
    """A number from `lo` to `hi`, both inclusive. The default None leaves the choice to the figure."""

    default: float | None
    lo: float
    hi: float
    is_whole: bool = True
    what: str = ""

    def parsed(self, name: str, value: object) -> float | int | None:
        if value is None or value == "":
            return self.default
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not self.lo <= number <= self.hi or (self.is_whole and number != int(number)):
            kind = "a whole number" if self.is_whole else "a number"
            raise UsageError(f"{name}={value!r}; give {kind} from {self.lo:,.16g} to {self.hi:,.16g}")
        return int(number) if self.is_whole else number


@dataclass(frozen=True)
class SeriesName:
    """The name of a series, or alternatives as in `Needs.series`; the figure is given that series too."""

    default: str
    what: str = ""

    def parsed(self, name: str, value: object) -> str:
        return str(value) if value else self.default


@dataclass(frozen=True)
class Word:
    """Free words, such as the name of a config entry; "" leaves the choice to the figure."""

    default: str
    what: str = ""

    def parsed(self, name: str, value: object) -> str:
        return str(value) if value else self.default


Option: TypeAlias = Choice | Number | SeriesName | Word


def as_option(told: "Option | Sequence[str]") -> Option:
    """An option as it was declared; a bare tuple of words is a Choice."""
    return told if isinstance(told, Choice | Number | SeriesName | Word) else Choice(tuple(told))


def chosen(figure_id: str, options: Mapping[str, Option], asked: Mapping[str, object]) -> dict[str, Chosen]:
    """Every option with what was asked for or its default; UsageError for an option that does not exist, or a value
    that it cannot have."""
    for name in asked:
        if name not in options:
            known = ", ".join(options) or "none"
            raise UsageError(f"figure {figure_id} has no option {name!r}; it has: {known}")
    found: dict[str, Chosen] = {}
    for name, option in options.items():
        try:
            found[name] = option.parsed(name, asked[name]) if name in asked else option.default
        except UsageError as error:
            raise UsageError(f"figure {figure_id} cannot be drawn with {error}") from None
    return found


def described(options: Mapping[str, Option]) -> list[dict[str, object]]:
    """Options in plain data: name, kind, what, default, and choices or lo, hi and is_whole."""
    rows = []
    for name, option in options.items():
        row: dict[str, object] = {"name": name, "kind": KINDS[type(option)], "what": option.what}
        row["default"] = option.default
        if isinstance(option, Choice):
            row["choices"] = list(option.choices)
        if isinstance(option, Number):
            row |= {"lo": option.lo, "hi": option.hi, "is_whole": option.is_whole}
        rows.append(row)
    return rows


KINDS: dict[type, str] = {Choice: "choice", Number: "number", SeriesName: "series", Word: "word"}
