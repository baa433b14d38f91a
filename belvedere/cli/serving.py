"""What `serve` and `demo` share: folders, an address with its token where one is needed, the application."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from belvedere.server.app import make_app
from belvedere.server.auth import is_loopback, new_token
from belvedere.server.serving import Listening, listen, serve
from belvedere.store.store import open_store


@dataclass(frozen=True)
class Plan:
    """A server that has its address and only needs to be run."""

    app: Starlette
    listening: Listening
    address: str


def plan(
    roots: Sequence[Path], *, host: str, port: int, allowed_hosts: Sequence[str] = (), token: str | None = None
) -> Plan:  # fmt: skip
    """Bind before anything is started: a port that is taken is said first."""
    stores = [open_store(root) for root in roots]
    listening = listen(host, port)
    token = token or (None if is_loopback(host) else new_token())
    app = make_app(*stores, bound_host=host, allowed_hosts=allowed_hosts, token=token)
    return Plan(app, listening, listening.url + (f"/?token={token}" if token else ""))


def serve_plan(ready: Plan, *, on_ready: Callable[[Callable[[], None]], None]) -> None:
    """Serve until interrupted or until the `stop` handed to `on_ready` is called."""
    serve(ready.app, ready.listening, on_ready=on_ready)
