"""What a server adds to its own addresses to speak the protocol."""

from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.routing import Route

from belvedere.core.registry import modules
from belvedere.runlog.layout import stops_file
from belvedere.wandb_protocol.desk import Desk, Shelves
from belvedere.wandb_protocol.signing import kept_key
from belvedere.wandb_protocol.stops import Stops


def open_desk(shelves: Shelves) -> Desk:
    """The desk of a server; its signing key, and which runs are to stop, are kept beside the runs."""
    root = Path(shelves.roots[0])
    return Desk(shelves, kept_key(root), stopping=Stops(stops_file(root)))


def routes() -> list[Route]:
    """The addresses of all `doors/`."""
    return [route for module in modules("belvedere.wandb_protocol.doors") for route in module.ROUTES]


def desk_of(connection: HTTPConnection) -> Desk:
    """The desk a request came to."""
    desk = connection.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def base_of(connection: HTTPConnection) -> str:
    """The address the client knows us by, without a slash at the end."""
    return str(connection.base_url).rstrip("/")
