"""Pictures of figures as files: PNG and SVG, drawn by the plotly.js that the HTML has, in a browser without a window.

    to_png(render("loss_curves", run), "loss.png")
    with Studio() as studio:                      # several pictures: the browser starts once
        studio.png(first, Path("1.png"))
        studio.png(second, Path("2.png"))

A flat figure is vectors in SVG; a scene is an embedded picture there, because WebGL draws pixels.
"""

import base64
import os
import re
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Literal

import orjson
import plotly.graph_objects as go

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.figures.browser import Browser

Format = Literal["png", "svg"]
WIDTH, HEIGHT, SCALE = 1200, 800, 2.0
LARGEST_PX = 16_384  # of one side: what a canvas holds
WEBGL_TRACES = frozenset({
    "scatter3d", "surface", "mesh3d", "cone", "streamtube", "volume", "isosurface", "scattergl", "splom", "parcoords",
})  # fmt: skip
# Control characters as JSON writes them; tab and line ends are fine.
CONTROL = re.compile(r"(?<!\\)((?:\\\\)*)\\u00(?:0[0-8bcef]|1[0-9a-f])")
HAS_WEBGL = "!!document.createElement('canvas').getContext('webgl')"


class Studio:
    """A browser with plotly.js in it, for any number of pictures, one after the other."""

    def __init__(self) -> None:
        from plotly.offline import get_plotlyjs

        self._browser = Browser()
        try:
            self._browser.evaluate(f"{get_plotlyjs()};0")
        except BaseException:
            self._browser.close()
            raise
        self._has_webgl: bool | None = None

    def __enter__(self) -> "Studio":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()

    def png(
        self, figure: go.Figure, path: str | Path | None = None, *, width: int | None = None, height: int | None = None,
        scale: float = SCALE,
    ) -> bytes:  # fmt: skip
        """The figure as PNG of width · scale by height · scale pixels, also written to `path` if there is one."""
        _, _, content = self._draw(figure, "png", width, height, scale).partition(",")
        return _kept(base64.b64decode(content), path)

    def svg(
        self, figure: go.Figure, path: str | Path | None = None, *, width: int | None = None, height: int | None = None
    ) -> bytes:
        """The figure as SVG, also written to `path` if there is one."""
        _, _, content = self._draw(figure, "svg", width, height, 1.0).partition(",")
        return _kept(urllib.parse.unquote_to_bytes(content), path)

    def _draw(self, figure: go.Figure, form: Format, width: int | None, height: int | None, scale: float) -> str:
        """A data URL."""
        size = {"width": width or figure.layout.width or WIDTH, "height": height or figure.layout.height or HEIGHT}
        if not (scale > 0 and all(1 <= side * max(scale, 1.0) <= LARGEST_PX for side in size.values())):
            raise UsageError(
                f"a picture of {size['width']} × {size['height']} at scale {scale:g} cannot be drawn; "
                f"each side must have 1 to {LARGEST_PX:,} pixels"
            )
        self._check_webgl(figure)
        content = figure.to_dict()
        # Frames belong to the slider; a picture shows the figure as it stands.
        spec = {"data": content["data"], "layout": content["layout"]}
        text = drawable(orjson.dumps(spec, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode())
        wish = orjson.dumps({"format": form, "scale": scale, **size}).decode()
        url = self._browser.evaluate(f"Plotly.toImage({text},{wish})")
        if not isinstance(url, str) or not url.startswith("data:image/"):
            raise BelvedereError(f"the browser drew no picture of {len(figure.data)} traces; write .html instead")
        return url

    def _check_webgl(self, figure: go.Figure) -> None:
        """Without WebGL plotly.js leaves a scene empty and says nothing."""
        if self._has_webgl or not any(trace.type in WEBGL_TRACES for trace in figure.data):
            return
        self._has_webgl = bool(self._browser.evaluate(HAS_WEBGL))
        if not self._has_webgl:
            raise UsageError(
                f"{self._browser.program} has no WebGL, which three-dimensional figures need; "
                "name another browser in BELVEDERE_BROWSER, or write .html"
            )


def drawable(json_text: str) -> str:
    """JSON whose texts hold no control characters: the browser makes a picture from XML, which knows none of them."""
    return CONTROL.sub(r"\1\\ufffd", json_text)


def to_png(
    figure: go.Figure, path: str | Path | None = None, *, width: int | None = None, height: int | None = None,
    scale: float = SCALE,
) -> bytes:  # fmt: skip
    """One figure as PNG, of its own size or 1200 × 800 and twice the pixels; UsageError where there is no browser."""
    with Studio() as studio:
        return studio.png(figure, path, width=width, height=height, scale=scale)


def to_svg(
    figure: go.Figure, path: str | Path | None = None, *, width: int | None = None, height: int | None = None
) -> bytes:
    """One figure as SVG: vectors, except for what WebGL draws, which is an embedded picture."""
    with Studio() as studio:
        return studio.svg(figure, path, width=width, height=height)


def _kept(content: bytes, path: str | Path | None) -> bytes:
    """The content; a file of that name has all of it or what it had before."""
    if path is not None:
        final = Path(path)
        beside = final.with_name(f".{final.name}.{os.getpid()}.tmp")
        try:
            beside.write_bytes(content)
            os.replace(beside, final)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise UsageError(f"no picture can be written to {final} ({error.strerror}); pass another path") from None
    return content
