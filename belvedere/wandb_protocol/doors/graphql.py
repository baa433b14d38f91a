"""POST /graphql: every question of the client but rows and files. Always 200: what fails says so in `errors`."""

from collections.abc import Mapping

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.wandb_protocol.bodies import body_of, mapping_of
from belvedere.wandb_protocol.graphql import Request, answered, refused
from belvedere.wandb_protocol.mount import base_of, desk_of

HEADERS = {"Cache-Control": "no-store"}


async def graphql(request: HttpRequest) -> Response:
    """One operation."""
    desk, base = desk_of(request), base_of(request)
    try:
        raw = await body_of(request)
        asked = _request(mapping_of(raw, request.headers.get("content-encoding", "")))
    except BelvedereError as error:
        return _json(refused(str(error)))
    return _json(await run_in_threadpool(answered, desk, base, asked))


def _request(body: Mapping[str, object]) -> Request:
    text, variables, operation = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(text, str) or not text.strip():
        raise UsageError("the body holds no query; send {'query': '…', 'variables': {…}}")
    if not isinstance(variables, Mapping | None):
        raise UsageError(f"variables are a {type(variables).__name__}; send an object")
    return Request(text, variables or {}, operation if isinstance(operation, str) and operation else None)


def _json(value: dict[str, object]) -> Response:
    try:
        body = orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    except (TypeError, ValueError):  # whole numbers beyond 64 bits, halves of surrogate pairs
        body = _dumps_patiently(value)
    return Response(body, 200, HEADERS, "application/json")


def _dumps_patiently(value: dict[str, object]) -> bytes:
    import json

    return json.dumps(value, ensure_ascii=True).encode()


ROUTES = [Route("/graphql", graphql, methods=["POST"])]
