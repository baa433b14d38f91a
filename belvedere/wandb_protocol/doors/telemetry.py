"""POST /sdk/otel/…: what the client measures of itself and sends to whatever server it logs to. It is dropped; refused,
it would be complaints on the screen of the training."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from belvedere.wandb_protocol.keys import TELEMETRY
from belvedere.wandb_protocol.limits import BODY_BYTES_MAX


async def drop(request: Request) -> Response:
    """An empty answer of the OpenTelemetry protocol: everything was accepted."""
    size_bytes = 0
    try:
        async for chunk in request.stream():
            size_bytes += len(chunk)
            if size_bytes > BODY_BYTES_MAX:
                return Response(status_code=413)
    except ClientDisconnect:
        pass
    return Response(b"", media_type="application/x-protobuf")


ROUTES = [Route(TELEMETRY + "{path:path}", drop, methods=["POST"])]
