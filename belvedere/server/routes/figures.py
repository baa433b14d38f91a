"""GET …/figures: the gallery over one run; …/figures/{figure}: one of them, drawn. Plotly is loaded on first use."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server.answers import NO_STORE, answer
from belvedere.server.place import place_of, run_name
from belvedere.server.schemas import FigureInfo, Figures


def figures(request: Request) -> Response:
    """Every figure, and whether this run can fill it."""
    from belvedere.figures.render import available

    run = place_of(request).library.run(run_name(request))
    found = available(run)
    return answer(Figures([_info(figure.id, figure.title, figure.reason, figure.options) for figure in found]))


def figure(request: Request) -> Response:
    """One figure as Plotly JSON; its options are the query's arguments."""
    from belvedere.figures.render import find, render, to_json

    figure_id, options = request.path_params["figure"], dict(request.query_params)
    find(figure_id).chosen({name: choice for name, choice in options.items() if name != "theme"})
    run = place_of(request).library.run(run_name(request))
    drawn = render(figure_id, run, **options)
    return Response(to_json(drawn), 200, NO_STORE, "application/json")


def _info(id: str, title: str, reason: str, options: dict[str, tuple[str, ...]]) -> FigureInfo:
    return FigureInfo(id, title, not reason, reason, {name: list(choices) for name, choices in options.items()})


ROUTES = [
    Route("/api/runs/{project}/{id}/figures", figures),
    Route("/api/runs/{project}/{id}/figures/{figure}", figure),
]
