"""GET /api/runs/{project}/{id}/kept: the files of a run, and the artifacts that it logged or used."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server.answers import answer
from belvedere.server.kept import kept_files
from belvedere.server.place import place_of, run_name


def kept(request: Request) -> Response:
    """Everything with the address of its content."""
    place, name = place_of(request), run_name(request)
    return answer(kept_files(place.desk, name, place.library.run(name).detail))


ROUTES = [Route("/api/runs/{project}/{id}/kept", kept)]
