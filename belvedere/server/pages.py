"""The page: the built UI from `static/`; every address that is not a file gets its entry, so that deep links work, and
addresses of W&B's page lead to ours."""

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from belvedere.server.answers import refusal
from belvedere.server.library import Library
from belvedere.server.printed import our_address
from belvedere.wandb_protocol.keys import TELEMETRY
from belvedere.wandb_protocol.signing import SIGNED

STATIC = Path(__file__).parent / "static"
ENTRY = "index.html"
FOR_EVER = "public, max-age=31536000, immutable"  # built files carry a hash of their content in their name
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Belvedere</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;background:#FAF9F6;color:#1A1D21}
body{max-width:40rem;margin:15vh auto;padding:0 1rem}
code{background:#F1EFEA;padding:.1em .3em}
</style>
<h1>The page was not built</h1>
<p>The server works: <a href="/api/health">/api/health</a> answers. Its page is built from <code>ui/</code>, which this
installation lacks. In a source checkout run <code>make setup</code>, then reload.</p>
<p>Until then: <code>belvedere ls</code>, <code>belvedere show RUN</code>,
<code>belvedere figure RUN loss_curves -o x.html</code>.</p>
</html>"""


class Pages:
    """Serves the folder of the built UI."""

    def __init__(self, library: Library, folder: Path = STATIC) -> None:
        self.library, self.folder = library, folder.resolve()

    def answer(self, request: Request) -> Response:
        path = request.path_params.get("path", "")
        if path.startswith("api/"):
            return refusal(404, f"no such address: /{path}", "see docs/server.md for the addresses")
        if f"/{path}".startswith((SIGNED, TELEMETRY)):  # which the gate lets through without a token
            return refusal(404, f"no such address: /{path}", "ask the server for a new one")
        found = self._built(path)
        if found is not None:
            return _file(found, is_asset=found.parent != self.folder)
        ours = our_address(self.library, path)
        if ours is not None:
            return RedirectResponse(ours, 302, {"Cache-Control": "no-store"})
        entry = self.folder / ENTRY
        if not entry.is_file():
            return HTMLResponse(NOT_BUILT, 200, {"Cache-Control": "no-store"})
        if Path(path).suffix and path.startswith("assets/"):
            return refusal(404, f"no such file: /{path}", "reload the page; it was rebuilt")
        return _file(entry, is_asset=False)

    def _built(self, path: str) -> Path | None:
        """The file of the UI at that address, None when there is none; a name may be too long to be one."""
        try:
            found = (self.folder / path).resolve()
            return found if found.is_relative_to(self.folder) and found.is_file() else None
        except (OSError, ValueError):
            return None


def _file(path: Path, *, is_asset: bool) -> FileResponse:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=content_type, headers={"Cache-Control": FOR_EVER if is_asset else "no-cache"})
