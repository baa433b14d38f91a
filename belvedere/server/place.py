"""What every route works on: the library, the watcher, the desk of W&B's protocol, and what it says of itself."""

from dataclasses import dataclass

from starlette.requests import Request

from belvedere.server.library import Library, RunName
from belvedere.server.live import Live
from belvedere.wandb_protocol.desk import Desk


@dataclass(frozen=True)
class Place:
    """One server."""

    library: Library
    live: Live
    version: str
    desk: Desk
    token: str | None = None

    @property
    def has_token(self) -> bool:
        """Whether nobody gets in without a token."""
        return self.token is not None


def place_of(request: Request) -> Place:
    """The place a request came to."""
    place = request.app.state.place
    assert isinstance(place, Place)
    return place


def run_name(request: Request) -> RunName:
    """The run that the address names, checked: it can be nothing but a folder name."""
    return place_of(request).library.checked_name(request.path_params["project"], request.path_params["id"])
