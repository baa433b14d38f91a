"""Asks a server whether it takes an API key."""

import base64
import json
import os
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

from belvedere.core.errors import ServerUnreachable, UsageError

TIMEOUT_SECONDS = 10.0
QUESTION = {"query": "query Viewer { viewer { id } }"}


def address_and_token(url: str) -> tuple[str, str | None]:
    """ "http://gpu:7007/?token=…", as `belvedere serve` prints it, in its two parts; else the token of
    $BELVEDERE_API_KEY."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"{url!r} is no address of a server; write it as http://127.0.0.1:7007")
    token = next(iter(parse_qs(parts.query).get("token", [])), os.environ.get("BELVEDERE_API_KEY"))
    return f"{parts.scheme}://{parts.netloc}", token or None


def check(address: str, key: str) -> None:
    """UsageError when the server does not take the key, ServerUnreachable when it does not answer as one of ours."""
    credentials = base64.b64encode(f"api:{key}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/graphql", json.dumps(QUESTION).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            told = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 401:
                raise ServerUnreachable(f"the server answered {error.code}; is it a Belvedere? {address}") from error
        raise UsageError(
            f"the server at {address} does not take the key; pass its access token with --token, or the whole address "
            "that `belvedere serve` printed"
        ) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ServerUnreachable(f"no answer ({reason}); is `belvedere serve` running there? {address}") from error
    if not isinstance(told, dict) or not told.get("data"):
        raise ServerUnreachable(f"the server does not speak the protocol of wandb; is it a Belvedere? {address}")
