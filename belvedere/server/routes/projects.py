"""GET /api/projects: the folders of runs."""

from collections import defaultdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.server import arguments
from belvedere.server.answers import answer
from belvedere.server.place import place_of
from belvedere.server.schemas import Project
from belvedere.store.records import RunRow


def projects(request: Request) -> Response:
    """Every project, the one with the newest news first."""
    grouped: defaultdict[str, list[RunRow]] = defaultdict(list)
    for row in place_of(request).library.rows(patience_secs=arguments.patience_secs(request)):
        grouped[row.project].append(row)
    found = [_project(name, rows) for name, rows in grouped.items()]
    return answer(sorted(found, key=lambda project: project.updated, reverse=True))


def _project(name: str, rows: list[RunRow]) -> Project:
    running = sum(row.state == "running" for row in rows)
    return Project(name, len(rows), running, max(row.updated for row in rows))


ROUTES = [Route("/api/projects", projects)]
