"""Runs of a project, as pages of a list that stays the same while somebody turns them."""

from collections.abc import Mapping, Sequence
from typing import cast

from belvedere.core.errors import NameRefused, NotFound
from belvedere.store.records import RunRow
from belvedere.wandb_protocol.desk import Arguments, Asked, Node, ProjectValue, RunValue
from belvedere.wandb_protocol.ids import place_of, run_cursor
from belvedere.wandb_protocol.mongo import chosen
from belvedere.wandb_protocol.order import ordered

PAGE_RUNS = 50
PAGE_RUNS_MAX = 1000
PATIENCE_SECONDS = 20.0  # a list that lacks runs is worse than a late one; clients wait longer


def rows_of(asked: Asked, project: ProjectValue, arguments: Arguments) -> list[RunRow]:
    """All runs of a project that the argument `filters` leaves, in the order that `order` asks for."""
    rows = asked.desk.shelves.rows(project=project.name, patience_secs=PATIENCE_SECONDS)
    filters, order = arguments.get("filters"), arguments.get("order")
    wish = (project.name, str(filters or ""), str(order or ""))
    return asked.desk.listings.of(wish, rows, lambda rows: ordered(chosen(rows, filters), order))


def count_of(asked: Asked, project: ProjectValue, arguments: Arguments) -> int:
    """How many runs of a project the argument `filters` leaves."""
    return len(rows_of(asked, project, {"filters": arguments.get("filters")}))


def connection(asked: Asked, project: ProjectValue, rows: Sequence[RunRow], arguments: Arguments) -> Node:
    """A page of runs: `first` of them behind the cursor `after`, or the `last` ones in front of `before`."""
    begin, end = _bounds(rows, arguments)
    edges = [
        {"__typename": "RunEdge", "node": listed(asked, project, row), "cursor": run_cursor(begin + place, row.id)}
        for place, row in enumerate(rows[begin:end])
    ]
    page: Mapping[str, object] = {
        "__typename": "PageInfo", "endCursor": edges[-1]["cursor"] if edges else None, "hasNextPage": end < len(rows),
        "startCursor": edges[0]["cursor"] if edges else None, "hasPreviousPage": begin > 0,
    }  # fmt: skip
    return Node("RunConnection", {"edges": edges, "pageInfo": page, "totalCount": len(rows)})


def listed(asked: Asked, project: ProjectValue, row: RunRow) -> Node:
    """A run as its row tells it: nothing is read as long as nobody asks for more."""
    return Node("Run", RunValue(project, asked.desk.shelves.run((row.project, row.id), row)))


def run_node(asked: Asked, project: ProjectValue, run_id: str) -> Node | None:
    """One run; None when there is none of that name."""
    try:
        run = asked.desk.shelves.run(asked.desk.shelves.checked_name(project.name, run_id))
        run.detail  # noqa: B018 - a folder without a run in it is none
    except (NotFound, NameRefused):
        return None
    return Node("Run", RunValue(project, run))


def project_of(parent: object) -> ProjectValue:
    """The value of a Node("Project")."""
    return cast(ProjectValue, parent)


def _bounds(rows: Sequence[RunRow], arguments: Arguments) -> tuple[int, int]:
    after, before, last = (arguments.get(name) for name in ("after", "before", "last"))
    begin = _behind(rows, str(after)) if after else 0
    end = _behind(rows, str(before)) - 1 if before else len(rows)
    if isinstance(last, int):
        begin = max(begin, end - _size(last))
    return begin, max(begin, min(end, begin + _size(arguments.get("first"), default=last)))


def _size(wanted: object, default: object = None) -> int:
    found = wanted if isinstance(wanted, int) else default if isinstance(default, int) else PAGE_RUNS
    return min(max(found, 0), PAGE_RUNS_MAX)


def _behind(rows: Sequence[RunRow], cursor: str) -> int:
    """The place behind the run that a cursor names: where it stood, unless others came or went meanwhile."""
    place, run_id = place_of(cursor)
    if place < len(rows) and rows[place].id == run_id:
        return place + 1
    return next((now + 1 for now, row in enumerate(rows) if row.id == run_id), place)
