"""Sends a run to a server, byte for byte and by offset, from a process of its own.

    python -m belvedere.record.upload RUN_FOLDER URL [--rank N] [--follow]

The server says how much it has of each segment, so a killed, repeated or late upload goes on where it stopped. Media
go first: a row never arrives before the file it names. With --follow it goes on while standard input is open and
until it reads "end"; then it sends the rest, trying for a minute when the server is away. BELVEDERE_API_KEY is sent
as the bearer token.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from belvedere.core.errors import BelvedereError, ServerUnreachable, UsageError
from belvedere.record import aside
from belvedere.runlog.artifacts import manifests
from belvedere.runlog.artifacts.sending import packed
from belvedere.runlog.artifacts.shelf import Shelf
from belvedere.runlog.frame import crc32c
from belvedere.runlog.layout import RunFolder, project_folder, writer_rank

if TYPE_CHECKING:
    from belvedere.record.run import Run

PIECE_BYTES = 4 << 20
POLL_SECS = 0.2
RETRY_SECS_MAX = 10.0
LINGER_SECS = 60.0
TIMEOUT_SECS = 30.0
OK, CONFLICT = 200, 409

Body = bytes | Path | None


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes

    def field(self, name: str) -> object:
        """One field of a JSON answer; ServerUnreachable when it is none of ours."""
        try:
            return json.loads(self.body)[name]
        except (ValueError, KeyError, TypeError) as error:
            raise ServerUnreachable(
                f"the answer has no {name!r}; is it a Belvedere server? {self.body[:100]!r}"
            ) from error


class Server:
    """One kept connection to a server, for one run."""

    def __init__(self, url: str, folder: RunFolder, key: str = "") -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{url!r} is no server address; use one such as http://127.0.0.1:7007")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_SECS)
        self._run = f"{parts.path.rstrip('/')}/api/runs/{quote(folder.project)}/{quote(folder.run_id)}"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url = url

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def committed(self) -> dict[str, int]:
        """Bytes the server has of each segment."""
        found = self._checked("GET", "/log").field("committed")
        return {str(name): int(size) for name, size in found.items()} if isinstance(found, Mapping) else {}

    def has_file(self, name: str) -> bool:
        """Whether a media file is there."""
        return self._ask("HEAD", f"/files/{name}").status == OK

    def put_file(self, name: str, path: Path) -> None:
        """Send a media file, streamed."""
        self._checked("PUT", f"/files/{name}", path)

    def has_content(self, md5: str) -> bool:
        """Whether a content of an artifact is there."""
        return self._ask("HEAD", f"/artifacts/{md5}").status == OK

    def put_content(self, md5: str, path: Path) -> None:
        """Send a content of an artifact, streamed."""
        self._checked("PUT", f"/artifacts/{md5}", path)

    def post_artifact(self, packed: bytes) -> None:
        """Make a version of contents that are there."""
        self._checked("POST", "/artifacts", packed)

    def put_piece(self, name: str, offset: int, piece: bytes) -> int:
        """Send bytes of a segment; the size that the server then has."""
        headers = {"X-Crc32c": str(crc32c(piece))}
        answer = self._ask("PUT", f"/log/{name}?offset={offset}", piece, headers)
        if answer.status not in (OK, CONFLICT):
            raise _refused(answer, name)
        return int(str(answer.field("committed")))

    def _checked(self, method: str, path: str, body: Body = None) -> Answer:
        answer = self._ask(method, path, body)
        if answer.status >= 300:
            raise _refused(answer, path)
        return answer

    def _ask(self, method: str, path: str, body: Body = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request; ServerUnreachable when it fails on the way. The connection is opened again by the next one."""
        try:
            if isinstance(body, Path):
                with body.open("rb") as source:
                    size = {"Content-Length": str(os.fstat(source.fileno()).st_size)}
                    self._connection.request(method, self._run + path, source, {**self._headers, **size})
                    return self._answer()
            self._connection.request(method, self._run + path, body, {**self._headers, **(headers or {})})
            return self._answer()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ServerUnreachable(
                f"{self._url} did not answer ({error or type(error).__name__}); is it running?"
            ) from error

    def _answer(self) -> Answer:
        response = self._connection.getresponse()
        return Answer(response.status, response.read())


def _refused(answer: Answer, what: str) -> BelvedereError:
    text = answer.body[:300].decode("utf-8", "replace")
    if answer.status >= 500:
        return ServerUnreachable(f"the server failed with {answer.status} at {what}: {text}")
    return UsageError(f"the server refused {what} with {answer.status}: {text}")


class Upload:
    """Brings a server up to date with a run folder; `pass_once` again and again follows a growing one."""

    def __init__(self, folder: RunFolder, server: Server, *, rank: int | None = None) -> None:
        self._folder, self._server, self._rank = folder, server, rank
        self._committed: dict[str, int] | None = None
        self._files_there: set[str] = set()
        self._shelf = Shelf(project_folder(folder.root, folder.project))
        self._artifacts_done: set[str] = set()

    def pass_once(self) -> int:
        """Send what is new; the number of bytes sent. Sizes are noted before the media are looked at, so that every
        row that is sent finds its media there."""
        if self._committed is None:
            self._committed = self._server.committed()
        sizes = {name: path.stat().st_size for name, path in self._segments()}
        grown = {name: size for name, size in sizes.items() if size > self._committed.get(name, 0)}
        sent = self._send_media() if grown else 0
        for name, path in self._segments():
            if name in grown:
                sent += self._send_segment(name, path, grown[name])
        return sent + self._send_artifacts()

    def forget(self) -> None:
        """Ask the server again what it has: after an error it may be another one, or have lost something."""
        self._committed = None

    def _segments(self) -> list[tuple[str, Path]]:
        chosen = [name for name in self._folder.writers() if self._rank is None or writer_rank(name) == self._rank]
        return [(f"{writer}/{path.name}", path) for writer in chosen for path in self._folder.segments(writer)]

    def _send_media(self) -> int:
        sent = 0
        for path in sorted(self._folder.media.glob("??/*")) if self._folder.media.is_dir() else []:
            if path.name in self._files_there:
                continue
            if not self._server.has_file(path.name):
                self._server.put_file(path.name, path)
                sent += path.stat().st_size
            self._files_there.add(path.name)
        return sent

    def _send_artifacts(self) -> int:
        """Versions that the run logged since; one that is refused costs itself. How many bytes went."""
        sent = 0
        for artifact in self._shelf.artifacts():
            is_ours = self._folder.run_id in artifact.logged_by and self._shelf.version(artifact) is not None
            if not is_ours or artifact.id in self._artifacts_done:
                continue
            try:
                for entry in manifests.read(self._shelf.folder, artifact.manifest).contents.values():
                    if entry.ref is None and not self._server.has_content(entry.md5):
                        self._server.put_content(entry.md5, self._shelf.folder.artifact_content(entry.md5))
                        sent += entry.size or 0
                self._server.post_artifact(packed(self._shelf, artifact))
            except (UsageError, FileNotFoundError) as error:
                print(f"an artifact was not sent: {error}", file=sys.stderr)
            self._artifacts_done.add(artifact.id)
        return sent

    def _send_segment(self, name: str, path: Path, size: int) -> int:
        assert self._committed is not None
        start = at = self._committed.get(name, 0)
        with path.open("rb") as source:
            while at < size:
                source.seek(at)
                piece = source.read(min(PIECE_BYTES, size - at))
                told = self._server.put_piece(name, at, piece)
                if told <= at and told != at + len(piece):
                    self._committed[name] = told
                    raise ServerUnreachable(
                        f"the server has {told} bytes of {name}, {at} were sent before; sending again from there"
                    )
                at = self._committed[name] = told
        return at - start


def follow(upload: Upload, is_over: Callable[[float], bool], *, linger_secs: float = LINGER_SECS) -> bool:
    """Send until `is_over(seconds to wait)` and everything is there. False when the server stayed away for too long."""
    wait_secs, over_at, is_sent = POLL_SECS, 0.0, False
    while True:
        ended = bool(over_at) or is_over(wait_secs)
        if ended and not over_at:
            over_at, wait_secs = time.monotonic(), POLL_SECS
        try:
            is_sent = upload.pass_once() == 0
            wait_secs = POLL_SECS
            if ended and is_sent:
                return True
        except ServerUnreachable:
            upload.forget()
            if ended and time.monotonic() - over_at > linger_secs:
                return False
            if ended:
                time.sleep(wait_secs)
            wait_secs = min(RETRY_SECS_MAX, wait_secs * 2)


def begin(run: "Run", url: str) -> Callable[[float], str]:
    """Start the uploading process of a run; the answer tells it that the run is over and waits for it."""
    command = [sys.executable, "-m", "belvedere.record.upload", run.dir, url, "--rank", str(run.rank), "--follow"]
    log_target = subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=log_target, stderr=log_target, start_new_session=True,
    )  # fmt: skip

    def stop(secs_left: float) -> str:
        if aside.ended(process, secs_left) == 0:
            return ""
        return f"not everything is at {url} yet; send the rest with: python -m belvedere.record.upload {run.dir} {url}"

    return stop


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: all is there; 1: the server stayed away; 2: it refused, or the folder is no run."""
    parser = argparse.ArgumentParser(
        prog="python -m belvedere.record.upload", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="the run: ROOT/PROJECT/RUN_ID")
    parser.add_argument("url", help="the server, such as http://127.0.0.1:7007")
    parser.add_argument("--rank", type=int, help="only the logs of this rank")
    parser.add_argument("--follow", action="store_true", help="go on until standard input says end")
    chosen = parser.parse_args(arguments)
    path: Path = chosen.folder.absolute()
    try:
        folder = RunFolder(path.parent.parent, path.parent.name, path.name)
        if not folder.logs.is_dir():
            raise UsageError(f"no run log there; pass the folder of a run, ROOT/PROJECT/RUN_ID: {path}")
        with Server(chosen.url, folder, os.environ.get("BELVEDERE_API_KEY", "")) as server:
            upload = Upload(folder, server, rank=chosen.rank)
            if follow(upload, aside.is_over if chosen.follow else lambda _: True):
                return 0
        print(f"the server stayed away; run the same command again later: {chosen.url}", file=sys.stderr)
        return 1
    except (BelvedereError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
