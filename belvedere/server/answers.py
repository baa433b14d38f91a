"""How the server answers: JSON, and every error as {"error", "next"} with the status that belongs to it.

UsageError 400 · NotFound 404 · DamagedLog, UnknownFormat 409 · the upstream server does not answer 502
"""

import errno
import math
from collections.abc import Mapping

import msgspec
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from belvedere.core.errors import BelvedereError, DamagedLog, NotFound, ServerUnreachable, UnknownFormat, UsageError
from belvedere.server.place import place_of
from belvedere.server.schemas import Refusal
from belvedere.wandb_protocol.graphql import count_unknown

STATUS: tuple[tuple[type[BelvedereError], int], ...] = (
    (UsageError, 400),
    (NotFound, 404),
    (DamagedLog, 409),
    (UnknownFormat, 409),
    (ServerUnreachable, 502),
)
PATH_MAX = 120  # characters of an address that is not there
NO_STORE: Mapping[str, str] = {"Cache-Control": "no-store"}


def answer(value: object, status: int = 200) -> Response:
    """A Struct of `schemas.py` as JSON."""
    return Response(msgspec.json.encode(value), status, NO_STORE, "application/json")


def plain_json(value: object) -> Response:
    """Plain dicts, lists and numpy arrays as JSON; what is not finite becomes null."""
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    return Response(body, 200, NO_STORE, "application/json")


def refusal(status: int, error: str, next_step: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the form every client understands."""
    body = msgspec.json.encode(Refusal(error, next_step))
    return Response(body, status, {**NO_STORE, **(headers or {})}, "application/json")


def in_words(error: BelvedereError) -> Refusal:
    """Our messages are "what happened; what to do"."""
    what, _, next_step = str(error).partition("; ")
    return Refusal(what, next_step or "mend the request; docs/server.md tells what each address takes")


def status_of(error: BelvedereError) -> int:
    """The HTTP status of one of our errors."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


async def on_belvedere_error(request: Request, error: Exception) -> Response:
    """Starlette's handler for what the store and the figures raise."""
    assert isinstance(error, BelvedereError)
    words = in_words(error)
    return refusal(status_of(error), words.error, words.next)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such route, a method that is not there. What comes with a key comes from a client of
    W&B, and is counted."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code in (404, 405) and request.headers.get("authorization", "").startswith("Basic "):
        count_unknown(place_of(request).desk, f"{request.method} {path[:PATH_MAX]}")
    return refusal(
        error.status_code, f"{error.detail}: {request.method} {path}", "see docs/server.md for the addresses"
    )


async def on_disk_error(request: Request, error: Exception) -> Response:
    """The disk: full (507), or not readable or writable for this user."""
    assert isinstance(error, OSError)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return refusal(507, "the server's disk is full", "make room there and send it again; nothing was lost")
    if isinstance(error, FileNotFoundError):
        return refusal(404, "a file of the run is gone", "reload the page; the run was changed or deleted")
    return refusal(500, f"the server cannot use its disk ({error.strerror})", "look at the rights of its folder")


async def on_crash(request: Request, error: Exception) -> Response:
    """A mistake of ours; the traceback goes to the log of the server."""
    return refusal(500, f"the server failed: {type(error).__name__}", "look at the server's own output and report it")


def jsonable(value: object) -> object:
    """`value` with what JSON cannot hold put into words: NaN, Infinity, -Infinity, and any unknown object as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else _NOT_FINITE[str(value)]
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return jsonable(value.tolist())
    return str(value)


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
