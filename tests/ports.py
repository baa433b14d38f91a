"""A port for a server that must know it beforehand, or that starts on it a second time."""

import random
import socket

PORTS = range(10_000, 32_000)  # below those that the kernel hands out to connections, which come and go all the time


def free_port() -> int:
    """A loopback port that nobody listens on, and that nobody is given by chance before the server takes it."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            # A thread that forks just now keeps the probe open for a moment; so the server may bind all the same.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
