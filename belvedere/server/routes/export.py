"""GET …/export: series as a CSV file, every point."""

import re

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from belvedere.server import arguments
from belvedere.server.place import place_of, run_name
from belvedere.server.table import csv_chunks, table_of


def export(request: Request) -> Response:
    """The named series (all, when none is named; patterns are allowed) as one wide table."""
    arguments.choice(request, "format", ("csv",))
    keys = arguments.texts(request, "key")
    run = place_of(request).library.run(run_name(request))
    table = table_of(run, keys)
    name = re.sub(r"[^\w.-]+", "-", "-".join([request.path_params["id"], *keys]), flags=re.ASCII)[:100]
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(csv_chunks(table), media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [Route("/api/runs/{project}/{id}/export", export)]
