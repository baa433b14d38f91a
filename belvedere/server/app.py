"""The application: a value made of a store, with no globals. `make_app(store)` is all a test or `serve` needs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from belvedere import __version__
from belvedere.core.errors import BelvedereError
from belvedere.core.registry import modules
from belvedere.server.answers import on_belvedere_error, on_crash, on_disk_error, on_http_error
from belvedere.server.auth import Gate
from belvedere.server.library import Library, shelf_of
from belvedere.server.live import Live
from belvedere.server.pages import STATIC, Pages
from belvedere.server.place import Place
from belvedere.server.upkeep import Upkeep
from belvedere.store.store import Store
from belvedere.wandb_protocol import mount


def make_app(
    store: Store, *more: Store, bound_host: str = "127.0.0.1", allowed_hosts: Iterable[str] = (),
    token: str | None = None, static: Path = STATIC,
) -> Starlette:  # fmt: skip
    """The server over one or several stores. With a `token`, nobody gets in without it."""
    library = Library([shelf_of(one) for one in (store, *more)])
    desk = mount.open_desk(library)
    place = Place(library, Live(library), __version__, desk, token)
    routes = [route for module in modules("belvedere.server.routes") for route in module.ROUTES]
    routes += mount.routes()
    pages = Route("/{path:path}", Pages(library, static).answer, methods=["GET"])
    gate = Middleware(Gate, bound_host=bound_host, allowed_hosts=tuple(allowed_hosts), token=token)
    app = Starlette(
        routes=[*routes, pages],
        middleware=[gate],
        exception_handlers={
            BelvedereError: on_belvedere_error,
            HTTPException: on_http_error,
            OSError: on_disk_error,
            Exception: on_crash,
        },
        lifespan=_lifespan,
    )
    app.state.place = place
    app.state.desk = desk
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """The watcher and the upkeep live as long as the server."""
    place: Place = app.state.place
    upkeep = Upkeep(place.library)
    loops = [asyncio.create_task(loop) for loop in (place.live.watch(), place.live.sweep())]
    upkeep.start()
    try:
        yield
    finally:
        place.live.close()
        upkeep.stop()
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
