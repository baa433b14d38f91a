"""GET /api/events: what grew, as server-sent events."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from belvedere.core.errors import UsageError
from belvedere.server import arguments
from belvedere.server.place import place_of

WATCHED_MAX = 1000


async def events(request: Request) -> Response:
    """The stream of one page, which names the runs it watches as "project/id"."""
    place = place_of(request)
    watched = arguments.texts(request, "watch")
    if len(watched) > WATCHED_MAX:
        raise UsageError(f"{len(watched)} runs watched at once; watch at most {WATCHED_MAX}")
    names = [place.library.checked_name(*_split(text)) for text in watched]
    last_event_id = request.headers.get("last-event-id", "")
    stream = place.live.stream(names, last_event_id, place.version)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def _split(name: str) -> tuple[str, str]:
    project, slash, run_id = name.partition("/")
    if not slash:
        raise UsageError(f"watch={name[:60]!r} names no run; use watch=project/id")
    return project, run_id


ROUTES = [Route("/api/events", events)]
