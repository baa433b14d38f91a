"""GET …/media: the rich values of one key; GET and PUT …/files/{name}: the files they name by their hash."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import NotFound, UsageError
from belvedere.runlog.spool import Spool
from belvedere.server import arguments
from belvedere.server.answers import answer, jsonable, refusal
from belvedere.server.media import file_answer
from belvedere.server.place import place_of, run_name
from belvedere.server.receive import existing_file, keep_file, split_name
from belvedere.server.routes.charts import chart_of
from belvedere.server.schemas import CommittedBytes, MediaItem, MediaItems
from belvedere.store.records import MediaItem as Stored

FILE_BYTES_MAX = 64 << 30


def media(request: Request) -> Response:
    """All values of a media key, by step; those of a chart are the charts of all its tables."""
    key = arguments.text(request, "key")
    if not key:
        raise UsageError("no key given; name one as key=NAME, …/keys lists them")
    project, run_id = run_name(request)
    address = f"/api/runs/{quote(project)}/{quote(run_id)}/"
    run = place_of(request).library.run((project, run_id))
    try:
        items = [_item(item, f"{address}files/") for item in run.media(key)]
    except NotFound:
        chart = chart_of(run, key)
        if chart is None:
            raise
        items = [_charted(item, key, address) for item in run.media(chart.table)]
    return answer(MediaItems(items))


def file(request: Request) -> Response:
    """One kept file, with Range."""
    folder = place_of(request).library.folder(run_name(request))
    return file_answer(existing_file(folder, request.path_params["name"]))


async def put_file(request: Request) -> Response:
    """Take a kept file of a run that is recorded elsewhere; sending it twice changes nothing."""
    place, name = place_of(request), run_name(request)
    sha256, suffix = split_name(request.path_params["name"])
    folder = place.library.folder(name)
    spool, size_bytes = await run_in_threadpool(Spool, folder), 0
    try:
        async for chunk in request.stream():
            size_bytes += len(chunk)
            if size_bytes > FILE_BYTES_MAX:
                return refusal(413, f"the file is larger than {FILE_BYTES_MAX} bytes", "keep it elsewhere")
            await run_in_threadpool(spool.write, chunk)
        if await run_in_threadpool(spool.close) != sha256:
            raise UsageError("the content does not have the SHA-256 that its name says; send it again")
        await run_in_threadpool(keep_file, folder, sha256, suffix, spool.path)
    finally:
        spool.discard()
    return answer(CommittedBytes(size_bytes))


def _item(item: Stored, address: str) -> MediaItem:
    record = jsonable(item.record)
    assert isinstance(record, dict)
    url = f"{address}{item.path.name}" if item.path is not None and item.path.is_file() else None
    return MediaItem(item.step, item.time, item.type, url, record)


def _charted(table: Stored, key: str, address: str) -> MediaItem:
    """The chart of one table; `record` is the table's."""
    item = _item(table, "")
    url = f"{address}charts/{table.sha256}?key={quote(key, safe='')}" if item.url is not None else None
    return MediaItem(item.step, item.time, "chart", url, item.record)


ROUTES = [
    Route("/api/runs/{project}/{id}/media", media),
    Route("/api/runs/{project}/{id}/files/{name}", file, methods=["GET"]),
    Route("/api/runs/{project}/{id}/files/{name}", put_file, methods=["PUT"]),
]
