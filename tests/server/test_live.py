"""The news of runs: no page takes them from another one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec

from belvedere.server.library import Library, shelf_of
from belvedere.server.live import Live
from belvedere.server.schemas import RunGrew
from belvedere.store.store import open_store
from tests.server.recorded import record

NAME = ("p", "run1")


async def steps_told(page: AsyncIterator[bytes]) -> int:
    """The steps of the run in the next event about it."""
    async for event in page:
        if event.startswith(b"event: run\n"):
            return msgspec.json.decode(event.split(b"data: ")[1], type=RunGrew).steps
    raise EOFError("the stream ended")


def test_what_a_page_finds_when_it_opens_is_told_to_those_already_open(tmp_path: Path) -> None:
    async def told(live: Live) -> tuple[int, int, int]:
        async with aclosing(live.stream([NAME], "", "")) as first, aclosing(live.stream([NAME], "", "")) as second:
            began = await steps_told(first)
            record(tmp_path, NAME[1], steps=101, rank=1)  # nobody calls `watch`, so only the second page sees it
            return began, await steps_told(second), await asyncio.wait_for(steps_told(first), 60)

    record(tmp_path, NAME[1])
    assert asyncio.run(told(Live(Library([shelf_of(open_store(tmp_path))])))) == (100, 101, 101)
