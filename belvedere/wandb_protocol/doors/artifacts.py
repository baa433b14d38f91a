"""PUT and GET /signed/artifacts/{signature}/{project}/{md5}[/{name}]: contents of artifacts, under their md5.

GET /artifactsV2/{region}/{entity}/{project}/{collection}/{birth}/{md5}/{name} is where the client looks by itself.
"""

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.runlog.artifacts.contents import Arriving
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.wandb_protocol.mount import desk_of
from belvedere.wandb_protocol.signing import SIGNED, is_signed

RETRY_SECONDS = 10
HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


async def upload(request: Request) -> Response:
    """Take a content; 200 once all of it is here and is what was announced."""
    place = request.path_params
    if not is_signed(desk_of(request).key, place["signature"], "artifact upload", place["project"], place["md5"]):
        return _refused(403, "this upload address is not one of ours; log the artifact again")
    try:
        shelf = desk_of(request).artifacts.of(place["project"])
        arriving = await run_in_threadpool(Arriving, shelf.folder, place["md5"])
        with arriving:
            async for chunk in request.stream():
                await run_in_threadpool(arriving.write, chunk)
            await run_in_threadpool(arriving.keep)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except UsageError as error:
        return _refused(422, str(error))
    except OSError as error:
        why = f"the server cannot write now ({error.strerror}); send it again"
        return _refused(429, why, {"Retry-After": str(RETRY_SECONDS)})
    return Response()


async def download(request: Request) -> Response:
    """A content, with HTTP Range."""
    place = request.path_params
    if not is_signed(desk_of(request).key, place["signature"], "artifact content", place["project"], place["md5"]):
        return _refused(403, "this address is not one of ours; ask for the artifact again")
    return _content(desk_of(request).artifacts.of(place["project"]), place["md5"])


async def download_by_digest(request: Request) -> Response:
    """A content by the md5 in a manifest; the gate asked for a key."""
    _, md5, _ = (request.path_params["rest"] + "//").split("/", 2)  # a name may hold slashes
    try:
        return _content(desk_of(request).artifacts.of(request.path_params["project"]), md5)
    except BelvedereError as error:
        return _refused(404, str(error))


def _content(shelf: Shelf, md5: str) -> Response:
    path = shelf.folder.artifact_content(md5)
    if len(md5) != 32 or not md5.isalnum() or not path.is_file():
        return _refused(
            404, f"no content with md5 {md5[:40]!r} in {shelf.project!r}; its artifact may have been deleted"
        )
    return FileResponse(path, headers=HEADERS, media_type="application/octet-stream")


def _refused(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps({"error": why}), status, headers, "application/json")


ROUTES = [
    Route(SIGNED + "artifacts/{signature}/{project}/{md5}", upload, methods=["PUT"]),
    Route(SIGNED + "artifacts/{signature}/{project}/{md5}/{name}", download, methods=["GET"]),
    Route("/artifactsV2/{region}/{entity}/{project}/{collection}/{rest:path}", download_by_digest, methods=["GET"]),
]
