"""GET /api/runs/{project}/{id}/keys: what a run has."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.names import matches
from belvedere.server import arguments
from belvedere.server.answers import answer
from belvedere.server.place import place_of, run_name
from belvedere.server.rows import keys_of
from belvedere.server.schemas import Keys


def keys(request: Request) -> Response:
    """Series, vector families and media, in the order of their names."""
    run = place_of(request).library.run(run_name(request))
    pattern = arguments.text(request, "pattern", "*")
    found = keys_of(run.keys(), run.detail)
    return answer(Keys(found if pattern == "*" else [info for info in found if matches(info.key, pattern)]))


ROUTES = [Route("/api/runs/{project}/{id}/keys", keys)]
