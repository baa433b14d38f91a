"""GET …/series and …/vectors: numbers over steps as binary frames."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.core.query import Scale
from belvedere.core.series import Buckets
from belvedere.server import arguments
from belvedere.server.frames import CONTENT_TYPE, Exact, series_frame, vectors_frame
from belvedere.server.place import place_of, run_name
from belvedere.store.run import Run

KEYS_MAX = 256
BUCKETS_MAX = 100_000
STEPS_MAX = 1_000_000
RANK_MAX = 1 << 20


@dataclass(frozen=True)
class View:
    """Along which axis and between which bounds series are asked for."""

    x: str
    lo: float | None
    hi: float | None
    scale: Scale
    rank: int | None


def series(request: Request) -> Response:
    """Several series of one run along one x axis; a key that cannot be read says so and leaves the others alone."""
    keys = arguments.texts(request, "key")
    if not 0 < len(keys) <= KEYS_MAX:
        raise UsageError(f"{len(keys)} keys asked for; name 1 to {KEYS_MAX}, each as key=NAME")
    buckets = arguments.integer(request, "buckets", lowest=1, highest=BUCKETS_MAX)
    view = _view(request)
    float64 = arguments.choice(request, "dtype", ("f4", "f8")) == "f8"
    run = place_of(request).library.run(run_name(request))
    found = [(key, _one(run, key, buckets, view)) for key in keys]
    return Response(series_frame(found, x=view.x, float64=float64), media_type=CONTENT_TYPE)


def vectors(request: Request) -> Response:
    """One vector family."""
    family = arguments.text(request, "family")
    max_steps = arguments.integer(request, "max_steps", lowest=1, highest=STEPS_MAX) or 400
    run = place_of(request).library.run(run_name(request))
    found = run.vectors(family, rank=_rank(request))
    return Response(vectors_frame(found, max_steps=max_steps), media_type=CONTENT_TYPE)


def _one(run: Run, key: str, buckets: int | None, view: View) -> Exact | Buckets | str:
    try:
        if buckets is not None:
            return run.series(key, buckets, view.lo, view.hi, view.x, view.scale, view.rank)
        series = run.series(key, None, view.lo, view.hi, view.x, view.scale, view.rank)
        return Exact(series, run.x_values(series, view.x, view.rank))
    except BelvedereError as error:
        return str(error)


def _view(request: Request) -> View:
    lo, hi = arguments.number(request, "lo"), arguments.number(request, "hi")
    scale: Scale = "log" if arguments.choice(request, "scale", ("linear", "log")) == "log" else "linear"
    return View(arguments.text(request, "x", "step"), lo, hi, scale, _rank(request))


def _rank(request: Request) -> int | None:
    return arguments.integer(request, "rank", lowest=0, highest=RANK_MAX)


ROUTES = [Route("/api/runs/{project}/{id}/series", series), Route("/api/runs/{project}/{id}/vectors", vectors)]
