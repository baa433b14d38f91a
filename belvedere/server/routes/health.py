"""GET /api/health: who answers."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server.answers import answer
from belvedere.server.place import place_of
from belvedere.server.schemas import Health


def health(request: Request) -> Response:
    """Version, folder and number of runs."""
    place = place_of(request)
    root = ", ".join(str(shelf.root) for shelf in place.library.shelves)
    return answer(Health(place.version, len(place.library.rows()), root, place.has_token))


ROUTES = [Route("/api/health", health)]
