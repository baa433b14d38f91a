"""What a test looks at in a page: its errors, its requests, and which points its charts have drawn."""

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Error, Page, Request

PATIENCE_MS = 60_000
GONE = (
    "Failed to load resource"  # the browser's own words when a server is gone or refuses: the page says it in its own
)


@dataclass
class Watched:
    """Collects what goes wrong in a page, and what it asks for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", self._on_error)
        self.page.on("console", self._on_console)
        self.page.on("request", self._on_request)

    def _on_error(self, error: Error) -> None:
        self.errors.append(str(error))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(GONE):
            self.errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)


def wait_until_drawn(page: Page, series: str, x: float) -> None:
    """Until the chart of "project/run/key" has drawn a point at or behind x."""
    condition = "([series, x]) => (window.__belvedere?.lastDraw[series]?.lastX ?? -Infinity) >= x"
    page.wait_for_function(condition, arg=[series, x], timeout=PATIENCE_MS)
