"""Runs the application on a socket: address known before the first request, gone within two seconds after Ctrl-C."""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import uvicorn
from starlette.applications import Starlette

from belvedere.core.errors import UsageError
from belvedere.server.place import Place

GRACE_SECONDS = 1  # for requests under way; event streams are ended at once
THREADS = 8  # requests that read the disk at the same time
BACKLOG = 512
FILES_MAX = 65_536
OnReady: TypeAlias = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Listening:
    """A bound socket and the address that reaches it."""

    socket: socket.socket
    host: str
    port: int

    @property
    def url(self) -> str:
        """What to open in a browser on this machine, or on another one when bound to all addresses."""
        host = socket.gethostname() if self.host in ("", "0.0.0.0", "::") else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def listen(host: str, port: int) -> Listening:
    """Bind; UsageError with the next step when the port is taken or the address not ours. Port 0 takes a free one."""
    bound: socket.socket | None = None
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        # asyncio switches Nagle's delay (40 ms for a small answer) off only where the protocol is named
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        if bound is not None:
            bound.close()
        raise UsageError(_why_not(error, host, port)) from error
    return Listening(bound, host, bound.getsockname()[1])


def serve(app: Starlette, listening: Listening, *, on_ready: OnReady) -> None:
    """Serve until SIGINT or SIGTERM, which then take their usual effect (KeyboardInterrupt, the end).

    `on_ready` is called once requests are answered, with a function that ends the server from any thread."""
    _allow_many_files()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", ws="none", server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS, timeout_keep_alive=30,
    )  # fmt: skip
    server = _Server(config, app, on_ready)
    asyncio.run(server.serve(sockets=[listening.socket]))


class _Server(uvicorn.Server):
    """uvicorn's server, which would wait for event streams that never end by themselves."""

    def __init__(self, config: uvicorn.Config, app: Starlette, on_ready: OnReady) -> None:
        super().__init__(config)
        self._place: Place = app.state.place
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _limit_threads()
            self._on_ready(self._stop)

    def _stop(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._place.live.close()
        await super().shutdown(sockets)


def _allow_many_files() -> None:
    """As many as this user may have, within reason: a connection, a run that is logged, an upload hold one each."""
    try:
        import resource
    except ImportError:  # Windows counts otherwise
        return
    soft, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if highest == resource.RLIM_INFINITY else min(FILES_MAX, highest)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, highest))


def _limit_threads() -> None:
    import anyio.to_thread

    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host or 'this machine'} is in use; stop what listens there or pass --port {port + 1}"
    if error.errno == errno.EACCES:
        return f"port {port} needs rights this user has not; pass --port with a number above 1023"
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"cannot listen on {host!r} ({reason}); pass --host with an address of this machine"
