"""Who may talk to the server. Three doors, checked for every request before anything else happens.

Host    only names that are ours: a page of another site cannot reach us through a name it points at 127.0.0.1
Origin  whoever changes something must come from our own page or from no page at all
token   asked for whenever the server listens to more than this machine: a header, or a cookie set by /?token=…

The doors of the W&B client ask for its key instead, which stands for the token; a signed address asks for neither.
"""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from belvedere.server.answers import refusal
from belvedere.wandb_protocol.keys import TELEMETRY, why_refused
from belvedere.wandb_protocol.signing import SIGNED

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEYED = ("/graphql", "/files/", "/artifactsV2/")  # where the W&B client knocks, with its key
COOKIE = "belvedere_token"
COOKIE_DAYS = 30
NO_TOKEN = "this server needs its access token"
HOW_TO_TOKEN = (
    "open the address that `belvedere serve` printed (it ends in ?token=…), or send 'Authorization: Bearer TOKEN'"
)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """An access token nobody guesses: 192 random bits."""
    return secrets.token_urlsafe(24)


class Gate:
    """ASGI middleware: lets through what may pass, answers the rest."""

    def __init__(self, app: ASGIApp, *, bound_host: str, allowed_hosts: Iterable[str], token: str | None) -> None:
        self.app, self.token = app, token
        self.names = {*LOOPBACK, bound_host.lower(), *(name.lower() for name in allowed_hosts)}
        self.is_wildcard = bound_host in ("", "0.0.0.0", "::")
        if self.is_wildcard:
            self.names.add(socket.gethostname().lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = self.refused(scope)
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, _guarded(send))

    def refused(self, scope: Scope) -> Response | None:
        """The answer to a request that may not pass, else None."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.knows(host):
            return refusal(
                403, f"the host name {host!r} is not one of this server's",
                "open it as 127.0.0.1 or localhost, or start it with --allow-host NAME",
            )  # fmt: skip
        if scope["method"] not in READING and not _comes_from_us(headers, host):
            return refusal(403, "a page of another site tried to change something", "use Belvedere's own page")
        path = scope["path"]
        if path.startswith((SIGNED, TELEMETRY)):
            return None  # the one checks a signature, the other drops what comes
        if path.startswith(KEYED):
            return self.asks_for_key(scope, headers)
        return self.asks_for_token(scope, headers) if self.token else None

    def knows(self, host_header: str) -> bool:
        """Whether a Host header names this server; bound to all addresses, any number does, as no name can lie."""
        name = host_name(host_header)
        if name in self.names:
            return True
        return self.is_wildcard and _is_numeric(name)

    def asks_for_key(self, scope: Scope, headers: Headers) -> Response | None:
        """None for whoever brings a key, or the token; without a token, also for whoever only reads a file."""
        authorization = headers.get("authorization", "")
        if self.token is None and scope["method"] in READING and not authorization:
            return None
        if self.token is not None and self.brings_token(scope, headers):
            return None
        reason = why_refused(authorization, self.token)
        if reason is None:
            return None
        what, _, next_step = reason.partition("; ")
        body = {"error": what, "next": next_step, "errors": [{"message": reason}]}  # for us, and as GraphQL says it
        return JSONResponse(body, 401, {"WWW-Authenticate": "Basic", "Cache-Control": "no-store"})

    def brings_token(self, scope: Scope, headers: Headers) -> bool:
        """Whether the token is in a header or a cookie."""
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(bearer.strip()):
            return True
        return self.is_token(_cookie(headers.get("cookie", ""), _cookie_name(scope)))

    def asks_for_token(self, scope: Scope, headers: Headers) -> Response | None:
        """None for whoever brings the token."""
        if self.brings_token(scope, headers):
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        path = scope["path"]
        if scope["method"] == "GET" and not path.startswith("/api/") and self.is_token(query.pop("token", [""])[0]):
            rest = urlencode(query, doseq=True)
            answer = RedirectResponse(_local_path(path) + (f"?{rest}" if rest else ""), 303)
            cookie = _cookie_name(scope)
            answer.set_cookie(cookie, self.token or "", max_age=COOKIE_DAYS * 86400, httponly=True, samesite="lax")
            return answer
        if path.startswith("/api/"):
            return refusal(401, NO_TOKEN, HOW_TO_TOKEN, {"WWW-Authenticate": "Bearer"})
        return PlainTextResponse(f"{NO_TOKEN}; {HOW_TO_TOKEN}\n", 401)

    def is_token(self, text: str) -> bool:
        """Compared in constant time."""
        return bool(self.token) and hmac.compare_digest(text.encode("utf-8", "replace"), (self.token or "").encode())


def host_name(host_header: str) -> str:
    """The name in a Host header, without port and brackets, lower case; "" when it is none."""
    if any(mark in host_header for mark in "/?#@\\ "):
        return ""
    try:
        return (urlsplit(f"//{host_header}").hostname or "").lower()
    except ValueError:
        return ""


def _is_numeric(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _comes_from_us(headers: Headers, host: str) -> bool:
    """Browsers say where a request comes from; programs say nothing, and hold no cookies of ours."""
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()


def _cookie_name(scope: Scope) -> str:
    """Cookies do not know ports: two servers of one machine need two names."""
    server = scope.get("server")
    return f"{COOKIE}_{server[1]}" if server else COOKIE


def _cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _local_path(path: str) -> str:
    """Never "//elsewhere", which a browser would take for another site."""
    return "/" + path.lstrip("/\\")


def _guarded(send: Send) -> Send:
    """Adds what every answer says to a browser: believe the content type, tell nobody the address."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
            message["headers"] = [*message.get("headers", ()), *extra]
        await send(message)

    return with_headers
