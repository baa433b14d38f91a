"""What commands print: JSON for programs, tables for people, rich only when it is needed."""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from rich.console import Console

JUSTIFIED_RIGHT = frozenset({"steps", "points", "last step", "MB", "step"})
MINUTE, HOUR, DAY = 60, 3600, 86400
SCREEN_ROWS = 500  # rich takes 0.6 ms for each row, and nobody reads so many on a screen


def print_json(value: object) -> None:
    """One JSON document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table without borders; in a pipe each row stays on one line."""
    if not sys.stdout.isatty() or len(rows) > SCREEN_ROWS:
        sys.stdout.writelines(_lines(columns, rows))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in JUSTIFIED_RIGHT else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    console().print(table)


def console() -> "Console":
    """A rich console; wide when nobody sees its edge."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=not sys.stdout.isatty())


def ago(moment: float, now: float | None = None) -> str:
    """A time as people say it: "5 min ago"."""
    seconds = (time.time() if now is None else now) - moment
    if seconds < MINUTE:
        return "now"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min ago"
    if seconds < DAY:
        return f"{seconds / HOUR:.0f} h ago"
    return f"{seconds / DAY:.0f} d ago"


def short(value: object) -> str:
    """A value in a table cell: four significant digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The table as plain text, as wide as its cells are."""
    widths = [max(map(_width, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = []
        for name, cell, width in zip(columns, row, widths, strict=True):
            space = " " * (width - _width(cell))
            cells.append(space + cell if name in JUSTIFIED_RIGHT else cell + space)
        yield "  ".join(cells).rstrip() + "\n"


def _width(cell: str) -> int:
    """Columns that a text takes: a Chinese character takes two."""
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)


def _plain(cell: str) -> str:
    """A cell as it stands: a run called "[red]" is not a colour."""
    from rich.markup import escape

    return escape(cell)
