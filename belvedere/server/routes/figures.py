"""GET …/figures: the gallery over one run; …/figures/{figure}: one of them, drawn; …/figures/{figure}.html: as a page.

Plotly is loaded on first use.
"""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server.answers import NO_STORE, answer
from belvedere.server.place import place_of, run_name
from belvedere.server.schemas import FigureInfo, FigureOption, Figures

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from belvedere.figures.render import Availability


def figures(request: Request) -> Response:
    """Every figure, and whether this run can fill it."""
    from belvedere.figures.render import available

    found = available(place_of(request).library.run(run_name(request)))
    return answer(Figures([_info(one) for one in found]))


def figure(request: Request) -> Response:
    """One figure as Plotly JSON; its options are the query's arguments."""
    from belvedere.figures.render import to_json

    return Response(to_json(_drawn(request)), 200, NO_STORE, "application/json")


def figure_page(request: Request) -> Response:
    """One figure as a self-contained page to keep."""
    from belvedere.figures.render import html

    name = f"{request.path_params['figure']}.html"
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(html(_drawn(request)), 200, headers, "text/html; charset=utf-8")


def _drawn(request: Request) -> "go.Figure":
    from belvedere.figures.render import find, render

    figure_id, options = request.path_params["figure"], dict(request.query_params)
    find(figure_id).chosen({name: choice for name, choice in options.items() if name != "theme"})
    run = place_of(request).library.run(run_name(request))
    theme = options.pop("theme", "light")
    return render(figure_id, run, theme=theme, **options)


def _info(found: "Availability") -> FigureInfo:
    from belvedere.figures.options import described

    one = found.figure
    options = [FigureOption(**told) for told in described(one.options)]  # type: ignore[arg-type]
    return FigureInfo(
        one.id, one.title, found.ready, found.reason, options, one.family, one.over, one.scene, dict(one.twin)
    )


ROUTES = [
    Route("/api/runs/{project}/{id}/figures", figures),
    Route("/api/runs/{project}/{id}/figures/{figure}.html", figure_page),
    Route("/api/runs/{project}/{id}/figures/{figure}", figure),
]
