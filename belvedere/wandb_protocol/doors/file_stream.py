"""POST /files/{entity}/{project}/{run}/file_stream: rows, summaries, console lines, the end of a run.

The client gives up for good on most refusals and tries again on 429, so whatever may pass is 429.
"""

import logging

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.wandb_protocol.bodies import body_of, mapping_of
from belvedere.wandb_protocol.desk import Desk, RunName
from belvedere.wandb_protocol.file_stream import receive
from belvedere.wandb_protocol.guard import OurMistake, guarded
from belvedere.wandb_protocol.limits import TooLarge
from belvedere.wandb_protocol.mount import desk_of

RETRY_SECONDS = 10
CLIENT_MAX = 128  # characters
FAILURES_MAX = 3  # of one run in a row: what stays wrong must not hold up the end of a training for days

log = logging.getLogger(__name__)


async def file_stream(request: Request) -> Response:
    """One post of a running or synced run; acknowledged once all of it is in the log."""
    desk, place = desk_of(request), request.path_params
    try:
        raw = await body_of(request)
    except TooLarge as error:
        return _refused(413, error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    encoding = request.headers.get("content-encoding", "")
    client = request.headers.get("x-wandb-async-client-id", "")[:CLIENT_MAX]  # of several programs on one run
    names = place["entity"], place["project"], place["run"]
    return await run_in_threadpool(_received, desk, *names, raw, encoding, client)


def _received(
    desk: Desk, entity: str, project: str, run_id: str, raw: bytes, encoding: str, client: str
) -> Response:  # fmt: skip
    try:
        name = desk.shelves.checked_name(project, run_id)
    except UsageError as error:
        return _refused(400, error)
    try:
        body = mapping_of(raw, encoding)
    except TooLarge as error:
        return _refused(413, error)
    except UsageError as error:  # no client writes that: it was cut or bent on its way, and may come whole
        return _later(str(error)) if _may_pass(desk, name) else _refused(400, error)
    try:
        with guarded(f"a post of {'/'.join(name)}"):
            found = receive(desk, entity, name, body, client)
    except OSError as error:
        log.warning("rows of %s/%s wait: %s", *name, error)
        return _later("the server cannot write now; send it again")
    except TooLarge as error:
        return _refused(413, error)
    except BelvedereError as error:
        return _refused(400, error)
    except (OurMistake, RecursionError):
        if _may_pass(desk, name):
            return _later("the server failed on this post; send it again")
        return Response(b'{"error": "the server failed on this post; its own output says why"}', 422)
    desk.failures.pop(name, None)
    return Response(orjson.dumps(found), media_type="application/json")


def _may_pass(desk: Desk, name: RunName) -> bool:
    """Whether it is worth to try again what failed just now."""
    desk.failures[name] += 1
    return desk.failures[name] <= FAILURES_MAX


def _later(why: str) -> Response:
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Response(orjson.dumps({"error": why}), 429, headers, "application/json")


def _refused(status: int, error: BelvedereError) -> Response:
    return Response(orjson.dumps({"error": str(error)}), status, media_type="application/json")


ROUTES = [Route("/files/{entity}/{project}/{run}/file_stream", file_stream, methods=["POST"])]
