"""GET /api/runs: the run table. GET /api/runs/{project}/{id}: all about one run but its series."""

import math
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server import arguments
from belvedere.server.answers import answer
from belvedere.server.place import place_of, run_name
from belvedere.server.rows import detail_of, flat, row_of
from belvedere.server.schemas import RunPage
from belvedere.server.stopping import stopping_of
from belvedere.store.records import RunRow as StoredRow

PAGE_RUNS_MAX = 10_000


def runs(request: Request) -> Response:
    """A page of the runs that a filter leaves, sorted by any column: `sort=-summary.val/loss`.

    `values` limits how many settings and last values each row carries; without it rows carry all.
    `wait` is for how many seconds a table that is still being read is waited for."""
    offset = arguments.integer(request, "offset", lowest=0, highest=1 << 40) or 0
    limit = arguments.integer(request, "limit", lowest=0, highest=PAGE_RUNS_MAX)
    most = arguments.integer(request, "values", lowest=0, highest=1 << 40)
    filter_text = arguments.text(request, "filter") or None
    project = arguments.text(request, "project") or None
    found = place_of(request).library.rows(filter_text, project, patience_secs=arguments.patience_secs(request))
    found = _sorted(found, arguments.text(request, "sort", "-updated"))
    end = offset + (100 if limit is None else limit)
    return answer(RunPage(len(found), [row_of(row, most) for row in found[offset:end]]))


def run(request: Request) -> Response:
    """One run."""
    place, name = place_of(request), run_name(request)
    detail = place.library.run(name).detail
    return answer(detail_of(detail, stopping_of(place.desk, name, detail)))


def _sorted(rows: list[StoredRow], order: str) -> list[StoredRow]:
    """Numbers before texts before nothing; a "-" in front turns the order of the first two."""
    value_of = _column(order.removeprefix("-"))
    numbers: list[tuple[float, StoredRow]] = []
    texts: list[tuple[str, StoredRow]] = []
    rest = []
    for row in rows:
        value = value_of(row)
        if isinstance(value, int | float) and not math.isnan(value):
            numbers.append((value, row))
        elif isinstance(value, str):
            texts.append((value, row))
        else:
            rest.append(row)
    is_reverse = order.startswith("-")
    numbers.sort(key=lambda pair: pair[0], reverse=is_reverse)
    texts.sort(key=lambda pair: pair[0], reverse=is_reverse)
    return [*(row for _, row in numbers), *(row for _, row in texts), *rest]


def _column(name: str) -> Callable[[StoredRow], object]:
    """How to read a column: a field of the row, or "config.x" or "summary.y"."""
    section, dot, key = name.partition(".")
    if dot and section == "config":
        return lambda row: dict(flat(row.config)).get(key)
    if dot and section == "summary":
        return lambda row: row.summary.get(key)
    return lambda row: getattr(row, name, None)


ROUTES = [Route("/api/runs", runs), Route("/api/runs/{project}/{id}", run)]
