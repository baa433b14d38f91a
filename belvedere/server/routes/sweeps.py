"""GET /api/projects/{project}/sweeps, …/{id}, …/{id}/figures/{figure}; POST …/{id}/state?to=paused.

Plotly is loaded on first use.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import UsageError
from belvedere.server import arguments
from belvedere.server.answers import NO_STORE, answer
from belvedere.server.place import place_of
from belvedere.server.sweep_schemas import Sweeps
from belvedere.server.sweeps import Searched, change_state, detail_of, row_of, runs_of, searched
from belvedere.wandb_protocol.sweeps.records import STATES

COMPARED_MAX = 500  # runs in one figure, the newest
ONES = "/api/projects/{project}/sweeps/{id}"


def sweeps(request: Request) -> Response:
    """The sweeps of a project."""
    found = place_of(request).desk.sweeps.sweeps(request.path_params["project"])
    return answer(Sweeps([row_of(one) for one in found]))


def sweep(request: Request) -> Response:
    """One sweep."""
    place = place_of(request)
    return answer(detail_of(place.desk, place.library, _searched(request)))


def state(request: Request) -> Response:
    """The sweep, now in the state it was asked to take."""
    wanted = arguments.choice(request, "to", tuple(one.lower() for one in STATES))
    change_state(place_of(request).desk, request.path_params["project"], request.path_params["id"], wanted.upper())
    return sweep(request)


def figure(request: Request) -> Response:
    """A comparison of the gallery over the runs of the sweep, as Plotly JSON; its options are the query's arguments."""
    from belvedere.figures.render import find, render, to_json

    figure_id, options = request.path_params["figure"], dict(request.query_params)
    theme = options.pop("theme", "light")
    found = find(figure_id)
    found.chosen(options)
    if found.over != "runs":
        raise UsageError(f"figure {figure_id} draws one run; ask for it on the page of a run")
    runs = runs_of(place_of(request).library, _searched(request))
    if not runs:
        raise UsageError("no run of this sweep has begun; start one with `wandb agent`")
    return Response(
        to_json(render(figure_id, runs[-COMPARED_MAX:], theme=theme, **options)), 200, NO_STORE, "application/json"
    )


def _searched(request: Request) -> Searched:
    place = place_of(request)
    return searched(place.desk, place.library, request.path_params["project"], request.path_params["id"])


ROUTES = [
    Route("/api/projects/{project}/sweeps", sweeps),
    Route(ONES, sweep),
    Route(f"{ONES}/state", state, methods=["POST"]),
    Route(f"{ONES}/figures/{{figure}}", figure),
]
