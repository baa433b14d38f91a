"""Asks an application without a network: one request, one answer, each on an event loop of its own."""

import asyncio
from typing import Any

import httpx
from starlette.types import ASGIApp


class Asking:
    """A client that keeps cookies. A crash of the application is an answer of 500, as it is for a browser."""

    def __init__(self, app: ASGIApp, base_url: str = "http://127.0.0.1:7007") -> None:
        self.app, self.base_url = app, base_url
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=self.base_url, cookies=self.cookies) as client:
            answer = await client.request(method, path, **options)
        self.cookies.update(answer.cookies)
        return answer
