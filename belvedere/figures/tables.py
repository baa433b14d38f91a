"""Tables of text as figures: what a model wrote, readable, with what differs from the target marked."""

import difflib
import re
from collections.abc import Sequence

import plotly.graph_objects as go

from belvedere.analysis.contents import TableContent, table
from belvedere.core.errors import NotFound, UsageError
from belvedere.core.series import Media
from belvedere.figures.theme import MONO_FONT, SMALL_PX, TEXT_FONT, Theme
from belvedere.figures.words import sentence

CHARACTERS_MAX = 180
TOKENS_MAX = 120  # of a text whose differences are looked for: the work grows with their square
ROW_PX = 26
TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


def readable_tables(values: Sequence[Media]) -> tuple[list[tuple[int, TableContent]], str]:
    """(step, content) of every table that can be read, and why one cannot; "" if all can."""
    found, reason = [], ""
    for media in values:
        try:
            found.append((media.step, table(media)))
        except (NotFound, UsageError) as error:
            reason = sentence(str(error))
    return found, reason


def column_of(content: TableContent, names: Sequence[str]) -> list[object] | None:
    """The cells of the first of these columns that the table has; None where it has none."""
    for name in names:
        if name in content.columns:
            return content.column(name)
    return None


def plain(cell: object, *, characters: int = CHARACTERS_MAX) -> str:
    """A cell as one line that Plotly cannot take for HTML; numbers with four digits, line ends as ⏎."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.4g}"
    words = str(cell).replace("\r\n", "\n").replace("\n", "⏎ ").replace("\t", "⇥ ")
    words = f"{words[: characters - 1]}…" if len(words) > characters else words
    return words.replace("<", "‹").replace(">", "›")


def against_target(output: object, target: object) -> str:
    """An output in which every token that the target does not have at that place is bold and underlined; what is
    missing is not shown. Long texts are shown without comparison."""
    shown = plain(output)
    told, wanted = TOKEN.findall(shown), TOKEN.findall(plain(target))
    if target is None or len(told) > TOKENS_MAX or len(wanted) > TOKENS_MAX or told == wanted:
        return shown
    pieces = []
    for kind, start, end, _, _ in difflib.SequenceMatcher(None, told, wanted, autojunk=False).get_opcodes():
        # No colour: Plotly wraps cells at every space, also at the one inside <span style=…>.
        pieces += [
            token if kind == "equal" or token.isspace() else f"<b><u>{token}</u></b>" for token in told[start:end]
        ]
    return "".join(pieces)


def text_table(
    header: Sequence[str], columns: Sequence[Sequence[str]], *, widths: Sequence[float], theme: Theme,
    is_text: Sequence[bool],
) -> go.Table:  # fmt: skip
    """A table in the colours of the theme: no box, a line under each row, texts in mono at the left, numbers at the
    right."""
    align = ["left" if text else "right" for text in is_text]
    small = {"size": SMALL_PX}
    return go.Table(
        columnwidth=list(widths),
        header={
            "values": list(header), "align": align, "height": ROW_PX, "fill": {"color": theme.ground},
            "line": {"color": theme.strong_line, "width": [0]}, "font": small | {"color": theme.second},
        },
        cells={
            "values": [list(column) for column in columns], "align": align, "height": ROW_PX,
            "fill": {"color": [striped(len(columns[0]) if columns else 0, theme)]},
            "line": {"color": theme.line, "width": 0},
            "font": small | {"color": theme.ink, "family": [MONO_FONT if text else TEXT_FONT for text in is_text]},
        },
    )  # fmt: skip


def striped(rows: int, theme: Theme) -> list[str]:
    """The ground of each row: every second one is sunken, so that the eye stays in its row."""
    return [theme.sunken if row % 2 else theme.ground for row in range(rows)]
