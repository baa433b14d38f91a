"""What a server adds to its own addresses to speak the protocol."""

from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.routing import Route

from belvedere.core.registry import modules
from belvedere.wandb_protocol.desk import Desk, Shelves
from belvedere.wandb_protocol.signing import kept_key


def open_desk(shelves: Shelves) -> Desk:
    """The desk of a server; its signing key is kept beside the runs."""
    return Desk(shelves, kept_key(Path(shelves.roots[0])))


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
