"""GET /api/runs/{project}/{id}/charts/{sha256}?key=: a chart of the run, drawn from one of its logged tables.

…/media?key= of the chart lists these addresses, one for each step at which the table was logged.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.analysis.contents import table
from belvedere.core.charts import TableChart
from belvedere.core.errors import NotFound
from belvedere.core.series import Media
from belvedere.figures.charts import drawn
from belvedere.importers.wandb.charts import charts_of
from belvedere.server import arguments
from belvedere.server.answers import plain_json
from belvedere.server.place import place_of, run_name
from belvedere.store.run import Run


def chart(request: Request) -> Response:
    """One chart as a plain Plotly figure, in no theme."""
    run = place_of(request).library.run(run_name(request))
    key = arguments.text(request, "key")
    said = chart_of(run, key)
    if said is None:
        raise NotFound(f"no chart {key[:200]!r} in {run.path}; the run's `charts` lists those it has")
    return plain_json(drawn(said, table(_logged(run, said.table, request.path_params["sha256"]))))


def chart_of(run: Run, key: str) -> TableChart | None:
    """What the run said of a chart."""
    return charts_of(run.detail.foreign.get("wandb", {})).get(key)


def _logged(run: Run, key: str, sha256: str) -> Media:
    for item in reversed(run.media(key)):
        if item.sha256 == sha256:
            return Media(item.step, item.time, item.type, item.record, run.content(item))
    raise NotFound(f"no table with the content {sha256[:12]} under {key!r}; reload the page, it may have been replaced")


ROUTES = [Route("/api/runs/{project}/{id}/charts/{sha256}", chart)]
