"""PUT /signed/files/…: the content of one file of one run. GET /files/…/{path}: the content again, with Range."""

import errno
import logging
from pathlib import Path

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from belvedere.core.errors import BelvedereError, NotFound
from belvedere.importers.wandb.values import suffix_of
from belvedere.runlog.spool import Spool
from belvedere.wandb_protocol import run_files
from belvedere.wandb_protocol.artifacts import tables
from belvedere.wandb_protocol.desk import Desk, RunName
from belvedere.wandb_protocol.guard import OurMistake, guarded
from belvedere.wandb_protocol.mount import desk_of
from belvedere.wandb_protocol.signing import SIGNED, is_signed

FILE_BYTES_MAX = 64 << 30
RETRY_SECONDS = 10
# A file is offered as a download: what a run uploaded must not act in a browser as a page of ours.
HEADERS = {"Content-Security-Policy": "sandbox", "Cache-Control": "private, no-cache"}

log = logging.getLogger(__name__)


async def put(request: Request) -> Response:
    """Take a file; a second PUT to the same address replaces it."""
    desk = desk_of(request)
    given, path = request.path_params["signature"], request.path_params["path"]
    name = request.path_params["project"], request.path_params["run"]
    if not is_signed(desk.key, given, run_files.PURPOSE, *name, path):
        return _refused(403, "the address is not signed for this file; ask for a new one")
    try:
        name = desk.shelves.checked_name(*name)
        run_files.checked_path(path)
        await run_in_threadpool(_checked_run, desk, name)
        await _spooled(request, desk, name, path)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except NotFound as error:
        return _refused(404, str(error))
    except BelvedereError as error:
        return _refused(400, str(error))
    except OSError as error:
        return _no_disk(error, name)
    except OurMistake as kind:
        return _refused(422, f"the server failed on this file ({kind}); its own output says why")
    return Response()


def get(request: Request) -> Response:
    """One file of a run."""
    place, desk = request.path_params, desk_of(request)
    try:
        name = desk.shelves.checked_name(place["project"], place["run"])
        found = run_files.content_of(desk, name, place["path"])
    except BelvedereError as error:
        return _refused(404, str(error))
    base = Path(place["path"]).name
    headers = {**HEADERS, "ETag": f'"{found.name}"'}
    return FileResponse(found, media_type=run_files.mime_type(base), headers=headers, filename=base)


async def _spooled(request: Request, desk: Desk, name: RunName, path: str) -> None:
    spool = await run_in_threadpool(Spool, desk.shelves.folder(name))
    try:
        async for chunk in request.stream():
            if spool.size_bytes + len(chunk) > FILE_BYTES_MAX:
                raise OSError(errno.EFBIG, "the file is too large")
            await run_in_threadpool(spool.write, chunk)
        await run_in_threadpool(_kept, desk, name, path, spool)
    finally:
        spool.discard()


def _kept(desk: Desk, name: RunName, path: str, spool: Spool) -> None:
    with guarded(f"an upload to {'/'.join(name)}"):
        run_files.keep_saved(desk, name, path, spool.keep(suffix_of(path)))
        tables.mend(desk, name, path)


def _checked_run(desk: Desk, name: RunName) -> None:
    """NotFound when the run was deleted since the address was handed out."""
    desk.shelves.run(name)


def _no_disk(error: OSError, name: RunName) -> Response:
    if error.errno == errno.EFBIG:
        return _refused(413, f"a file of more than {FILE_BYTES_MAX} bytes refused; keep it elsewhere")
    log.warning("a file of %s/%s waits: %s", *name, error)
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Response(b'{"error": "the server cannot write now; send it again"}', 429, headers, "application/json")


def _refused(status: int, why: str) -> Response:
    return Response(orjson.dumps({"error": why}), status, media_type="application/json")


ROUTES = [
    Route(SIGNED + "files/{signature}/{project}/{run}/{path:path}", put, methods=["PUT"]),
    Route("/files/{entity}/{project}/{run}/{path:path}", get, methods=["GET"]),
]
