"""POST …/stop: asks a training to stop; it ends as after Ctrl-C, within its next half minute."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import UsageError
from belvedere.server.answers import answer
from belvedere.server.place import place_of, run_name
from belvedere.server.rows import detail_of
from belvedere.server.stopping import stopping_of


def stop(request: Request) -> Response:
    """The run, now asked to stop; 400 for one that is over, or that does not listen to us."""
    place, name = place_of(request), run_name(request)
    detail = place.library.run(name).detail
    if detail.row.state != "running":
        raise UsageError(f"run {'/'.join(name)} is {detail.row.state} already; there is nothing to stop")
    if stopping_of(place.desk, name, detail) == "no":
        raise UsageError(f"run {'/'.join(name)} does not listen to this server; end its process where it runs")
    place.desk.stopping.add(name)
    return answer(detail_of(detail, "asked"))


ROUTES = [Route("/api/runs/{project}/{id}/stop", stop, methods=["POST"])]
