"""A file from a server of our own: it comes whole, goes on where it was cut off, and only the right one is kept."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes.corpora.download import downloaded

CONTENT = bytes(range(256)) * 40
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """/whole knows no ranges, /cut ends in the middle, /file does as it should."""

    ranges: list[str | None]

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.ranges.append(asked)
        first = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.path != "/whole" else 0
        if self.path == "/none" or first >= len(CONTENT):
            self.send_error(404 if self.path == "/none" else 416)
            return
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(CONTENT) - first))
        self.end_headers()
        self.wfile.write(CONTENT[first:] if self.path != "/cut" else CONTENT[:1000])

    def log_message(self, *_: object) -> None:
        """Nothing to be said."""


@pytest.fixture
def address() -> Iterator[str]:
    Server.ranges = []
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_comes_once_and_lies_there_from_then_on(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = downloaded(f"{address}/file", tmp_path / "new", sha256=CHECKSUM)
    assert downloaded(f"{address}/file", tmp_path / "new", sha256=CHECKSUM) == path
    assert path.read_bytes() == CONTENT
    assert Server.ranges == [None]
    assert capsys.readouterr().out == f"fetching {address}/file\nkept as {path}\n"


@pytest.mark.parametrize(("name", "size"), [("file", 1234), ("whole", 1234), ("file", len(CONTENT))])
def test_what_was_cut_off_goes_on_where_it_stopped(address: str, tmp_path: Path, name: str, size: int) -> None:
    (tmp_path / f"{name}.part").write_bytes(CONTENT[:size])
    assert downloaded(f"{address}/{name}", tmp_path, sha256=CHECKSUM).read_bytes() == CONTENT
    assert Server.ranges == [f"bytes={size}-"]
    assert not list(tmp_path.glob("*.part"))


def test_a_cut_connection_is_an_error_and_keeps_what_came(address: str, tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match=r"/cut could not be fetched .*; try again to go on"):
        downloaded(f"{address}/cut", tmp_path)
    assert (tmp_path / "cut.part").stat().st_size == 1000


def test_another_checksum_is_refused_and_nothing_is_kept(address: str, tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match=f"came with the checksum {CHECKSUM[:12]}… instead of 000000000000…"):
        downloaded(f"{address}/file", tmp_path, sha256="0" * 64)
    assert not list(tmp_path.iterdir())


def test_a_missing_file_and_a_missing_server_are_said(address: str, tmp_path: Path) -> None:
    with pytest.raises(bv.UsageError, match=r"/none could not be fetched \(404 Not Found\)"):
        downloaded(f"{address}/none", tmp_path)
    with pytest.raises(bv.UsageError, match="could not be fetched"):
        downloaded("http://127.0.0.1:9/file", tmp_path, timeout_secs=1)
