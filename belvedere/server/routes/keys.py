"""GET /api/runs/{project}/{id}/keys: what a run has."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server import arguments
from belvedere.server.answers import answer
from belvedere.server.place import place_of, run_name
from belvedere.server.rows import key_of
from belvedere.server.schemas import Keys


def keys(request: Request) -> Response:
    """Series, vector families and media, in the order of their names."""
    run = place_of(request).library.run(run_name(request))
    return answer(Keys([key_of(info) for info in run.keys(arguments.text(request, "pattern", "*"))]))


ROUTES = [Route("/api/runs/{project}/{id}/keys", keys)]
