"""A server and clients for every test; each test here drives the real client."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.wandb.real import NEWEST, Client, Server, client_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives the real client."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.wandb)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server with an empty root."""
    root = tmp_path / "runs"
    root.mkdir()
    found = Server(root, free_port())
    found.start()
    yield found
    unknown = found.unknown()
    found.stop()
    assert unknown == {}
    assert "Traceback" not in found.log()


@pytest.fixture
def client_of(server: Server, tmp_path: Path) -> Callable[[str], Client]:
    """Makes a client of a given release that talks to the server."""
    return lambda version: client_in(tmp_path / f"client-{version}", server.url, version)


@pytest.fixture
def client(client_of: Callable[[str], Client]) -> Client:
    """The newest client."""
    return client_of(NEWEST)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that many tests share, each with projects of its own."""
    root = tmp_path_factory.mktemp("shared") / "runs"
    root.mkdir()
    found = Server(root, free_port())
    found.start()
    yield found
    unknown = found.unknown()
    found.stop()
    assert unknown == {}
    assert "Traceback" not in found.log()


@pytest.fixture
def shared_client(shared: Server, tmp_path: Path) -> Client:
    """The newest client, which talks to the shared server."""
    return client_in(tmp_path / "client", shared.url)
