"""GET …/console: what the processes of a run printed."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server import arguments
from belvedere.server.answers import answer
from belvedere.server.place import place_of, run_name
from belvedere.server.schemas import ConsoleLine, ConsolePage

LINES = 2000
LINES_MAX = 100_000
FAR = 1 << 40


def console(request: Request) -> Response:
    """Lines from `offset` on, counted from the end when it is negative."""
    offset = arguments.integer(request, "offset", lowest=-FAR, highest=FAR) or 0
    limit = arguments.integer(request, "limit", lowest=0, highest=LINES_MAX)
    run = place_of(request).library.run(run_name(request))
    page = run.console_page(offset, LINES if limit is None else limit)
    lines = [ConsoleLine(line.time, line.stream, line.text, line.rank) for line in page.lines]
    return answer(ConsolePage(page.total, page.offset, lines))


ROUTES = [Route("/api/runs/{project}/{id}/console", console)]
