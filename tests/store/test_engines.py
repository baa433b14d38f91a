"""Every engine passes the conformance tests."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from belvedere.server.app import make_app
from belvedere.store.compact import compact_root
from belvedere.store.conformance import EngineConformance
from belvedere.store.engine import Engine
from belvedere.store.engines.folder import FolderEngine
from belvedere.store.engines.http import HttpEngine
from belvedere.store.engines.memory import MemoryEngine
from belvedere.store.store import open_store
from tests.ports import free_port


class TestMemoryEngine(EngineConformance):
    def engine(self, root: Path) -> Engine:
        return MemoryEngine(root)


class TestFolderEngineOverLogs(EngineConformance):
    def engine(self, root: Path) -> Engine:
        return FolderEngine(root)


class TestFolderEngineOverColumns(EngineConformance):
    def engine(self, root: Path) -> Engine:
        assert all(not done.lost for _, done in compact_root(root))
        return FolderEngine(root)


class TestHttpEngine(EngineConformance):
    @pytest.fixture(autouse=True)
    def server(self) -> Iterator[None]:
        self.servers: list[tuple[uvicorn.Server, threading.Thread]] = []
        yield
        for server, thread in self.servers:
            server.should_exit = True
            thread.join(60)

    def engine(self, root: Path) -> Engine:
        port = free_port()
        server = uvicorn.Server(uvicorn.Config(make_app(open_store(root)), port=port, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        self.servers.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        return HttpEngine(f"http://127.0.0.1:{port}/")
