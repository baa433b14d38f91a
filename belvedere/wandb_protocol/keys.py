"""Keys of the client: what a well-formed one is, and the one that belongs to an access token.

Well-formed: everything behind the first "-" (the whole key where there is none) is at least 40 letters, digits, "_" and
"-"; or three parts joined by dots, as identity tokens are.
"""

import base64
import binascii
import hashlib
import hmac
import re

TELEMETRY = "/sdk/otel/"  # a door that wants no key: what comes is dropped
KEY_DIGITS = 40
PLAIN = re.compile(r"[A-Za-z0-9_-]{40,}")
IDENTITY_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
KEY_CHARACTERS_MAX = 8192
USER = "api"
HOW_TO = "set WANDB_API_KEY to what `belvedere key` prints"
HOW_TO_WITH_TOKEN = "set WANDB_API_KEY to what `belvedere key --token TOKEN` prints"


def key_of(token: str | None) -> str:
    """The key that stands for an access token, 40 hexadecimal digits: whoever has the one can make the other. Without a
    token the server asks for none, and the key is always the same."""
    return hmac.new((token or "").encode(), b"belvedere wandb key", hashlib.sha256).hexdigest()[:KEY_DIGITS]


def is_well_formed(key: str) -> bool:
    """Whether the client would send such a key."""
    if len(key) > KEY_CHARACTERS_MAX:
        return False
    _, dash, behind = key.partition("-")
    return bool(PLAIN.fullmatch(behind if dash else key) or IDENTITY_TOKEN.fullmatch(key))


def key_in(authorization: str) -> str | None:
    """The key in a header "Basic base64(api:KEY)" or "Bearer KEY"; None when there is none."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, key = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return key if colon and user == USER else None


def why_refused(authorization: str, token: str | None) -> str | None:
    """What is wrong with the key of a request, None when it may pass."""
    key, how_to = key_in(authorization), HOW_TO if token is None else HOW_TO_WITH_TOKEN
    if key is None:
        return f"this Belvedere server got no API key; {how_to}"
    if token is not None:
        fits = hmac.compare_digest(key.encode("utf-8", "replace"), key_of(token).encode())
        return None if fits else f"the API key is not this Belvedere server's; {how_to}"
    return None if is_well_formed(key) else f"an API key of {len(key)} characters is not well-formed; {how_to}"
