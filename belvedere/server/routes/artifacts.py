"""HEAD and PUT …/artifacts/{md5}, POST …/artifacts: artifacts of a run that is recorded on another machine."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import UsageError
from belvedere.runlog.artifacts import contents
from belvedere.runlog.artifacts.manifests import MANIFEST_BYTES_MAX
from belvedere.runlog.artifacts.sending import Sent, received
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.server.place import place_of, run_name

MD5_DIGITS = 32


def head(request: Request) -> Response:
    """200 when a content is here, else 404."""
    return Response(status_code=200 if contents.is_here(_shelf(request).folder, _md5(request)) else 404)


async def put(request: Request) -> Response:
    """A content, streamed; refused when it is not what its name says."""
    arriving = await run_in_threadpool(contents.Arriving, _shelf(request).folder, _md5(request))
    with arriving:
        async for chunk in request.stream():
            await run_in_threadpool(arriving.write, chunk)
        await run_in_threadpool(arriving.keep)
    return Response()


async def post(request: Request) -> Response:
    """A version whose contents are here."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MANIFEST_BYTES_MAX:
            raise UsageError(f"an artifact of more than {MANIFEST_BYTES_MAX} bytes of names; make it of fewer files")
    try:
        sent = msgspec.json.decode(body, type=Sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the artifact cannot be read ({error}); send what `belvedere sync` sends") from None
    await run_in_threadpool(received, _shelf(request), sent, run_name(request)[1])
    return Response()


def _shelf(request: Request) -> Shelf:
    return place_of(request).desk.artifacts.of(run_name(request)[0])


def _md5(request: Request) -> str:
    text = str(request.path_params["md5"])
    if len(text) != MD5_DIGITS or set(text) - set("0123456789abcdef"):
        raise UsageError(f"{text[:40]!r} is no MD5; use its {MD5_DIGITS} lower-case hexadecimal digits")
    return text


ROUTES = [
    Route("/api/runs/{project}/{id}/artifacts", post, methods=["POST"]),
    Route("/api/runs/{project}/{id}/artifacts/{md5}", head, methods=["HEAD"]),
    Route("/api/runs/{project}/{id}/artifacts/{md5}", put, methods=["PUT"]),
]
