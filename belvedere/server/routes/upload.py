"""GET …/log and PUT …/log/{writer}/{segment}: the log of a run that is recorded on another machine, by byte offset."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import UsageError
from belvedere.server import arguments, receive
from belvedere.server.answers import answer, refusal
from belvedere.server.library import Library, RunName
from belvedere.server.place import place_of, run_name
from belvedere.server.schemas import Committed, CommittedBytes

OFFSET_MAX = 1 << 50


def committed(request: Request) -> Response:
    """How much of each segment is here: where a sender goes on."""
    return answer(Committed(receive.committed(place_of(request).library.folder(run_name(request)))))


async def put(request: Request) -> Response:
    """One piece of one segment; 409 with our size when it does not fit."""
    offset = arguments.integer(request, "offset", lowest=0, highest=OFFSET_MAX)
    if offset is None:
        raise UsageError("no offset given; say where the piece begins with ?offset=BYTES")
    crc = _crc(request.headers.get("x-crc32c"))
    parts = []
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > receive.PIECE_BYTES_MAX:
            return refusal(413, f"a piece of more than {receive.PIECE_BYTES_MAX} bytes", "send it in smaller pieces")
        parts.append(chunk)
    library, name = place_of(request).library, run_name(request)
    where = request.path_params["writer"], request.path_params["segment"]
    try:
        size = await run_in_threadpool(_append, library, name, where, offset, b"".join(parts), crc)
    except receive.WrongOffset as wrong:
        return answer(CommittedBytes(wrong.committed), 409)
    return answer(CommittedBytes(size))


def _append(library: Library, name: RunName, where: tuple[str, str], offset: int, piece: bytes, crc: int | None) -> int:
    with library.lock(name):
        return receive.append(library.folder(name), *where, offset=offset, piece=piece, crc=crc)


def _crc(text: str | None) -> int | None:
    """The header X-Crc32c: decimal, or hexadecimal with 0x."""
    if text is None:
        return None
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"X-Crc32c: {text[:40]!r} is no number; send the CRC-32C of the piece") from None


ROUTES = [
    Route("/api/runs/{project}/{id}/log", committed, methods=["GET"]),
    Route("/api/runs/{project}/{id}/log/{writer}/{segment}", put, methods=["PUT"]),
]
