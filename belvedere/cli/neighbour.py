"""Who listens on an address already: a Belvedere, another program, or nobody."""

import json
import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from belvedere.core.errors import UsageError

PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Neighbour:
    """A Belvedere server and the folders it serves, "" when it tells them only to those who bring its token."""

    address: str
    roots: str

    def serves(self, root: Path) -> bool:
        """Whether the folder is one of its own."""
        return str(root) == self.roots or str(root) in self.roots.split(", ")


def neighbour(host: str, port: int) -> Neighbour | None:
    """None where nobody listens; UsageError where somebody else does."""
    called = "127.0.0.1" if host in ("", "0.0.0.0", "localhost") else "::1" if host == "::" else host
    try:
        socket.create_connection((called, port), PATIENCE_SECONDS).close()
    except OSError:
        return None
    address = f"http://[{called}]:{port}" if ":" in called else f"http://{called}:{port}"
    connection = HTTPConnection(called, port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/api/health")
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, HTTPException, ValueError):
        told = None
    finally:
        connection.close()
    if isinstance(told, dict) and answer.status == 200 and isinstance(told.get("root"), str):
        return Neighbour(address, told["root"])
    if isinstance(told, dict) and answer.status == 401 and "belvedere" in json.dumps(told):
        return Neighbour(address, "")
    raise UsageError(f"another program listens on {called} port {port}; pass --port {port + 1}, or --no-serve")
