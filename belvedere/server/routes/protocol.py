"""GET /api/protocol: what clients of W&B asked for and we do not know, since the server began; damaged runs beside."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server.answers import answer
from belvedere.server.place import place_of
from belvedere.server.schemas import DamagedRun, Protocol


def protocol(request: Request) -> Response:
    """Most frequent first."""
    place = place_of(request)
    damaged = [DamagedRun(row.project, row.id, list(row.damage)) for row in place.library.rows() if row.damage]
    failed = {"/".join(name): count for name, count in place.desk.failures.items()}
    return answer(Protocol(place.version, dict(place.desk.unknown.most_common()), failed, damaged))


ROUTES = [Route("/api/protocol", protocol)]
