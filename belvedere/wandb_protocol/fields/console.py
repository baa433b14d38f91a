"""The console of a run, in pages."""

from typing import cast

from belvedere.core.errors import UsageError
from belvedere.store.records import ConsoleLine
from belvedere.wandb_protocol.desk import Arguments, Asked, Fields, Node, RunValue
from belvedere.wandb_protocol.run_files import iso_precise

PAGE_LINES = 1000
PAGE_LINES_MAX = 10_000


def log_lines(asked: Asked, value: object, arguments: Arguments) -> Node:
    """`first` lines behind the cursor `after`, or the `last` ones. A line's number counts from 0."""
    run = cast(RunValue, value).run
    last, first = arguments.get("last"), arguments.get("first")
    if isinstance(last, int) and not isinstance(first, int):
        found = run.console_page(-_size(last), _size(last)) if last > 0 else run.console_page(0, 0)
    else:
        found = run.console_page(_place(arguments.get("after")), _size(first))
    edges = [
        {
            "__typename": "LogLineEdge",
            "node": _line(found.offset + place, line),
            "cursor": str(found.offset + place + 1),
        }
        for place, line in enumerate(found.lines)
    ]
    end = found.offset + len(found.lines)
    page = {"__typename": "PageInfo", "endCursor": str(end), "hasNextPage": end < found.total}
    return Node("LogLineConnection", {"edges": edges, "pageInfo": page})


def line_count(asked: Asked, value: object, arguments: Arguments) -> int:
    """How many lines there are."""
    return cast(RunValue, value).run.console_page(0, 0).total


def _line(number: int, line: ConsoleLine) -> dict[str, object]:
    return {
        "__typename": "LogLine", "id": str(number), "number": number, "timestamp": iso_precise(line.time),
        "level": "error" if line.stream == "stderr" else "", "label": str(line.rank) if line.rank else "",
        "line": line.text.removesuffix("\n"),
    }  # fmt: skip


def _size(wanted: object) -> int:
    return min(max(wanted, 0), PAGE_LINES_MAX) if isinstance(wanted, int) else PAGE_LINES


def _place(cursor: object) -> int:
    if not cursor:
        return 0
    if isinstance(cursor, str) and cursor.isdecimal() and len(cursor) < 16:
        return int(cursor)
    raise UsageError(f"{str(cursor)[:40]!r} is no place in the console; ask for the first page again")


FIELDS: Fields = {"Run": {"logLines": log_lines, "logLineCount": line_count}}
