"""Folders of other programs, shown as they are: `belvedere ./wandb`, `belvedere runs/`.

Their runs are brought into a folder of the user's cache, named by the path, and followed while they grow. The folder
itself is only read.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from belvedere.core.errors import BelvedereError, UnknownFormat, UsageError
from belvedere.importers.bringing import Bringing, importer_of, is_ours, only_importer, others_at, wanted
from belvedere.importers.source import Source
from belvedere.server.answers import refusal

ROUND_SECS = 1.0
LISTING_SHARE = 20  # a folder is listed anew when so many times as long as that took have gone by
READING_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class View:
    """A foreign folder (or file) and where its runs are brought."""

    path: Path
    title: str
    bringing: Bringing

    @property
    def root(self) -> Path:
        return self.bringing.root


def view_of(directory: str, tell: Callable[[str], None]) -> View | None:
    """What lies at a path when it is another program's; None when it is ours, or empty, or not there."""
    path = Path(directory).expanduser()
    if not path.exists() or is_ours(path):
        return None
    path = path.resolve()
    try:
        kind, importer = importer_of(path)
    except UnknownFormat:
        if path.is_dir():
            return None
        raise
    for other in others_at(path, kind):
        tell(f"these are runs of {kind}; there are some of {other} too: belvedere import {other} {path}")
    root = cache_root(path)
    root.mkdir(parents=True, exist_ok=True)
    return View(path, importer.TITLE, Bringing(importer, path, root, tell))


def cache_root(path: Path) -> Path:
    """Where the runs of a foreign path are kept: $XDG_CACHE_HOME/belvedere/viewed/<name>-<hash of the path>."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
    return Path(cache) / "belvedere" / "viewed" / f"{path.name or 'root'}-{digest}"


def nothing_yet(directory: str) -> str:
    """The sentence for a folder in which there is nothing to show yet, "" for any other."""
    path = Path(directory).expanduser()
    if not path.is_dir() or is_ours(path):
        return ""
    return f"no runs here yet; looked for our own, {wanted()}; what bv.init(dir=…) records here will show: {path}"


class Follower:
    """Brings what is new of several views, again and again, in a thread of its own."""

    def __init__(self, views: Sequence[View], say: Callable[[str], None]) -> None:
        self._views, self._say = views, say
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="belvedere-follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end, and wait for the run it is at. What it had begun is gone on with the next time."""
        self._stop.set()
        self._thread.join(ROUND_SECS)

    def _run(self) -> None:
        while not self._stop.is_set():
            with ExitStack() as held:
                try:
                    for view in self._views:
                        held.enter_context(only_importer(view.root))
                        held.callback(view.bringing.close)
                except UsageError:  # another server shows the same folder, and brings for both
                    self._stop.wait(ROUND_SECS)
                    continue
                self._follow()

    def _follow(self) -> None:
        for view in self._views:
            self._first(view)
        list_at = [0.0 for _ in self._views]
        while not self._stop.wait(ROUND_SECS):
            for number, view in enumerate(self._views):
                started = time.monotonic()
                if started >= list_at[number]:
                    self._listed(view)
                    list_at[number] = started + LISTING_SHARE * (time.monotonic() - started)
                for _ in view.bringing.each(view.bringing.known()):
                    if self._stop.is_set():
                        return

    def _first(self, view: View) -> None:
        started, count, living = time.monotonic(), 0, 0
        for brought in view.bringing.each(self._listed(view)):
            if self._stop.is_set():
                return
            count += not brought.trouble
            living += not brought.trouble and not brought.is_over
        took = time.monotonic() - started
        still = f", {living} of them without an end yet" if living else ""
        runs_read = f"{count} run{'s' * (count != 1)} read"
        self._say(f"{runs_read} from {view.path} in {took:.1f} s{still}")

    def _listed(self, view: View) -> list[Source]:
        try:
            return view.bringing.sources()
        except (BelvedereError, OSError) as error:
            view.bringing.tell_once(str(error))
            return view.bringing.known()


class ReadOnly:
    """Refuses whatever would change something: what is shown is a copy of files that belong to somebody else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and Request(scope).method not in READING_METHODS:
            answer = refusal(403, "this server only shows foreign files", "import them first: belvedere import --help")
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
