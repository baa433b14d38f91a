"""Request bodies, read under a limit."""

import json
from collections.abc import Mapping

import orjson
from starlette.requests import Request

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.limits import BODY_BYTES_MAX, TooLarge, inflated


async def body_of(request: Request) -> bytes:
    """The raw body; TooLarge as soon as it is."""
    parts, size_bytes = [], 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > BODY_BYTES_MAX:
            raise TooLarge(f"a body of more than {BODY_BYTES_MAX} bytes refused; send it in smaller pieces")
        parts.append(chunk)
    return b"".join(parts)


def mapping_of(raw: bytes, encoding: str = "") -> Mapping[str, object]:
    """A JSON object, unpacked when `encoding` is "gzip"; UsageError when it is none. Bare NaN may stand in it."""
    if encoding.strip().lower() in ("gzip", "x-gzip"):
        raw = inflated(raw)
    if not raw.strip():
        return {}
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        found = _patiently(raw)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UsageError(f"the body is a JSON {type(found).__name__}; send an object")
    return found


def _patiently(raw: bytes) -> object:
    """JSON as Python writes it: with NaN and Infinity, and with lone surrogates. A byte that is no UTF-8 costs the one
    character, not all that was sent with it."""
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is no JSON ({error}); send it again as UTF-8 JSON") from None
